"""Silver to gold."""

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_orchestration.tables.contracts import GOLD_MEDIA_DAILY, SILVER_MEDIA
from mmm_orchestration.tables.gold import build_gold_media_daily
from mmm_orchestration.tables.schema import polars_schema

pytestmark = pytest.mark.unit

FIRST = date(2026, 3, 2)


def make_silver(*rows: tuple[int, str, str, float | None]) -> pl.LazyFrame:
    """Silver media from (day offset, channel, campaign, spend)."""
    schema = polars_schema(SILVER_MEDIA)
    data = [
        {
            "date": FIRST + timedelta(days=offset),
            "period_days": 1,
            "geo": "national",
            "source": "s",
            "channel": channel,
            "campaign": campaign,
            "spend": spend,
            "impressions": None,
            "clicks": None,
            "reach": None,
            "frequency": None,
        }
        for offset, channel, campaign, spend in rows
    ]
    return pl.LazyFrame(data, schema=schema)


def build(
    silver: pl.LazyFrame, *, accepted: list[int], expected: list[tuple[int, str]]
) -> pl.DataFrame:
    """Gold media where days and channels are given by offset and name."""
    days = pl.LazyFrame(
        {"date": [FIRST + timedelta(days=i) for i in accepted]}, schema={"date": pl.Date}
    )
    grid = pl.LazyFrame(
        [(FIRST + timedelta(days=i), "national", channel) for i, channel in expected],
        schema={"date": pl.Date, "geo": pl.String, "channel": pl.String},
        orient="row",
    )
    frame = build_gold_media_daily(
        nw.from_native(silver), accepted=nw.from_native(days), expected=nw.from_native(grid)
    )
    result = frame.to_native().collect()
    assert isinstance(result, pl.DataFrame)
    return result.select(GOLD_MEDIA_DAILY.column_names).sort("date", "channel")


def test_a_day_that_is_not_accepted_is_not_in_gold() -> None:
    """Neither reported nor expected rows of other days come through."""
    gold = build(
        make_silver((0, "tv", "a", 1.0), (1, "tv", "a", 2.0)),
        accepted=[1],
        expected=[(0, "tv"), (1, "tv"), (0, "radio")],
    )
    assert gold["date"].unique().to_list() == [FIRST + timedelta(days=1)]


def test_a_covered_channel_without_a_row_spent_nothing() -> None:
    """The row is zero and says that it was not reported."""
    gold = build(make_silver((0, "tv", "a", 1.0)), accepted=[0], expected=[(0, "tv"), (0, "radio")])
    radio = gold.filter(channel="radio").to_dicts()[0]
    assert (radio["spend"], radio["is_reported"]) == (0.0, False)
    assert gold.filter(channel="tv")["is_reported"].to_list() == [True]


def test_a_channel_nobody_covers_has_no_row() -> None:
    """Missing is not zero: without a delivery there is no row."""
    gold = build(make_silver((0, "tv", "a", 1.0)), accepted=[0], expected=[(0, "tv")])
    assert gold["channel"].to_list() == ["tv"]


def test_unknown_spend_stays_unknown() -> None:
    """Campaigns without a reported spend sum to null, not to zero."""
    gold = build(make_silver((0, "tv", "a", None), (0, "tv", "b", None)), accepted=[0], expected=[])
    assert gold["spend"].to_list() == [None]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["a", "b", "unmapped"]), st.floats(0, 1e6)),
        max_size=30,
    )
)
def test_no_money_is_lost_or_made(rows: list[tuple[int, str, float]]) -> None:
    """Spend in gold is the spend in silver on the accepted days."""
    silver = make_silver(*((d, c, str(i), spend) for i, (d, c, spend) in enumerate(rows)))
    gold = build(silver, accepted=[0, 2, 4], expected=[(d, "a") for d in range(6)])
    wanted = sum(spend for day, _, spend in rows if day in {0, 2, 4})
    assert gold["spend"].sum() == pytest.approx(wanted)
