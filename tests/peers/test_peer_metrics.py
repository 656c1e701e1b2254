"""The measures by which the engines are compared."""

import numpy as np
import pytest

from benchmarks.peers.metrics import (
    compare_errors,
    compare_rates,
    measure_quality,
    measure_srmse,
)

pytestmark = pytest.mark.unit


def test_srmse_is_the_mean_over_geos_and_channels() -> None:
    """Errors of 1 and 2 on means of 2 and 8 give the mean of a half and a quarter."""
    truth = np.array([[[1.0, 8.0]], [[3.0, 8.0]]])
    found = np.array([[[2.0, 6.0]], [[4.0, 10.0]]])
    assert measure_srmse(found, truth=truth) == pytest.approx((0.5 + 0.25) / 2)


def test_srmse_squares_within_a_series() -> None:
    """Errors of 0 and 2 on a mean of 1 give the root of 2, not 1."""
    truth = np.array([[[1.0]], [[1.0]]])
    found = np.array([[[1.0]], [[3.0]]])
    assert measure_srmse(found, truth=truth) == pytest.approx(np.sqrt(2))


def test_srmse_leaves_out_what_truly_brought_nothing() -> None:
    """A series without any true contribution has no scale and does not count."""
    truth = np.array([[[0.0, 4.0]], [[0.0, 4.0]]])
    found = np.array([[[9.0, 5.0]], [[9.0, 5.0]]])
    assert measure_srmse(found, truth=truth) == pytest.approx(0.25)


def test_srmse_refuses_another_shape() -> None:
    """Contributions of another shape than the truth are never broadcast."""
    with pytest.raises(ValueError, match="the truth has"):
        measure_srmse(np.ones((2, 1, 1)), truth=np.ones((2, 1, 2)))


def test_worst_parameter_is_named() -> None:
    """Of independent draws and a slow walk the walk is the worst by ESS and R-hat."""
    rng = np.random.default_rng(3)
    noise, walk = rng.normal(size=(4, 400)), rng.normal(size=(4, 400)).cumsum(axis=1)
    quality = measure_quality(np.stack([noise, walk], axis=-1), names=["noise", "walk"])
    assert (quality.min_ess_of, quality.max_r_hat_of) == ("walk", "walk")
    assert quality.min_ess < 20
    assert quality.max_r_hat > 1.2


def test_independent_draws_count_as_many_as_they_are() -> None:
    """ESS of 1600 independent draws is near 1600 and their R-hat near one."""
    draws = np.random.default_rng(4).normal(size=(4, 400, 1))
    quality = measure_quality(draws, names=["a"])
    assert quality.min_ess == pytest.approx(1600, rel=0.2)
    assert quality.max_r_hat == pytest.approx(1.0, abs=0.01)


def test_fixed_parameter_is_left_out() -> None:
    """A parameter with one value throughout is no unknown."""
    draws = np.random.default_rng(5).normal(size=(4, 100, 2))
    draws[:, :, 1] = 7.0
    assert measure_quality(draws, names=["a", "fixed"]).n_parameters == 1


def test_draws_that_are_not_numbers_are_the_worst() -> None:
    """A parameter whose ESS cannot be computed counts as zero, not as absent."""
    draws = np.random.default_rng(6).normal(size=(4, 100, 2))
    draws[0, :50, 1] = np.nan
    quality = measure_quality(draws, names=["a", "broken"])
    assert (quality.min_ess, quality.min_ess_of) == (0.0, "broken")


def test_ratios_are_to_the_better_peer() -> None:
    """Rates are compared with the fastest peer, errors with the most exact one."""
    assert compare_rates(30.0, peers=[3.0, 10.0]) == pytest.approx(3.0)
    assert compare_errors(0.2, peers=[0.4, 0.8]) == pytest.approx(0.5)


def test_ratio_without_peers_is_none() -> None:
    """Without any peer there is no ratio."""
    assert compare_rates(30.0, peers=[]) is None
    assert compare_errors(0.2, peers=[]) is None
