"""When jobs run by themselves: care at 03:00, yesterday at 06:00, trailing days at 07:00."""

from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from mmm_orchestration.days import DayWindow
from mmm_orchestration.partitions import get_yesterday, tag_range
from mmm_orchestration.project import Project

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

REPLAYED_DAYS = 28


def build_daily_schedule(project: Project, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """Yesterday, at 06:00 in the project's time zone."""

    @dg.schedule(
        name="daily_at_six",
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Lands and accepts yesterday.",
    )
    def daily_at_six(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        window = get_yesterday(project, now=context.scheduled_execution_time)
        if window.first < project.start:
            return dg.SkipReason(f"The project starts on {project.start}.")
        key = window.first.isoformat()
        return dg.RunRequest(run_key=f"daily {key}", partition_key=key)

    return daily_at_six


def build_replay_schedule(project: Project, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """The 28 days up to yesterday as one range run, because platforms restate their figures."""

    @dg.schedule(
        name="replay_trailing_days",
        job=job,
        cron_schedule="0 7 * * *",
        execution_timezone=project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Reads the trailing {REPLAYED_DAYS} days again.",
    )
    def replay_trailing_days(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        last = get_yesterday(project, now=context.scheduled_execution_time).last
        if last < project.start:
            return dg.SkipReason(f"The project starts on {project.start}.")
        first = max(project.start, last - timedelta(days=REPLAYED_DAYS - 1))
        return dg.RunRequest(
            run_key=f"replay {last}", tags=tag_range(DayWindow(first=first, last=last))
        )

    return replay_trailing_days


def build_maintenance_schedule(project: Project, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """The maintenance, at 03:00 in the project's time zone."""
    return dg.ScheduleDefinition(
        name="maintenance_at_three",
        job=job,
        cron_schedule="0 3 * * *",
        execution_timezone=project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Cares for the tables and removes what is old.",
    )
