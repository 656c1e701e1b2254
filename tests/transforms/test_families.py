"""Carry-over by hand, by days and by periods, and families by name."""

import numpy as np
import pytest

from mmm_orchestration.errors import ProjectError
from mmm_orchestration.transforms.adstock import (
    BinomialAdstock,
    DelayedAdstock,
    GeometricAdstock,
    WeibullCdfAdstock,
    WeibullPdfAdstock,
)
from mmm_orchestration.transforms.family import Adstock
from mmm_orchestration.transforms.kernel import Array, build_kernel, carry_over, spread_steps
from mmm_orchestration.transforms.registry import get_adstock, get_saturation

pytestmark = pytest.mark.unit

EXPOSURE = np.array([0.0, 3.0, 0.0, 0.0, 5.0, 1.0, 0.0, 2.0])
MAX_LAG = 4


def weigh(family: Adstock, *, step_days: int = 1, **unknowns: float) -> Array:
    """The kernel over five days of a family with one value per unknown."""
    spread = spread_steps(MAX_LAG, period_days=step_days, step_days=step_days)
    own = {name: np.array([value]) for name, value in unknowns.items()}
    return np.asarray(build_kernel(family, spread, np, step_days=step_days, **own))[:, 0]


def normalise(weights: list[float]) -> Array:
    """Weights that sum to one."""
    return np.array(weights) / sum(weights)


def test_geometric_weights_are_powers() -> None:
    """A mean lag of three days keeps three quarters a day; zero keeps nothing."""
    alpha = 0.75
    expected = normalise([alpha**k for k in range(5)])
    assert weigh(GeometricAdstock(), mean_lag_days=3.0) == pytest.approx(expected)
    assert weigh(GeometricAdstock(), mean_lag_days=0.0).tolist() == [1, 0, 0, 0, 0]


def test_a_mean_lag_means_the_same_for_days_and_weeks() -> None:
    """Seven days are retention one half by week and seven eighths by day."""
    weekly = weigh(GeometricAdstock(), step_days=7, mean_lag_days=7.0)
    assert weekly[1] / weekly[0] == pytest.approx(0.5)
    daily = weigh(GeometricAdstock(), mean_lag_days=7.0)
    assert daily[1] / daily[0] == pytest.approx(7 / 8)


def test_delayed_weights_peak_where_declared() -> None:
    """The largest weight lies at the peak, and a day off it has exp(-1/8) of it at width two."""
    kernel = weigh(DelayedAdstock(), peak_days=2.0, width_days=2.0)
    assert kernel.argmax() == 2
    assert kernel[3] / kernel[2] == pytest.approx(np.exp(-1 / 8))


def test_weibull_of_shape_one_is_geometric() -> None:
    """Both Weibull families fade by the same part each day when their shape is one."""
    expected = normalise([np.exp(-k / 2) for k in range(5)])
    for family in (WeibullCdfAdstock(), WeibullPdfAdstock()):
        kernel = weigh(family, weibull_shape=1.0, weibull_days=2.0)
        assert kernel == pytest.approx(expected, rel=1e-9)


def test_weibull_density_may_peak_later() -> None:
    """With shape three most of the effect comes after the day of the exposure."""
    assert weigh(WeibullPdfAdstock(), weibull_shape=3.0, weibull_days=3.0).argmax() == 2


def test_binomial_weights_fall_to_the_end_of_the_window() -> None:
    """With fall one the weights are a straight line to zero after the last day."""
    assert weigh(BinomialAdstock(), fall=1.0) == pytest.approx(normalise([5, 4, 3, 2, 1]))


def test_carry_over_is_the_slow_sum() -> None:
    """Carry-over equals the weighted sum written as a loop, history included."""
    kernel = weigh(GeometricAdstock(), mean_lag_days=2.0)
    history = np.array([4.0, 0.0, 1.0, 2.0])
    got = carry_over(np.concatenate([history, EXPOSURE]), kernel=kernel[:, None])[0]
    whole = [*history, *EXPOSURE]
    slow = [sum(w * whole[t + 4 - lag] for lag, w in enumerate(kernel)) for t in range(8)]
    assert got == pytest.approx(slow)


def test_fading_by_the_day_is_the_sum_over_days() -> None:
    """Weeks that fade by the day are the weekly sums of days with the same exposure each."""
    spread = spread_steps(MAX_LAG, period_days=7, step_days=1)
    family, lag = GeometricAdstock(), np.array([7 / 3])
    kernel = build_kernel(family, spread, np, step_days=1, mean_lag_days=lag)
    got = carry_over(np.concatenate([np.zeros(MAX_LAG), EXPOSURE]), kernel=kernel)[0]
    days, daily = np.repeat(EXPOSURE / 7, 7), 0.7 ** np.arange(7 * (MAX_LAG + 1))
    slow = np.convolve(days, daily / daily.sum())[: len(days)].reshape(-1, 7).sum(axis=1)
    assert got == pytest.approx(slow, rel=1e-4)


def test_a_name_that_does_not_exist_names_the_nearest() -> None:
    """The errors for both kinds list what there is."""
    with pytest.raises(ProjectError, match="nearest is 'geometric'"):
        get_adstock("geometrik")
    with pytest.raises(ProjectError, match="michaelis_menten"):
        get_saturation("log")
