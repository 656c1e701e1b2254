"""Each monitor on days with and without what it looks for."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.model.data import ModelData
from mmm_orchestration.monitoring.monitors import (
    evaluate_channels,
    evaluate_cost,
    evaluate_coverage,
    evaluate_error,
    evaluate_mix,
    evaluate_range,
    measure_silence,
)
from mmm_orchestration.project import Monitoring
from tests.evaluation.planted import make_planted_world

pytestmark = pytest.mark.unit

SETTINGS = Monitoring()
NOW = date(2026, 6, 30)
DATA = make_planted_world(n_periods=60).prepare()


def make_rows(*, n: int, n_inside: int, error: float = 1.0) -> pl.DataFrame:
    """The last `n` days of a scorecard, `n_inside` of them covered, with errors of that size."""
    return pl.DataFrame(
        {
            "date": [NOW - timedelta(days=i) for i in range(n)],
            "kpi_now": [100.0 + 10 * (i % 2) for i in range(n)],
            "error_given": [error * (-1) ** i for i in range(n)],
            "is_in_94_given": [i < n_inside for i in range(n)],
        }
    )


def make_ahead(*, n_ahead: int = 4, tv: float = 1.0) -> ModelData:
    """The planted data, of which the last weeks came after the fit, with `tv` times the exposure.

    Each channel spends in every week what it does on average.
    """
    spend = np.ones_like(DATA.spend) * DATA.spend.mean(axis=(0, 1))
    spend[-n_ahead:, 0, 0] *= tv
    return replace(DATA, exposure=spend, spend=spend, n_ahead=n_ahead)


def make_media(*, price: float, unit: str = "impressions") -> pl.DataFrame:
    """Sixty days of one channel at a price of one, of which the last thirty cost `price`."""
    return pl.DataFrame(
        {
            "date": [NOW - timedelta(days=i) for i in range(60)],
            "period_days": 1,
            "channel": "tv",
            "spend": [100.0 * (price if i < 30 else 1.0) for i in range(60)],
            "impressions": [100.0] * 60,
            "clicks": [100.0] * 60,
        }
    ).with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name)
        for name in ("impressions", "clicks")
        if name != unit
    )


def test_coverage_is_red_below_its_part() -> None:
    """Of twenty days fifteen inside are too few, sixteen are enough."""
    few, enough = (
        evaluate_coverage(make_rows(n=20, n_inside=n), settings=SETTINGS, now=NOW) for n in (15, 16)
    )
    assert (few.value, few.is_drifted) == (0.75, True)
    assert (enough.value, enough.is_drifted) == (0.8, False)


def test_error_is_r2_of_the_newest_days() -> None:
    """KPIs of 100 and 110 with errors of 2 have an R² of 0.84, with errors of 4 one of 0.36."""
    well, red = (
        evaluate_error(make_rows(n=20, n_inside=20, error=e), settings=SETTINGS, now=NOW)
        for e in (2.0, 4.0)
    )
    assert (well.value, well.is_drifted) == (pytest.approx(0.84), False)
    assert (red.value, red.is_drifted) == (pytest.approx(0.36), True)


def test_old_days_are_not_judged() -> None:
    """Days before the window say nothing of today, and few days nothing at all."""
    for n, now in ((20, NOW + timedelta(days=56)), (6, NOW)):
        for evaluate in (evaluate_coverage, evaluate_error):
            reading = evaluate(make_rows(n=n, n_inside=0, error=50), settings=SETTINGS, now=now)
            assert (reading.value, reading.is_drifted) == (None, False)
            assert "Not judged" in reading.message


@pytest.mark.parametrize(("tv", "is_drifted"), [(1.1, False), (1.3, True)])
def test_exposure_beyond_the_trained_range(tv: float, is_drifted: bool) -> None:
    """A channel that is on a fifth more than ever in training is beyond what is known."""
    reading = evaluate_range(make_ahead(tv=tv), settings=SETTINGS)
    assert (reading.value, reading.is_drifted) == (pytest.approx(tv), is_drifted)
    assert reading.subject == "tv"


def test_mix_is_the_part_that_moved() -> None:
    """Tripled tv moves as much of the spend as its share grew."""
    data = make_ahead(tv=3.0)
    tv, radio = DATA.spend.mean(axis=(0, 1))
    moved = 3 * tv / (3 * tv + radio) - tv / (tv + radio)
    reading = evaluate_mix(data, settings=Monitoring(mix_shift=moved - 0.01))
    assert (reading.value, reading.is_drifted) == (pytest.approx(moved), True)
    assert not evaluate_mix(make_ahead(), settings=SETTINGS).is_drifted


@pytest.mark.parametrize("unit", ["impressions", "clicks"])
def test_cost_is_judged_where_units_are_known(unit: str) -> None:
    """Half as much again for an impression or a click is red, a tenth is usual."""
    for price, is_drifted in ((1.5, True), (0.6, True), (1.1, False)):
        reading = evaluate_cost(
            make_media(price=price, unit=unit),
            settings=SETTINGS,
            trained_through=NOW - timedelta(days=30),
            now=NOW,
        )
        assert (reading.value, reading.is_drifted) == (pytest.approx(abs(price - 1)), is_drifted)


def test_cost_without_units_is_not_judged() -> None:
    """Without impressions and clicks there is no price."""
    media = make_media(price=3.0, unit="reach")
    reading = evaluate_cost(
        media, settings=SETTINGS, trained_through=NOW - timedelta(days=30), now=NOW
    )
    assert (reading.value, reading.is_drifted) == (None, False)


def test_a_new_channel_is_told() -> None:
    """A channel with spend that the fit did not have is drift, one it had is not."""
    known, new = (
        evaluate_channels(make_ahead(), spent=["tv", name], settings=SETTINGS)
        for name in ("radio", "podcast")
    )
    assert (known.value, known.is_drifted) == (0.0, False)
    assert (new.value, new.subject, new.is_drifted) == (1.0, "podcast", True)


def test_a_vanished_channel_is_off_for_longer_than_ever() -> None:
    """Four weeks without tv are drift when it never rested so long, and none when it did."""
    gone, rested = make_ahead(tv=0.0), make_ahead(tv=0.0)
    rested.exposure[20:25, 0, 0] = 0.0
    assert evaluate_channels(gone, spent=[], settings=SETTINGS).subject == "tv"
    assert not evaluate_channels(rested, spent=[], settings=SETTINGS).is_drifted
    assert measure_silence(np.array([True, False, False])) == 2


def test_monitors_of_channels_wait_for_enough_days() -> None:
    """After one new week no channel is judged."""
    data = make_ahead(n_ahead=1, tv=5.0)
    for reading in (
        evaluate_range(data, settings=SETTINGS),
        evaluate_mix(data, settings=SETTINGS),
        evaluate_channels(data, spent=["podcast"], settings=SETTINGS),
    ):
        assert (reading.value, reading.is_drifted) == (None, False)
