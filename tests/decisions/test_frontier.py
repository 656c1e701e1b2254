"""Budgets against outcome, and where returns fall."""

import numpy as np
import pytest

from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frequency import find_best_frequencies
from mmm_orchestration.decisions.frontier import find_turns, trace_frontier
from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.model.posterior import Posterior

from .drawn import make_posterior

pytestmark = pytest.mark.unit

CONCAVE = "model: {trend: none, yearly_order: 0, saturation: michaelis_menten}"


def fix(posterior: Posterior, **values: float) -> Posterior:
    """The posterior with the same value of an unknown at every draw and channel."""
    draws = posterior.draws.assign({n: posterior.draws[n] * 0 + v for n, v in values.items()})
    return type(posterior)(**{**vars(posterior), "draws": draws})


def test_more_money_brings_more_and_the_last_of_it_less() -> None:
    """Along the frontier of concave curves; the price of money is the slope of the frontier."""
    posterior = make_posterior(n_channels=4, n_draws=50, extra=CONCAVE)
    model = freeze(posterior, dtype=np.float64)
    points = trace_frontier(
        model,
        request=PlanRequest(periods=6),
        project=posterior.project,
        percents=(50, 99, 100, 101, 150),
    )
    brings = [point.brings.median for point in points]
    prices = [point.marginal_roi for point in points]
    assert brings == sorted(brings)
    assert prices == sorted(prices, reverse=True)
    slope = (brings[3] - brings[1]) / (points[3].spend - points[1].spend)
    assert prices[2] == pytest.approx(slope, rel=0.1)


def test_a_concave_curve_is_steepest_at_nothing() -> None:
    """An S-shaped one where its second derivative changes sign."""
    concave = freeze(make_posterior(extra=CONCAVE), dtype=np.float64)
    assert all(turn.steepest.high == 0 for turn in find_turns(concave, n_periods=13))
    shaped = fix(make_posterior(), slope=3.0, half_saturation=1.0, mean_lag_days=1e-9)
    model = freeze(shaped, dtype=np.float64)
    for turn, price in zip(
        find_turns(model, n_periods=13), model.groups[0].price[:, 0], strict=True
    ):
        # the inflection of a Hill curve of slope 3 is at the third root of one half
        assert turn.steepest.median == pytest.approx(0.5 ** (1 / 3) * price, rel=0.08)


def test_break_even_is_where_a_unit_brings_itself_back() -> None:
    """Just below it one more unit brings more than itself, just above it less."""
    posterior = make_posterior(extra=CONCAVE, n_draws=50)
    model = freeze(posterior, dtype=np.float64)
    turn = find_turns(model, n_periods=26)[0]
    assert 0 < turn.break_even.median < 1.4 * turn.observed_max

    def mean_slope(money: float) -> float:
        spend = np.zeros((26, 1, 3))
        spend[:, :, 0] = money
        more = spend + np.array([1.0, 0, 0])
        return float(np.median(model.gain(more) - model.gain(spend))) / 26

    assert mean_slope(0.8 * turn.break_even.median) > 1 > mean_slope(1.25 * turn.break_even.median)


def test_the_best_frequency_is_the_summit_of_what_a_contact_brings() -> None:
    """Of a Hill curve of slope 2 it is where the curve is half reached."""
    posterior = make_posterior(reached=(1,), n_draws=50)
    assert find_best_frequencies(make_posterior()) == ()
    (found,) = find_best_frequencies(fix(posterior, slope=2.0, half_saturation=2.5))
    assert found.channel == "channel_1"
    assert found.today == pytest.approx(2.0)
    assert found.best.median == pytest.approx(2.5 * 2.0, rel=0.05)
    assert found.gain.median > 0
