"""When jobs run by themselves: by day, by week and by quarter, in the project's time zone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home
from mmm_orchestration.partitions import REVIEWED_DAY_TAG, get_yesterday, tag_range
from mmm_orchestration.project import Project
from mmm_orchestration.replaying import find_reason
from mmm_orchestration.weekly import list_missing

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

REPLAYED_DAYS = 28
REPLAY_TAG = "mmm/replayed_because"


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


def build_replay_schedule(home: Home, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """The 28 days up to yesterday as one range run, because platforms restate their figures."""
    project = home.project

    @dg.schedule(
        name="replay_trailing_days",
        job=job,
        cron_schedule="0 7 * * *",
        execution_timezone=project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Reads the trailing {REPLAYED_DAYS} days again where something of them came "
        "or a run failed, and on Mondays.",
    )
    def replay_trailing_days(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        last = get_yesterday(project, now=context.scheduled_execution_time).last
        if last < project.start:
            return dg.SkipReason(f"The project starts on {project.start}.")
        first = max(project.start, last - timedelta(days=REPLAYED_DAYS - 1))
        window = DayWindow(first=first, last=last)
        reason = find_reason(
            home.open_lake(),
            instance=context.instance,
            window=window,
            today=last + timedelta(days=1),
        )
        if reason is None:
            return dg.SkipReason(f"Nothing new came for the days from {first} to {last}.")
        return dg.RunRequest(
            run_key=f"replay {last}", tags={**tag_range(window), REPLAY_TAG: reason}
        )

    return replay_trailing_days


def build_weekly_schedule(home: Home, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """Mondays at 09:00; at noon of any day again, where somebody has not had the report yet."""

    @dg.schedule(
        name="weekly_report_on_monday",
        job=job,
        cron_schedule=["0 9 * * 1", "0 12 * * *"],
        execution_timezone=home.project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Writes and sends the weekly report; what a crash or a silent mail server "
        "kept back goes out at the next noon.",
    )
    def weekly_report_on_monday(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        moment = context.scheduled_execution_time.astimezone(ZoneInfo(home.project.time_zone))
        is_monday_morning = moment.weekday() == 0 and moment.hour < 12
        if not is_monday_morning and not list_missing(home, now=moment):
            return dg.SkipReason("Everybody has had the report of last week.")
        return dg.RunRequest(run_key=f"weekly {moment:%Y-%m-%d %H}")

    return weekly_report_on_monday


def build_monitor_schedule(project: Project, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """Every model at 08:00 in the project's time zone, when the chain of the day is through."""

    @dg.schedule(
        name="monitor_at_eight",
        job=job,
        cron_schedule="0 8 * * *",
        execution_timezone=project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Keeps the champion's forecast, scores the last ones and looks for drift.",
    )
    def monitor_at_eight(
        context: dg.ScheduleEvaluationContext,
    ) -> list[dg.RunRequest] | dg.SkipReason:
        day = get_yesterday(project, now=context.scheduled_execution_time).last
        if day < project.start:
            return dg.SkipReason(f"The project starts on {project.start}.")
        return _ask_for_models(project, what=f"monitor {day}")

    return monitor_at_eight


def build_review_schedule(project: Project, *, job: "AssetJob") -> dg.ScheduleDefinition:
    """Every model on the first day of a quarter, about the quarter before."""

    @dg.schedule(
        name="review_each_quarter",
        job=job,
        cron_schedule="0 9 1 1,4,7,10 *",
        execution_timezone=project.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Writes the review of the quarter that ended yesterday.",
    )
    def review_each_quarter(
        context: dg.ScheduleEvaluationContext,
    ) -> list[dg.RunRequest] | dg.SkipReason:
        day = get_yesterday(project, now=context.scheduled_execution_time).last
        if day < project.start:
            return dg.SkipReason(f"The project starts on {project.start}.")
        tags = {REVIEWED_DAY_TAG: day.isoformat()}
        return _ask_for_models(project, what=f"review {day}", tags=tags)

    return review_each_quarter


def _ask_for_models(
    project: Project, *, what: str, tags: Mapping[str, str] | None = None
) -> list[dg.RunRequest]:
    """One run for each model, or one where the project has one without a name."""
    return [
        dg.RunRequest(
            run_key=" ".join(filter(None, [what, name])), partition_key=name, tags=dict(tags or {})
        )
        for name in project.model_names or (None,)
    ]


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
