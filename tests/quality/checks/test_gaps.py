"""Gaps against reported zeros."""

from datetime import timedelta

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.checks.gaps import (
    find_outcome_gaps,
    find_source_gaps,
    find_unreported_channels,
)
from tests.quality.frames import (
    DAYS,
    LAST,
    drop_days,
    make_gold_media_daily,
    make_project,
    make_silver_media,
    make_silver_outcomes,
    plant,
)

pytestmark = pytest.mark.unit

PROJECT = make_project()


def test_media_without_holes_are_silent() -> None:
    """Daily and weekly sources without holes give no finding."""
    assert find_source_gaps(make_silver_media()) == []


def test_missing_days_of_a_source_are_named_apart_from_zeros() -> None:
    """Three days without rows are a gap; a day with zero spend is not."""
    frame = drop_days(make_silver_media(), *DAYS[5:8], by="source", equals="google")
    frame = plant(frame, DAYS[20], by="source", equals="google", spend=0.0)
    [finding] = find_source_gaps(frame)
    assert finding.days == DayWindow(DAYS[5], DAYS[7])
    assert finding.n_rows == 3
    assert "'google' has no rows for 3 days" in finding.message
    assert "zero spend on 1 other day." in finding.message


def test_a_missing_week_is_seven_days() -> None:
    """A weekly source without one of its weeks lacks the seven days of it."""
    frame = drop_days(make_silver_media(), DAYS[14], by="source", equals="tv")
    [finding] = find_source_gaps(frame)
    assert finding.days == DayWindow(DAYS[14], DAYS[20])


def test_outcomes_on_every_day_are_silent() -> None:
    """From the project's start to the last day nothing is missing."""
    assert find_outcome_gaps(make_silver_outcomes(), project=PROJECT, last_day=LAST) == []


@pytest.mark.parametrize("gone", [DAYS[:2], DAYS[30:32], DAYS[-2:]], ids=["start", "mid", "end"])
def test_missing_outcome_days_are_named(gone: list[object]) -> None:
    """Days are missing at the start and at the end as well as in the middle."""
    frame = make_silver_outcomes().remove(pl.col("date").is_in(gone))
    [finding] = find_outcome_gaps(frame, project=PROJECT, last_day=LAST)
    assert finding.days == DayWindow(gone[0], gone[-1])  # type: ignore[arg-type]
    assert (finding.severity, finding.n_rows) == ("error", 2)
    assert "KPI 'revenue' of 'shop' is missing on 2 days" in finding.message


def test_the_geos_of_a_gap_are_told() -> None:
    """A day missing in one geo of two is a gap of that geo."""
    frame = make_silver_outcomes().with_columns(geo=pl.lit("north"))
    south = frame.with_columns(geo=pl.lit("south")).filter(pl.col("date") != DAYS[9])
    [finding] = find_outcome_gaps(pl.concat([frame, south]), project=PROJECT, last_day=LAST)
    assert "1 of 2 geos: 'south'" in finding.message


def test_a_channel_reported_every_day_is_silent() -> None:
    """Reported zeros give no finding."""
    frame = make_gold_media_daily()
    frame = plant(frame, DAYS[7], by="channel", equals="social", spend=0.0)
    assert find_unreported_channels(frame) == []


def test_an_always_on_channel_that_falls_silent_is_named() -> None:
    """Days without a row of an always-on channel are told with the channel."""
    frame = make_gold_media_daily()
    for day in DAYS[-3:]:
        frame = plant(frame, day, by="channel", equals="social", is_reported=False, spend=0.0)
    [finding] = find_unreported_channels(frame)
    assert finding.channel == "social"
    assert finding.days == DayWindow(LAST - timedelta(days=2), LAST)


def test_a_flighted_channel_may_be_silent() -> None:
    """A channel that runs on half of the days is not expected on the others."""
    frame = make_gold_media_daily()
    for day in DAYS[::2]:
        frame = plant(frame, day, by="channel", equals="social", is_reported=False, spend=0.0)
    assert find_unreported_channels(frame) == []
