"""What the registers tell."""

from datetime import date

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.checks.register import (
    find_duplicates,
    find_quarantined,
    find_refused,
    find_restated,
)
from tests.quality.frames import DAYS, make_deliveries, make_quarantine

pytestmark = pytest.mark.unit


def restate(*rows: tuple[date, int, float, float]) -> pl.DataFrame:
    """Restated spend given as (day, delta_version, before, after)."""
    schema = {
        "date": pl.Date,
        "delta_version": pl.Int64,
        "before": pl.Float64,
        "after": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(table=pl.lit("silver_media"), measure=pl.lit("spend"))


def test_no_restatement_is_silent() -> None:
    """An empty register gives no finding."""
    assert find_restated(restate()) == []


@pytest.mark.parametrize(
    ("after", "severity", "percent"),
    [(1010.0, "info", "+1.0%"), (1050.0, "warning", "+5.0%"), (400.0, "error", "-60.0%")],
)
def test_restated_days_are_named_by_size(after: float, severity: str, percent: str) -> None:
    """The finding tells the days, the amounts and the change in per cent."""
    [finding] = find_restated(restate((DAYS[3], 7, 1000.0, after)))
    assert finding.severity == severity
    assert f"1,000 became {after:,.0f} ({percent}) on 4 Jan 2024" in finding.message
    assert finding.days == DayWindow(DAYS[3], DAYS[3])


def test_opposite_changes_do_not_cancel() -> None:
    """Money moved from one day to the next is a change although the sum stays."""
    [finding] = find_restated(restate((DAYS[3], 7, 100.0, 50.0), (DAYS[4], 7, 100.0, 150.0)))
    assert (finding.severity, finding.n_rows) == ("error", 2)


def test_a_day_restated_twice_counts_once() -> None:
    """From the first value to the last; a change taken back is none."""
    [finding] = find_restated(restate((DAYS[3], 7, 100.0, 110.0), (DAYS[3], 9, 110.0, 120.0)))
    assert "100 became 120" in finding.message
    assert find_restated(restate((DAYS[3], 7, 100.0, 110.0), (DAYS[3], 9, 110.0, 100.0))) == []


def test_a_clean_quarantine_is_silent() -> None:
    """Nothing in quarantine gives no finding."""
    assert find_duplicates(make_quarantine()) == []
    assert find_quarantined(make_quarantine(), deliveries=make_deliveries()) == []


def test_duplicates_are_named_by_source() -> None:
    """Repeated rows are told apart from other quarantined rows."""
    rows = make_quarantine(
        ("google", "a.csv", 3, "duplicate_row"),
        ("google", "b.csv", 4, "duplicate_key"),
        ("google", "b.csv", 5, "negative_spend"),
    )
    [finding] = find_duplicates(rows)
    assert "2 rows of 'google' repeat another row in 'a.csv', 'b.csv'" in finding.message
    assert finding.n_rows == 2
    [other] = find_quarantined(rows, deliveries=make_deliveries())
    assert other.n_rows == 1


@pytest.mark.parametrize(("n", "severity"), [(4, "warning"), (5, "error")])
def test_quarantined_rows_are_named_by_rule(n: int, severity: str) -> None:
    """File, line, rule and share of the source's rows are told."""
    rows = make_quarantine(*(("meta", "m.csv", i + 2, "unreadable_date") for i in range(n)))
    [finding] = find_quarantined(rows, deliveries=make_deliveries())
    assert f"{n} rows of 'meta' ({n}.0%)" in finding.message
    assert "'unreadable_date' in 'm.csv', for example line 2 of m.csv: odd." in finding.message
    assert finding.severity == severity


def test_read_deliveries_are_silent() -> None:
    """A delivery that was read gives no finding."""
    assert find_refused(make_deliveries()) == []


def test_refused_and_empty_deliveries_are_named() -> None:
    """The reason stands in the finding."""
    register = make_deliveries().with_columns(
        status=pl.Series(["refused", "empty", "read", "read"]),
        reason=pl.Series(["there is no date column", None, None, None]),
    )
    refused, empty = find_refused(register)
    assert refused.message == (
        "google.csv of 'google' was refused as a whole: there is no date column"
    )
    assert (refused.severity, empty.severity) == ("error", "warning")
    assert empty.message == "meta.csv of 'meta' holds no rows and changed nothing."
