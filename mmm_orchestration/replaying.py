"""Whether there is a reason to read the trailing days again.

Belongs here: what came in, and what failed, since they were last read together. Must not: the
schedule (see `schedules`).

Reading four weeks again where nothing came costs minutes of work and some megabytes of records.
"""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG
from mmm_orchestration.tables.contracts import DELIVERIES

DAILY = "daily"
_NEWEST = 200
_COLUMNS = ("source", "received_at", "status", "first_day", "last_day")


def find_reason(
    lake: Lake, *, instance: dg.DagsterInstance, window: DayWindow, today: date
) -> str | None:
    """Why the days of `window`, the last of which is yesterday, are to be read again; or None.

    On Mondays they are in any case. Yesterday itself was read by the run of this morning.
    """
    last = _find_last(instance, window=window)
    if last is None:
        return "the trailing days were not read together before"
    if today.weekday() == 0:
        return "it is Monday"
    if failed := _count_failed(instance, since=last):
        return f"{failed} runs of '{DAILY}' failed since they were last read"
    sources = _list_delivered(lake, since=last, window=window)
    return f"new deliveries of {', '.join(sources)}" if sources else None


def _find_last(instance: dg.DagsterInstance, *, window: DayWindow) -> datetime | None:
    """When the newest run ended that read all of the window but its last day."""
    wanted = dg.RunsFilter(job_name=DAILY, statuses=[dg.DagsterRunStatus.SUCCESS])
    for record in instance.get_run_records(wanted, limit=_NEWEST):
        tags = record.dagster_run.tags
        first, last = tags.get(RANGE_START_TAG, "9"), tags.get(RANGE_END_TAG, "")
        until = window.last - timedelta(days=1)
        if first <= str(window.first) and last >= str(until) and record.end_time:
            return datetime.fromtimestamp(record.end_time, UTC)
    return None


def _count_failed(instance: dg.DagsterInstance, *, since: datetime) -> int:
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    wanted = dg.RunsFilter(job_name=DAILY, statuses=ended)
    records = instance.get_run_records(wanted, limit=_NEWEST)
    return sum((record.end_time or 0.0) > since.timestamp() for record in records)


def _list_delivered(lake: Lake, *, since: datetime, window: DayWindow) -> list[str]:
    """The sources of which something about an earlier day than the last came after `since`."""
    if not lake.has(DELIVERIES.name):
        return []
    register = lake.read(DELIVERIES.name, contract=DELIVERIES, columns=_COLUMNS)
    new = register.filter(
        pl.col("received_at") > since,
        pl.col("status") == "read",
        pl.col("first_day") < window.last,
        pl.col("last_day") >= window.first,
    )
    return sorted(new.collect()["source"].unique().to_list())
