"""The end of the data."""

from datetime import date, timedelta

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.checks.recency import (
    find_cut_periods,
    find_last_days,
    find_partial_last_days,
    find_stale,
)
from mmm_orchestration.quality.finding import Finding
from tests.quality.frames import (
    DAYS,
    LAST,
    make_project,
    make_silver_media,
    make_silver_outcomes,
    plant,
)

pytestmark = pytest.mark.unit

PROJECT = make_project()
TODAY = LAST + timedelta(days=1)


def check_stale(today: date, **last_days: date) -> list[Finding]:
    """Stale sources when all end on the last day but those given."""
    ends = dict.fromkeys(["google", "meta", "shop", "tv"], LAST) | last_days
    return find_stale(ends, project=PROJECT, today=today)


def test_fresh_sources_are_silent() -> None:
    """Yesterday's data and data of three days ago are fresh."""
    assert check_stale(TODAY) == []
    assert check_stale(LAST + timedelta(days=3)) == []


def test_a_stale_source_is_named_with_its_last_day() -> None:
    """The newest day of data decides, not the time of a run."""
    [finding] = check_stale(TODAY, meta=LAST - timedelta(days=5))
    assert finding.table == "bronze_meta"
    assert "ends on 24 Feb 2024, 6 days ago" in finding.message


def test_a_weekly_source_may_be_a_week_older() -> None:
    """Ten days are allowed to a weekly source, eleven are stale."""
    assert check_stale(TODAY, tv=TODAY - timedelta(days=10)) == []
    assert len(check_stale(TODAY, tv=TODAY - timedelta(days=11))) == 1


def test_a_source_that_never_came_is_stale() -> None:
    """A required source without any day is named."""
    findings = find_stale(
        {"google": LAST, "meta": LAST, "shop": LAST}, project=PROJECT, today=TODAY
    )
    assert [f.message.split(";")[0] for f in findings] == ["The data of 'tv' has never come"]


def test_last_days_count_whole_periods() -> None:
    """A weekly row reaches to the end of its week."""
    ends = find_last_days(make_silver_media(), make_silver_outcomes())
    assert ends == {"google": LAST, "meta": LAST, "shop": LAST, "tv": date(2024, 2, 25)}
    assert find_last_days() == {}


def test_whole_periods_are_silent() -> None:
    """Seven weeks of seven days are all over."""
    assert find_cut_periods(make_silver_media(), table="silver_media", today=TODAY) == []


def test_a_period_that_still_runs_is_named() -> None:
    """A week delivered before its end is told."""
    [finding] = find_cut_periods(make_silver_media(), table="silver_media", today=date(2024, 2, 22))
    assert "'tv' (19 Feb 2024 to 25 Feb 2024) is not over yet" in finding.message


def test_a_short_last_period_is_named() -> None:
    """A last week of four days is told."""
    frame = plant(make_silver_media(), date(2024, 2, 19), by="source", equals="tv", period_days=4)
    [finding] = find_cut_periods(frame, table="silver_media", today=TODAY)
    assert "has only 4 days" in finding.message


def check_outcomes(frame: pl.DataFrame) -> list[Finding]:
    """Last days of outcomes that look cut short."""
    return find_partial_last_days(
        frame, by=["source", "outcome"], value="value", table="silver_outcomes"
    )


def test_a_whole_last_day_is_silent() -> None:
    """The weekly low is usual on its weekday."""
    assert check_outcomes(make_silver_outcomes()) == []


def test_a_last_day_cut_short_is_named() -> None:
    """A quarter of the usual Thursday is told with both amounts."""
    frame = plant(make_silver_outcomes(), LAST, by="outcome", equals="revenue", value=2500.0)
    [finding] = check_outcomes(frame)
    assert "'revenue' of 'shop', 29 Feb 2024, has value 2,500" in finding.message
    assert "10,000 is usual on a Thursday" in finding.message
    assert finding.days == DayWindow(LAST, LAST)


def test_a_low_day_before_the_last_is_silent() -> None:
    """Only the last day can be cut short."""
    frame = plant(make_silver_outcomes(), DAYS[-2], by="outcome", equals="revenue", value=1.0)
    assert check_outcomes(frame) == []


def test_a_short_history_has_no_usual_level() -> None:
    """Without six such weekdays before it a last day is not judged."""
    frame = make_silver_outcomes().head(15)
    assert check_outcomes(plant(frame, DAYS[14], by="source", equals="shop", value=1.0)) == []
