"""The tests of ranks: what they pass, what they refuse, against slow and known answers."""

import numpy as np
import pytest
from scipy.stats import binom, kstest

from benchmarks.truth.ranks import (
    compute_envelope,
    judge_ranks,
    measure_chi_square,
    measure_ecdf,
)

pytestmark = pytest.mark.unit

N_DRAWS = 99


def draw_ranks(
    *, spread: float = 1.0, shift: float = 0.0, n: int = 500, seed: int = 0
) -> list[int]:
    """Ranks of truths among draws whose posterior is `spread` times too narrow, or shifted."""
    rng = np.random.default_rng(seed)
    truths = spread * rng.normal(size=(n, 1)) + shift
    return (rng.normal(size=(n, N_DRAWS)) < truths).sum(axis=1).tolist()


def test_the_envelope_is_the_smallest_tail_of_the_slow_version() -> None:
    """Counting each point of the ECDF by hand gives the same statistic."""
    ranks = np.array([3, 50, 51, 70, 99])
    tails = []
    for i in range(N_DRAWS):
        reached, place = (ranks <= i).sum(), (i + 1) / (N_DRAWS + 1)
        law = binom(len(ranks), place)
        tails.append(2 * min(law.cdf(reached), law.sf(reached - 1)))
    assert compute_envelope(ranks[None], n_draws=N_DRAWS)[0] == pytest.approx(min(tails))


def test_calibrated_ranks_pass() -> None:
    """Ten quantities whose draws and truths share one law are not rejected."""
    ranks = {f"q{i}": draw_ranks(seed=100 + i) for i in range(10)}
    assert not any(test.is_rejected for test in judge_ranks(ranks, n_draws=N_DRAWS))


@pytest.mark.parametrize("fault", [{"spread": 1.4}, {"spread": 0.7}, {"shift": 0.35}])
def test_a_fault_is_rejected_by_both_tests(fault: dict[str, float]) -> None:
    """A posterior too narrow, too wide or shifted fails among ten that are right."""
    ranks = {f"q{i}": draw_ranks(seed=100 + i) for i in range(9)} | {
        "bad": draw_ranks(**fault, seed=99)
    }
    rejected = {(t.quantity, t.test) for t in judge_ranks(ranks, n_draws=N_DRAWS) if t.is_rejected}
    assert rejected == {("bad", "ECDF"), ("bad", "χ²")}


def test_twenty_ranks_on_one_side_are_rejected() -> None:
    """With few simulations a posterior that is far off still fails."""
    tests = judge_ranks({"bad": draw_ranks(shift=1.5, n=20)}, n_draws=N_DRAWS)
    assert all(test.is_rejected for test in tests)


@pytest.mark.parametrize("measure", [measure_ecdf, measure_chi_square])
def test_p_values_of_calibrated_ranks_are_uniform(measure: object) -> None:
    """Over many sets of uniform ranks the p-values are spread evenly."""
    rng = np.random.default_rng(4)
    sets = rng.integers(0, N_DRAWS + 1, size=(300, 200))
    assert callable(measure)
    p_values = [measure(ranks, n_draws=N_DRAWS) for ranks in sets]
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_holm_stops_at_the_first_that_is_kept() -> None:
    """One strong rejection makes room for no weak one."""
    ranks = {"bad": draw_ranks(shift=1.0), "fair": draw_ranks(seed=2)}
    tests = judge_ranks(ranks, n_draws=N_DRAWS)
    assert [t.is_rejected for t in tests] == [True, True, False, False]
