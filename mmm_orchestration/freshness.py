"""When an asset is shown as stale in the UI: by the runs that wrote it, not by its days.

Belongs here: freshness policies. Must not: the age of the data, which recency checks look at.
"""

from datetime import timedelta

import dagster as dg

from mmm_orchestration.project import Project

WARN_HOURS, FAIL_HOURS = 30, 54
SLACK_DAYS = 5


def expect_each_day() -> dg.FreshnessPolicy:
    """Written every day: late after 30 hours, stale when two mornings in a row wrote nothing."""
    return dg.FreshnessPolicy.time_window(
        warn_window=timedelta(hours=WARN_HOURS), fail_window=timedelta(hours=FAIL_HOURS)
    )


def expect_each_period(project: Project) -> dg.FreshnessPolicy:
    """Written once a period: late five days after it is due, stale after half a period more."""
    late = timedelta(days=project.retrain.new_days + SLACK_DAYS)
    half = timedelta(days=project.retrain.new_days) / 2
    return dg.FreshnessPolicy.time_window(warn_window=late, fail_window=late + half)
