"""The partitions of the project: its days and, where it has several, its models.

Belongs here: partitions and what a run says of them. Must not: reading what they hold.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import Project

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
REVIEWED_DAY_TAG = "mmm/reviewed_day"


def build_daily_partitions(project: Project) -> dg.DailyPartitionsDefinition:
    """One partition a day from the project's start, in its time zone, up to yesterday."""
    return dg.DailyPartitionsDefinition(
        start_date=project.start.isoformat(), timezone=project.time_zone
    )


def build_model_partitions(project: Project) -> dg.StaticPartitionsDefinition | None:
    """One partition a model; None where the project has one model without a name."""
    return dg.StaticPartitionsDefinition(project.model_names) if project.models else None


def get_model(context: dg.AssetExecutionContext) -> str | None:
    """The model the run is for, None where the project has one without a name."""
    return context.partition_key if context.has_partition_key else None


def read_whole(tables: Iterable[str]) -> list[dg.AssetDep]:
    """Dependencies on every day of the tables, whatever the model."""
    return [dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in tables]


def get_window(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, *, project: Project
) -> DayWindow:
    """The days the run is for: one partition, a range, or all days where it names none."""
    if not (context.has_partition_key or RANGE_START_TAG in context.run.tags):
        return DayWindow(project.start, max(project.start, get_yesterday(project).last))
    span = context.partition_time_window
    return DayWindow(span.start.date(), (span.end - timedelta(days=1)).date())


def get_yesterday(project: Project, *, now: datetime | None = None) -> DayWindow:
    """The last whole day in the project's time zone, as a window of one day."""
    moment = (now or datetime.now(UTC)).astimezone(ZoneInfo(project.time_zone))
    day = moment.date() - timedelta(days=1)
    return DayWindow(day, day)


def get_reviewed_day(context: dg.AssetExecutionContext, *, project: Project) -> date:
    """The day whose quarter the run is about: that of its tag, else yesterday."""
    tagged = context.run.tags.get(REVIEWED_DAY_TAG)
    return date.fromisoformat(tagged) if tagged else get_yesterday(project).last


def tag_range(window: DayWindow) -> dict[str, str]:
    """The run tags that make one run materialise every day of `window`."""
    return {RANGE_START_TAG: window.first.isoformat(), RANGE_END_TAG: window.last.isoformat()}
