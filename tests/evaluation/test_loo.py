"""Leave-one-out and stacking against exact answers."""

import numpy as np
import pytest
from scipy import stats

from mmm_orchestration.errors import ModelError
from mmm_orchestration.evaluation.compare import compare, compare_points, stack_weights
from mmm_orchestration.evaluation.loo import LooResult
from mmm_orchestration.model.psis import smooth_weights

pytestmark = pytest.mark.unit


def make_loo(elpd: np.ndarray, *, k: float = 0.1, first: str = "2024-01-01") -> LooResult:
    """A result with these densities and one k for all points but the last."""
    periods = np.datetime64(first) + 7 * np.arange(len(elpd))
    pareto_k = np.r_[np.full(len(elpd) - 1, 0.1), k]
    return LooResult(periods, ("national",) * len(elpd), elpd, pareto_k, 2.0)


def test_psis_is_exact_leave_one_out_of_a_conjugate_model() -> None:
    """The mean of normals with known noise: PSIS agrees with refitting without each point."""
    rng = np.random.default_rng(3)
    y = rng.normal(1, 1, 40)
    n, prior = len(y), 1 / 100
    draws = rng.normal(y.sum() / (n + prior), 1 / np.sqrt(n + prior), 8000)
    elpd, pareto_k = smooth_weights(stats.norm.logpdf(y, draws[:, None], 1))
    precision = n - 1 + prior
    exact = stats.norm.logpdf(y, (y.sum() - y) / precision, np.sqrt(1 + 1 / precision))
    assert elpd == pytest.approx(exact, abs=0.02)
    assert pareto_k.max() < 0.7


def test_a_high_k_is_a_finding_that_names_its_day() -> None:
    """One point above 0.7 is named; without any there is no finding."""
    (finding,) = make_loo(np.zeros(5), k=0.9).list_findings()
    assert "2024-01-29 (national)" in finding.message
    assert make_loo(np.zeros(5)).list_findings() == ()


def test_an_unknown_k_counts_as_high() -> None:
    """A k that could not be computed never passes."""
    assert len(make_loo(np.zeros(5), k=np.nan).high_k) == 1


def test_stacking_picks_the_true_model() -> None:
    """Of three models the one that made the data gets nearly all the weight."""
    y = np.random.default_rng(4).normal(0, 1, 2000)
    models = [stats.norm.logpdf(y, m, s) for m, s in ((0, 1), (0.5, 1), (0, 3))]
    assert stack_weights(np.column_stack(models))[0] > 0.95


def test_stacking_finds_the_mixture() -> None:
    """Of a mixture of three parts to one the weights come near."""
    rng = np.random.default_rng(5)
    y = np.where(rng.random(4000) < 0.75, rng.normal(-3, 1, 4000), rng.normal(3, 1, 4000))
    densities = np.column_stack([stats.norm.logpdf(y, m, 1) for m in (-3, 3)])
    assert stack_weights(densities) == pytest.approx([0.75, 0.25], abs=0.02)


def test_comparison_by_hand() -> None:
    """The difference is that of the sums, its error that of the differences by point."""
    best, other = np.array([-1.0, -1.0, -1.0, -1.0]), np.array([-1.0, -2.0, -1.0, -2.0])
    found = compare_points({"other": other, "best": best}).standings
    assert [s.name for s in found] == ["best", "other"]
    assert (found[1].difference, found[1].se) == pytest.approx((-2.0, 1.0))
    assert found[0].se == 0
    assert not found[1].is_clearly_worse


def test_models_of_other_data_are_not_compared() -> None:
    """Different periods are refused."""
    loos = {"a": make_loo(np.zeros(5)), "b": make_loo(np.zeros(5), first="2025-01-06")}
    with pytest.raises(ModelError, match="same points"):
        compare(loos)
