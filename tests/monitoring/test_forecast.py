"""Forecasts as they stood."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.evaluation.metrics import compute_crps
from mmm_orchestration.lake.gate import check_frame
from mmm_orchestration.monitoring.forecast import (
    OBSERVED,
    TRAILING,
    Origin,
    choose_new,
    describe_draws,
    forecast,
    plan_ahead,
)
from mmm_orchestration.project import Monitoring
from mmm_orchestration.tables.contracts import FORECASTS
from tests.evaluation.planted import make_planted_world
from tests.model.worlds import START

from .drawn import cut_data, draw_posterior

pytestmark = pytest.mark.unit

WHO = Origin(model=None, version="v1", written_at=datetime(2026, 1, 1, tzinfo=UTC))
SETTINGS = Monitoring(horizon_days=28, trailing_days=28)
PLAIN = "model: {trend: linear, yearly_order: 1}"


def make_forecast(*, known: int = 104, trained: int = 100, extra: str = PLAIN) -> pl.DataFrame:
    """The forecast of a posterior of `trained` weeks when `known` weeks have come."""
    world = make_planted_world(n_periods=110, extra=extra)
    data = world.prepare()
    posterior = draw_posterior(cut_data(data, trained), project=world.project)
    return forecast(posterior, newer=cut_data(data, known), settings=SETTINGS, origin=WHO)


def test_known_periods_and_the_horizon_are_predicted() -> None:
    """Four weeks that came from their exposure, four ahead from trailing means."""
    rows = make_forecast()
    check_frame(rows, FORECASTS)
    assert rows["exposure_basis"].to_list() == [OBSERVED] * 4 + [TRAILING] * 4
    assert rows["date"][0] == START + timedelta(weeks=100)
    assert rows["made_on"].unique().to_list() == [START + timedelta(weeks=104, days=-1)]


def test_intervals_lie_in_one_another() -> None:
    """Of every period the median is inside the 50 % interval, and that inside the 94 % one."""
    rows = make_forecast()
    ends = ["low_94", "low_80", "low_50", "median", "high_50", "high_80", "high_94"]
    assert (np.diff(rows.select(ends).to_numpy(), axis=1) > 0).all()


def test_a_smooth_trend_is_predicted_as_far_as_it_reaches() -> None:
    """Of a horizon that goes further than a smooth path the rest is left out."""
    rows = make_forecast(trained=20, known=22, extra="model: {trend: smooth, yearly_order: 0}")
    assert rows["exposure_basis"].to_list() == [OBSERVED] * 2 + [TRAILING] * 2


def test_a_plan_is_the_trailing_mean() -> None:
    """Exposure and controls of weeks to come are the means of the last ones; the KPI is unknown."""
    data = make_planted_world(n_periods=60).prepare()
    planned = plan_ahead(data, n_periods=2, n_trailing=4)
    assert planned.exposure[60:, 0, 0] == pytest.approx([data.exposure[-4:, 0, 0].mean()] * 2)
    assert planned.controls[61, 0, 0] == pytest.approx(data.controls[-4:, 0, 0].mean())
    assert np.isnan(planned.kpi[60:]).all()


def test_quantiles_are_enough_for_the_crps() -> None:
    """The score from the fifty quantiles that are kept is that of all draws, to two per cent."""
    draws = np.random.default_rng(1).gamma(5, 20, 4000)
    kept = np.array(json.loads(str(describe_draws(draws)["quantiles"])))
    for value in (60.0, 100.0, 200.0):
        exact, told = (compute_crps(np.array([value]), draws=d[:, None])[0] for d in (draws, kept))
        assert told == pytest.approx(exact, rel=0.02)


def test_a_known_period_is_written_once() -> None:
    """Of a later forecast only what is new is written: one more known week and its horizon."""
    first, later = make_forecast(), make_forecast(known=105)
    new = choose_new(later, written=first)
    assert new.filter(exposure_basis=OBSERVED)["date"].to_list() == [START + timedelta(weeks=104)]
    assert new.filter(exposure_basis=TRAILING).height == 4


def test_a_forecast_repeats_itself() -> None:
    """The same posterior and days give the same rows."""
    assert make_forecast().equals(make_forecast())


def test_a_forecast_is_near_what_comes() -> None:
    """The median given the exposure is within a tenth of the KPI in every known week."""
    kpi = make_planted_world(n_periods=110, extra=PLAIN).prepare().kpi[100:104, 0]
    medians = make_forecast().filter(exposure_basis=OBSERVED)["median"].to_numpy()
    assert medians == pytest.approx(kpi, rel=0.1)
    assert isinstance(make_forecast()["made_on"][0], date)
