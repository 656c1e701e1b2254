"""Which days the register of restatements names."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.refreshing import list_restated_days
from mmm_orchestration.tables.contracts import RESTATEMENTS
from mmm_orchestration.tables.schema import polars_schema
from mmm_orchestration.training import FitRecord

pytestmark = pytest.mark.unit

CHAMPION = FitRecord(
    version="old",
    fitted_at="2026-06-01T08:00:00+00:00",
    first_day="2026-01-01",
    trained_through="2026-05-31",
    snapshot="s",
    delta_versions={},
    code_version="1",
    dagster_run="",
    mlflow_run="",
)


def note(
    day: date, *, before: float, after: float, version: int, hour: int = 9
) -> dict[str, object]:
    """One change of the spend of a day, written at `hour` of the day the champion was fitted."""
    return {
        "table": "silver_media",
        "date": day,
        "measure": "spend",
        "delta_version": version,
        "observed_at": datetime(2026, 6, 1, hour, tzinfo=UTC),
        "before": before,
        "after": after,
    }


def test_changes_since_the_champion_are_told(tmp_path: Path) -> None:
    """A day restated twice counts from its first value to its last; others are left out."""
    day = date(2026, 5, 2)
    rows = [
        note(date(2026, 5, 1), before=1, after=2, version=1, hour=7),
        note(day, before=10, after=20, version=2),
        note(day, before=20, after=15, version=3),
        note(date(2026, 5, 3), before=5, after=6, version=4),
        note(date(2026, 6, 1), before=7, after=8, version=5),
    ]
    lake = Lake(str(tmp_path))
    assert list_restated_days(lake, champion=CHAMPION) == ()
    lake.append_new(pl.DataFrame(rows, schema=polars_schema(RESTATEMENTS)), contract=RESTATEMENTS)
    (told,) = list_restated_days(lake, champion=CHAMPION)
    assert told.days == (day, date(2026, 5, 3))
    assert (told.table, told.measure, told.before, told.after) == ("silver_media", "spend", 15, 21)
    later = replace(CHAMPION, fitted_at="2026-06-01T10:00:00+00:00")
    assert list_restated_days(lake, champion=later) == ()
