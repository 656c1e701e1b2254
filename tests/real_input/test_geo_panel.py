"""A panel of 40 geos whose KPI counts conversions, modelled nationally."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from .chain import (
    Chain,
    check_gates,
    check_nothing_is_lost,
    check_spend_to_the_cent,
    run_whole_chain,
)

pytestmark = pytest.mark.truth

PAID = {f"channel{i}": f"Channel{i}_spend" for i in range(5)}


@pytest.fixture(scope="module")
def chain(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The whole chain, on guesses alone."""
    return run_whole_chain(
        shared_data / "geo_panel_meridian" / "geo_all_channels.csv",
        *("--currency", "USD", "--time-zone", "America/New_York"),
        day="time",
        folder=tmp_path_factory.mktemp("geo_panel"),
    )


def test_gates_are_kept(chain: Chain) -> None:
    """The default sampler converges."""
    check_gates(chain.report)


def test_gold_keeps_every_geo(chain: Chain) -> None:
    """Gold has one row per geo, week and channel, with the spend of the file."""
    check_nothing_is_lost(chain, n_rows=40 * 156)
    media = chain.read("gold_media_daily")
    assert media.height == 40 * 156 * 6
    assert media.select("geo", "date", "channel").n_unique() == media.height
    check_spend_to_the_cent(chain, columns=PAID)


def test_the_model_sums_geos(chain: Chain) -> None:
    """The modelled KPI is the national sum of each week."""
    national = chain.file.group_by("time").agg(pl.col("conversions").sum()).sort("time")
    series = chain.report.results.series
    assert series.kpi == pytest.approx(national["conversions"].to_numpy())
    assert series.periods.astype(str).tolist() == national["time"].to_list()


def test_roi_is_in_money(chain: Chain) -> None:
    """A conversion is worth what the file's own column says, and ROI is over spend."""
    results, file = chain.report.results, chain.file
    worth = np.average(file["revenue_per_conversion"], weights=file["conversions"])
    value = results.provenance.value_per_unit
    assert value == pytest.approx(worth, rel=1e-4)
    for channel in results.channels:
        if channel.roi and channel.spend:
            brought = channel.contribution.median * value
            assert channel.roi.median == pytest.approx(brought / channel.spend)


def test_the_organic_channel_has_no_roi(chain: Chain) -> None:
    """It has impressions and no spend."""
    assert {c.channel for c in chain.report.results.channels if c.roi is None} == {
        "organic_channel0"
    }
