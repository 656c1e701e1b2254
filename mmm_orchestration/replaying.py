"""Whether there is a reason to read the trailing days again.

Belongs here: what came in, and what failed, since they were last read together. Must not: the
schedule (see `schedules`).

Reading four weeks again where nothing came costs minutes of work and some megabytes of records.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
from dagster._core.storage.tags import PARTITION_NAME_TAG

from mmm_orchestration.days import DayWindow
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG
from mmm_orchestration.tables.contracts import DELIVERIES

DAILY = "daily"
_NEWEST = 200
_SUCCEEDED = dg.RunsFilter(job_name=DAILY, statuses=[dg.DagsterRunStatus.SUCCESS])
_COLUMNS = ("source", "received_at", "status", "first_day", "last_day")


def find_reason(
    lake: Lake, *, instance: dg.DagsterInstance, window: DayWindow, today: date
) -> str | None:
    """Why the days of `window`, the last of which is yesterday, are to be read again; or None.

    On Mondays they are in any case. Yesterday itself was read by the run of this morning.
    """
    together = _find_last(instance, window=window)
    if together is None:
        return "the trailing days were not read together before"
    if today.weekday() == 0:
        return "it is Monday"
    (through, last), read = together, _find_read(instance)
    if missed := _list_missed(window, after=through, read=read):
        return f"{len(missed)} days were not read, first {missed[0]}"
    if failed := _count_failed(instance, since=last):
        return f"{failed} runs of '{DAILY}' failed since they were last read"
    sources = _list_delivered(lake, since=last, window=window, read=read)
    return f"new deliveries of {', '.join(sources)}" if sources else None


def _find_last(instance: dg.DagsterInstance, *, window: DayWindow) -> tuple[date, datetime] | None:
    """Through which day the newest run of several days read the window, and when it ended."""
    for record in instance.get_run_records(_SUCCEEDED, limit=_NEWEST):
        tags = record.dagster_run.tags
        first, last = tags.get(RANGE_START_TAG, "9"), tags.get(RANGE_END_TAG, "")
        if first <= str(window.first) <= last and record.end_time:
            return date.fromisoformat(last), datetime.fromtimestamp(record.end_time, UTC)
    return None


def _list_missed(window: DayWindow, *, after: date, read: Mapping[str, datetime]) -> list[date]:
    """The days of the window after `after` that no run of their own read."""
    return [day for day in window.days() if day > after and str(day) not in read]


def _find_read(instance: dg.DagsterInstance) -> dict[str, datetime]:
    """When the newest run of a day of its own ended, by day."""
    found = dict[str, datetime]()
    for record in instance.get_run_records(_SUCCEEDED, limit=_NEWEST):
        day = record.dagster_run.tags.get(PARTITION_NAME_TAG)
        if day and record.end_time:
            found.setdefault(day, datetime.fromtimestamp(record.end_time, UTC))
    return found


def _count_failed(instance: dg.DagsterInstance, *, since: datetime) -> int:
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    wanted = dg.RunsFilter(job_name=DAILY, statuses=ended)
    records = instance.get_run_records(wanted, limit=_NEWEST)
    return sum((record.end_time or 0.0) > since.timestamp() for record in records)


def _list_delivered(
    lake: Lake, *, since: datetime, window: DayWindow, read: Mapping[str, datetime]
) -> list[str]:
    """The sources of which something came after `since` that no run has read.

    The run of a day reads what there is of that day, and nothing of the days before.
    """
    if not lake.has(DELIVERIES.name):
        return []
    register = lake.read(DELIVERIES.name, contract=DELIVERIES, columns=_COLUMNS)
    new = register.filter(
        pl.col("received_at") > since,
        pl.col("status") == "read",
        pl.col("first_day") < window.last,
        pl.col("last_day") >= window.first,
    )
    return sorted(
        {
            row["source"]
            for row in new.collect().iter_rows(named=True)
            if any(
                row["first_day"] <= day <= row["last_day"]
                and read.get(str(day), since) < row["received_at"]
                for day in window.days()
            )
        }
    )
