"""Which days may enter gold."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import Project
from mmm_orchestration.quality.acceptance import (
    Acceptance,
    FailedDays,
    Reason,
    evaluate_acceptance,
    find_failed_days,
)
from mmm_orchestration.quality.suites import build_suites
from tests.quality.frames import (
    DAYS,
    FIRST,
    LAST,
    drop_days,
    make_deliveries,
    make_project,
    make_silver_media,
    make_silver_outcomes,
    plant,
)

pytestmark = pytest.mark.unit

PROJECT = make_project()
SUITES = {suite.table: suite for suite in build_suites(PROJECT)}
MEDIA, OUTCOMES = SUITES["silver_media"], SUITES["silver_outcomes"]
WINDOW = DayWindow(FIRST, LAST)


def accept(
    deliveries: pl.DataFrame | None = None,
    *,
    failed: dict[str, FailedDays] | None = None,
    project: Project = PROJECT,
) -> Acceptance:
    """The acceptance of the whole history."""
    register = make_deliveries() if deliveries is None else deliveries
    return evaluate_acceptance(register, project=project, window=WINDOW, failed=failed or {})


def cover(source: str, *spans: tuple[date, date]) -> pl.DataFrame:
    """The clean register with other windows for one source."""
    register = make_deliveries()
    row = register.filter(pl.col("source") == source)
    rows = [row.with_columns(first_day=pl.lit(a), last_day=pl.lit(b)) for a, b in spans]
    return pl.concat([register.filter(pl.col("source") != source), *rows])


def test_clean_frames_fail_no_day() -> None:
    """Nothing fails where nothing is odd."""
    assert find_failed_days(make_silver_media(), suite=MEDIA, window=WINDOW) == {}
    assert find_failed_days(make_silver_outcomes(), suite=OUTCOMES, window=WINDOW) == {}


def test_only_the_bad_day_fails() -> None:
    """Of a range the day with negative spend fails and names the expectation."""
    frame = plant(make_silver_media(), DAYS[9], by="source", equals="meta", spend=-3.0)
    failed = find_failed_days(frame, suite=MEDIA, window=WINDOW)
    assert failed == {DAYS[9]: ("spend_is_in_range",)}


def test_a_weekly_row_fails_its_week() -> None:
    """A bad row that stands for seven days fails each of them that is in the window."""
    frame = plant(make_silver_media(), DAYS[7], by="source", equals="tv", spend=-3.0)
    window = DayWindow(DAYS[0], DAYS[9])
    assert list(find_failed_days(frame, suite=MEDIA, window=window)) == DAYS[7:10]


def test_days_without_kpi_fail() -> None:
    """The days on which the KPI is missing fail, also after the last row."""
    frame = drop_days(make_silver_outcomes(), DAYS[3], by="outcome", equals="revenue")
    window = DayWindow(FIRST, LAST + timedelta(days=1))
    failed = find_failed_days(frame, suite=OUTCOMES, window=window)
    assert failed == {
        DAYS[3]: ("kpi_is_present",),
        LAST + timedelta(days=1): ("kpi_is_present",),
    }


def test_warnings_fail_no_day() -> None:
    """Implausible spend is told and accepted."""
    frame = plant(make_silver_media(), DAYS[9], by="source", equals="meta", spend=2e8)
    assert find_failed_days(frame, suite=MEDIA, window=WINDOW) == {}


@pytest.mark.parametrize(
    "frame",
    [
        make_silver_media().drop("channel"),
        make_silver_media().drop("date"),
        plant(make_silver_media(), DAYS[1], by="source", equals="meta", date=None),
    ],
)
def test_what_has_no_day_fails_every_day(frame: pl.DataFrame) -> None:
    """A missing column or a missing date cannot be tied to days."""
    assert set(find_failed_days(frame, suite=MEDIA, window=WINDOW)) == set(DAYS)


def test_an_empty_table_fails_where_rows_are_critical() -> None:
    """No outcomes fail every day; no media are a dark day, which the deliveries vouch for."""
    outcomes = find_failed_days(make_silver_outcomes().clear(), suite=OUTCOMES, window=WINDOW)
    assert set(outcomes) == set(DAYS)
    assert find_failed_days(make_silver_media().clear(), suite=MEDIA, window=WINDOW) == {}


def test_a_delivered_and_clean_window_is_accepted() -> None:
    """Every day enters gold."""
    acceptance = accept()
    assert acceptance.is_whole
    assert acceptance.days == tuple(DAYS)
    assert acceptance.list_findings() == []


def test_days_a_required_source_lacks_are_rejected() -> None:
    """The days between two deliveries wait for the source, which is named."""
    acceptance = accept(cover("meta", (FIRST, DAYS[10]), (DAYS[13], LAST)))
    reason = (Reason("not_delivered", "meta"),)
    assert acceptance.rejected == {DAYS[11]: reason, DAYS[12]: reason}
    [finding] = acceptance.list_findings()
    assert finding.days == DayWindow(DAYS[11], DAYS[12])
    assert "12 Jan 2024 to 13 Jan 2024" in finding.message
    assert "'meta'" in finding.message


def test_an_optional_source_blocks_nothing() -> None:
    """A source with 'required: false' may be absent."""
    sources = tuple(s.model_copy(update={"required": s.name != "meta"}) for s in PROJECT.sources)
    project = PROJECT.model_copy(update={"sources": sources})
    assert accept(cover("meta"), project=project).is_whole


def test_a_weekly_source_is_awaited() -> None:
    """A week that has not come blocks no day and is told."""
    acceptance = accept(cover("tv", (FIRST, DAYS[55])))
    assert acceptance.is_whole
    assert acceptance.awaited == {"tv": tuple(DAYS[56:])}
    [finding] = acceptance.list_findings()
    assert (finding.severity, finding.cause) == ("info", "period_awaited")


@pytest.mark.parametrize("status", ["empty", "refused"])
def test_only_a_delivery_that_was_read_counts(status: str) -> None:
    """Empty and refused deliveries deliver no day."""
    register = make_deliveries().with_columns(
        status=pl.when(pl.col("source") == "google").then(pl.lit(status)).otherwise("status")
    )
    assert accept(register).days == ()


def test_a_failed_check_rejects_its_day() -> None:
    """The day is kept out with the name of the check and the others go in."""
    acceptance = accept(failed={"silver_media": {DAYS[2]: ("spend_is_in_range",)}})
    assert acceptance.rejected == {
        DAYS[2]: (Reason("failed_check", "silver_media.spend_is_in_range"),)
    }
    assert len(acceptance.days) == len(DAYS) - 1
    [finding] = acceptance.list_findings()
    assert (finding.severity, finding.table) == ("critical", "silver_media")


@settings(deadline=None)
@given(
    covered=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=4),
    failing=st.sets(st.integers(-5, 64)),
)
def test_accepted_and_rejected_days_are_the_window(
    covered: list[tuple[int, int]], failing: set[int]
) -> None:
    """No day is lost or told twice, and a failing or uncovered day is never accepted."""
    spans = [(DAYS[min(pair)], DAYS[max(pair)]) for pair in covered]
    failed = {FIRST + timedelta(days=i): ("key_is_unique",) for i in failing}
    acceptance = accept(cover("google", *spans), failed={"silver_media": failed})
    assert sorted([*acceptance.days, *acceptance.rejected]) == DAYS
    delivered = {day for a, b in spans for day in DayWindow(a, b).days()}
    assert set(acceptance.days) == delivered - set(failed)
