"""Whether ranks are uniform, as simulation-based calibration asks.

Belongs here: two tests of one set of ranks, and many sets judged together. Must not: fits.
Ranks run from 0 to `n_draws`: how many of the draws lie below the truth (Talts et al. 2018).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

Array = NDArray[np.float64]
Ranks = NDArray[np.int64]

LEVEL = 0.05
N_NULL = 20_000
BINS = (20, 10, 5, 4)
LEAST_PER_BIN = 5


@dataclass(frozen=True)
class RankTest:
    """One test of one quantity: its p-value, and what Holm's method makes of it among all."""

    quantity: str
    test: str
    p_value: float
    is_rejected: bool


def compute_envelope(ranks: Ranks, *, n_draws: int) -> Array:
    """How near the ECDF of each set comes to the edge of what is likely, shape (set,).

    `ranks` has shape (set, simulation). The smallest pointwise tail probability, doubled:

        gamma = 2 min_i min(P(B_i ≤ R_i), P(B_i ≥ R_i)),  B_i ~ Binomial(n, (i + 1) / (n_draws + 1))

    with R_i the number of ranks up to i (equation 13 of Säilynoja et al. 2022).
    """
    n = ranks.shape[1]
    place = np.arange(1, n_draws + 1) / (n_draws + 1)
    below = binom.cdf(np.arange(n + 1)[:, None], n, place)
    at_least = 1 - np.vstack([np.zeros(n_draws), below[:-1]])
    smaller = 2 * np.minimum(below, at_least)
    counts = np.stack([np.bincount(own, minlength=n_draws + 1) for own in ranks])
    reached = counts.cumsum(axis=1)[:, :n_draws]
    nearest: Array = smaller[reached, np.arange(n_draws)].min(axis=1)
    return nearest


@cache
def _simulate_envelope(n: int, n_draws: int) -> tuple[float, ...]:
    """Sorted envelopes of sets of `n` ranks that are uniform indeed."""
    rng = np.random.default_rng(20_220_101)
    uniform = rng.integers(0, n_draws + 1, size=(N_NULL, n))
    return tuple(np.sort(compute_envelope(uniform, n_draws=n_draws)).tolist())


def measure_ecdf(ranks: Ranks, *, n_draws: int) -> float:
    """The p-value of the ECDF: below p it leaves simultaneous bands of level 1 - p.

    `ranks` has shape (simulation,); the bands are simulated (algorithm 1 of Säilynoja et al. 2022).
    """
    observed = compute_envelope(ranks[None], n_draws=n_draws)[0]
    null = np.array(_simulate_envelope(len(ranks), n_draws))
    return float((1 + (null <= observed * (1 + 1e-9)).sum()) / (1 + len(null)))


def measure_chi_square(ranks: Ranks, *, n_draws: int) -> float:
    """The p-value of Pearson's χ² of the ranks in equal bins, at least five expected in each.

    `n_draws + 1` must be a multiple of every number of bins, and the ranks at least twenty.
    """
    (n_bins, *_) = (b for b in BINS if len(ranks) >= LEAST_PER_BIN * b)
    if (n_draws + 1) % n_bins:
        raise ValueError(f"{n_draws + 1} ranks do not fill {n_bins} bins evenly")
    counts = np.bincount(ranks * n_bins // (n_draws + 1), minlength=n_bins)
    expected = len(ranks) / n_bins
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), n_bins - 1))


def judge_ranks(
    ranks: Mapping[str, Sequence[int]], *, n_draws: int, level: float = LEVEL
) -> tuple[RankTest, ...]:
    """Both tests of every quantity, the least likely first, judged together by Holm (1979)."""
    values = [
        (measure(np.asarray(own), n_draws=n_draws), quantity, name)
        for quantity, own in ranks.items()
        for name, measure in (("ECDF", measure_ecdf), ("χ²", measure_chi_square))
    ]
    tests, is_open = [], True
    for place, (p_value, quantity, name) in enumerate(sorted(values)):
        is_open = is_open and p_value <= level / (len(values) - place)
        tests.append(RankTest(quantity, name, p_value, is_rejected=is_open))
    return tuple(tests)
