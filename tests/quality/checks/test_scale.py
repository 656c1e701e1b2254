"""Values in a wrong unit."""

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.checks.scale import find_media_outliers, find_outcome_outliers
from tests.quality.frames import DAYS, make_silver_media, make_silver_outcomes

pytestmark = pytest.mark.unit


def scale(frame: pl.DataFrame, column: str, factor: float, *, day: int = 30) -> pl.DataFrame:
    """The frame with one day of google or the shop multiplied by a factor."""
    here = (pl.col("date") == DAYS[day]) & pl.col("source").is_in(["google", "shop"])
    return frame.with_columns(pl.when(here).then(pl.col(column) * factor).otherwise(column))


def test_a_quiet_history_is_silent() -> None:
    """Weekly waves are no outliers."""
    assert find_media_outliers(make_silver_media()) == []
    assert find_outcome_outliers(make_silver_outcomes()) == []


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (10, "10 times too high"),
        (100, "100 times too high"),
        (1000, "1,000 times too high"),
        (0.1, "10 times too low"),
        (0.01, "100 times too low"),
    ],
)
def test_a_shifted_decimal_is_named(factor: float, words: str) -> None:
    """The finding tells channel, campaign, day, value and the usual level."""
    [finding] = find_media_outliers(scale(make_silver_media(), "spend", factor))
    assert words in finding.message
    assert "campaign 'Search brand' (search, google)" in finding.message
    assert "31 Jan 2024" in finding.message
    assert (finding.channel, finding.days) == ("search", DayWindow(DAYS[30], DAYS[30]))


def test_an_outcome_in_cents_is_named() -> None:
    """Revenue a hundred times too high is told with its day."""
    [finding] = find_outcome_outliers(scale(make_silver_outcomes(), "value", 100))
    assert "'revenue' of 'shop' looks 100 times too high on 1 day" in finding.message


def test_a_run_of_days_is_one_finding() -> None:
    """Three days in cents are one finding that covers them."""
    frame = make_silver_media()
    for day in (30, 31, 32):
        frame = scale(frame, "spend", 100, day=day)
    [finding] = find_media_outliers(frame)
    assert finding.days == DayWindow(DAYS[30], DAYS[32])
    assert finding.n_rows == 3


@pytest.mark.parametrize("factor", [3.0, 6.0, 0.3, 30.0])
def test_what_is_no_power_of_ten_is_silent(factor: float) -> None:
    """A strong day is no wrong unit."""
    assert find_media_outliers(scale(make_silver_media(), "spend", factor)) == []


@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_a_campaign_that_really_changed_is_silent(factor: float) -> None:
    """Where impressions move with spend the campaign was larger or smaller."""
    frame = scale(scale(make_silver_media(), "spend", factor), "impressions", factor)
    assert find_media_outliers(frame) == []


def test_a_declared_peak_is_silent() -> None:
    """In the window of a declared event high values are expected."""
    peaks = [DayWindow(DAYS[29], DAYS[31])]
    media = scale(make_silver_media(), "spend", 10)
    outcomes = scale(make_silver_outcomes(), "value", 10)
    assert find_media_outliers(media, peaks=peaks) == []
    assert find_outcome_outliers(outcomes, peaks=peaks) == []
    assert len(find_outcome_outliers(outcomes, peaks=[DayWindow(DAYS[31], DAYS[31])])) == 1


def test_a_wild_series_is_silent() -> None:
    """A series that varies over powers of ten by itself gives no outliers."""
    waves = pl.int_range(pl.len()) % 5
    frame = make_silver_outcomes().with_columns(value=10.0 ** waves.cast(pl.Float64))
    assert find_outcome_outliers(frame) == []


def test_a_short_series_is_silent() -> None:
    """Without a usual level there is no outlier."""
    frame = scale(make_silver_outcomes(), "value", 100, day=5).head(10)
    assert find_outcome_outliers(frame) == []
