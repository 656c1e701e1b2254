"""Scores against values computed by hand and in closed form."""

import numpy as np
import pytest
from scipy import stats

from mmm_orchestration.evaluation.metrics import compute_crps, score_draws

pytestmark = pytest.mark.unit


def test_scores_by_hand() -> None:
    """The scores of the mean on four values, one of them not known."""
    value = np.array([10.0, 0.0, 30.0, np.nan])
    draws = np.array([[8.0, 1.0, 33.0, 5.0], [10.0, 1.0, 33.0, 5.0]])
    scores = score_draws(value, draws=draws)
    assert scores.n == 3
    assert scores.mape == pytest.approx((0.1 + 0.1) / 2)
    assert scores.wmape == pytest.approx((1 + 1 + 3) / 40)
    assert scores.rmse == pytest.approx(np.sqrt((1 + 1 + 9) / 3))
    mean = 40 / 3
    assert scores.r2 == pytest.approx(1 - 11 / ((10 - mean) ** 2 + mean**2 + (30 - mean) ** 2))


def test_crps_by_hand() -> None:
    """Draws 0 and 2 against 1: 1 - ½ · ½ · 2 = ½."""
    crps = compute_crps(np.array([1.0]), draws=np.array([[0.0], [2.0]]))
    assert crps == pytest.approx([0.5])


def test_crps_of_a_normal_is_its_closed_form() -> None:
    """Many draws of a normal score as its closed form says, at three values."""
    value = np.array([0.0, 1.0, -2.5])
    draws = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None] + np.zeros(3)
    exact = value * (2 * stats.norm.cdf(value) - 1) + 2 * stats.norm.pdf(value) - 1 / np.sqrt(np.pi)
    assert compute_crps(value, draws=draws) == pytest.approx(exact, abs=1e-3)


def test_crps_of_all_pairs() -> None:
    """The sorted form is the mean over all pairs of draws."""
    draws, value = np.random.default_rng(1).normal(size=(40, 3)), np.array([0.1, -1.0, 2.0])
    pairs = np.abs(draws[:, None] - draws[None]).mean(axis=(0, 1))
    slow = np.abs(draws - value).mean(axis=0) - pairs / 2
    assert compute_crps(value, draws=draws) == pytest.approx(slow)


def test_coverage_counts_values_inside() -> None:
    """Draws 0 … 100 hold 50 in every interval, 20 in two and 4 in one."""
    draws = np.repeat(np.arange(101.0)[:, None], 3, axis=1)
    scores = score_draws(np.array([50.0, 20.0, 4.0]), draws=draws)
    found = (scores.coverage_50, scores.coverage_80, scores.coverage_94)
    assert found == pytest.approx((1 / 3, 2 / 3, 1.0))


def test_nothing_known_scores_nan() -> None:
    """Without any known value every score is nan and the count is zero."""
    scores = score_draws(np.array([np.nan]), draws=np.zeros((3, 1)))
    assert scores.n == 0
    assert np.isnan(scores.crps)
