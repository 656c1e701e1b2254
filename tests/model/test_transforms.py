"""The contract of adstock and saturation, as tensors and on NumPy draws."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from pytensor.compile.maker import function
from pytensor.tensor import dmatrix, dtensor3, dvector

from mmm_orchestration.insight import transforms as twins
from mmm_orchestration.model.transforms import (
    GeometricAdstock,
    HillSaturation,
    find_typical_exposure,
)

pytestmark = pytest.mark.unit

Array = NDArray[np.float64]
Adstock = Callable[..., Array]
Hill = Callable[[Array, float, float], Array]

MAX_LAG = 4
ADSTOCK = GeometricAdstock(max_lag=MAX_LAG, period_days=7, step_days=7)
DAILY = GeometricAdstock(max_lag=MAX_LAG, period_days=7, step_days=1)
EXPOSURE = np.array([0.0, 3.0, 0.0, 0.0, 5.0, 1.0, 0.0, 2.0])


def apply_tensor_adstock(
    exposure: Array, alpha: float, *, family: GeometricAdstock = ADSTOCK
) -> Array:
    """The adstock of the graph."""
    symbols = dtensor3(), dvector(), dmatrix()
    compiled = function(symbols, family.apply(*symbols), mode="FAST_COMPILE")
    lagged = family.stack_lags(exposure[:, None])
    return compiled(lagged, np.array([alpha]), family.spread)[:, 0]


def apply_numpy_adstock(
    exposure: Array, alpha: float, *, family: GeometricAdstock = ADSTOCK
) -> Array:
    """The adstock on draws."""
    return twins.compute_adstock(exposure, alpha=np.array([alpha]), spread=family.spread)[0]


def apply_tensor_hill(adstock: Array, half: float, slope: float) -> Array:
    """The saturation of the graph."""
    symbols = dmatrix(), dvector(), dvector()
    compiled = function(symbols, HillSaturation().apply(*symbols), mode="FAST_COMPILE")
    return compiled(adstock[:, None], np.array([half]), np.array([slope]))[:, 0]


def apply_numpy_hill(adstock: Array, half: float, slope: float) -> Array:
    """The saturation on draws."""
    return twins.compute_saturation(adstock[None], half=np.array([half]), slope=np.array([slope]))[
        0
    ]


adstocks = pytest.mark.parametrize("adstock", [apply_tensor_adstock, apply_numpy_adstock])
hills = pytest.mark.parametrize("hill", [apply_tensor_hill, apply_numpy_hill])


@adstocks
def test_adstock_with_alpha_zero_returns_the_input(adstock: Adstock) -> None:
    """Adstock with alpha zero returns the input."""
    assert np.array_equal(adstock(EXPOSURE, 0.0), EXPOSURE)


@adstocks
@pytest.mark.parametrize("alpha", [0.2, 0.9])
def test_adstock_is_the_slow_sum(adstock: Adstock, alpha: float) -> None:
    """Adstock equals the weighted sum written as a loop, with nothing before the first period."""
    weights = [alpha**lag for lag in range(MAX_LAG + 1)]
    slow = [
        sum(w * EXPOSURE[t - lag] for lag, w in enumerate(weights) if t >= lag) / sum(weights)
        for t in range(len(EXPOSURE))
    ]
    assert np.allclose(adstock(EXPOSURE, alpha), slow, atol=1e-14)


@adstocks
def test_adstock_keeps_the_sum(adstock: Adstock) -> None:
    """The kernel sums to one, so a pulse keeps its size when the window holds its tail."""
    pulse = np.eye(1, 12, 3)[0] * 8
    assert adstock(pulse, 0.6).sum() == pytest.approx(8)
    assert adstock(pulse, 0.6, family=DAILY).sum() == pytest.approx(8)


@adstocks
def test_fading_by_the_day_is_the_sum_over_days(adstock: Adstock) -> None:
    """Weeks that fade by the day are the weekly sums of days with the same exposure each."""
    alpha = 0.7
    days = np.repeat(EXPOSURE / 7, 7)
    kernel = alpha ** np.arange(7 * (MAX_LAG + 1))
    slow = np.convolve(days, kernel / kernel.sum())[: len(days)].reshape(-1, 7).sum(axis=1)
    assert np.allclose(adstock(EXPOSURE, alpha, family=DAILY), slow, rtol=1e-4)


@hills
def test_hill_is_zero_at_zero_and_half_at_half(hill: Hill) -> None:
    """Zero gives exactly zero, the half saturation one half, whatever the slope."""
    assert hill(np.array([0.0, 2.0]), 2.0, 1.7).tolist() == [0, 0.5]


@hills
def test_hill_rises_below_one(hill: Hill) -> None:
    """Saturation rises with exposure and stays below one."""
    values = hill(np.linspace(0, 1000, 200), 3.0, 0.8)
    assert (np.diff(values) > 0).all()
    assert values.max() < 1


@hills
def test_hill_with_slope_one_has_diminishing_returns(hill: Hill) -> None:
    """Each further step of exposure adds less than the one before."""
    assert (np.diff(hill(np.linspace(0, 10, 50), 3.0, 1.0), n=2) < 0).all()


@hills
def test_hill_does_not_depend_on_the_unit(hill: Hill) -> None:
    """Exposure and half saturation in another unit give the same saturation."""
    levels = np.linspace(0.1, 5, 20)
    assert np.allclose(hill(levels, 2.0, 1.3), hill(1000 * levels, 2000.0, 1.3))


def test_tensor_and_numpy_agree() -> None:
    """Both twins give the same saturated adstock to rounding."""
    tensor = apply_tensor_hill(apply_tensor_adstock(EXPOSURE, 0.7), 1.5, 1.2)
    numpy = apply_numpy_hill(apply_numpy_adstock(EXPOSURE, 0.7), 1.5, 1.2)
    assert np.allclose(tensor, numpy, rtol=1e-12)


def test_alpha_means_the_same_for_days_and_weeks() -> None:
    """A mean lag of seven days is retention one half by week and seven eighths by day."""
    daily = GeometricAdstock(max_lag=56, period_days=1, step_days=1)
    assert ADSTOCK.get_alpha(np.array([7.0])) == 0.5
    assert daily.get_alpha(np.array([7.0])) == 7 / 8
    assert DAILY.get_alpha(np.array([7.0])) == 7 / 8


def test_typical_exposure_counts_periods_that_are_on() -> None:
    """Periods without exposure do not lower what is typical."""
    assert find_typical_exposure(EXPOSURE[:, None]).tolist() == [11 / 4]
