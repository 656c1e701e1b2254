"""Leave-one-out from the draws of one fit, through ArviZ, which is imported when it is called."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def smooth_weights(log_density: Array) -> tuple[Array, Array]:
    """Log predictive density of each point without it, and its Pareto k, both of shape (point,).

    `log_density` has shape (draw, point). Pareto-smoothed importance sampling, Vehtari, Gelman
    and Gabry (2017); the draws count as independent.
    """
    from arviz_stats.base.array import array_stats

    elpd, pareto_k, _ = array_stats.loo(log_density.T, chain_axis=None)  # type: ignore[no-untyped-call]
    return np.asarray(elpd), np.asarray(pareto_k)


def smooth_ratios(log_ratio: Array) -> tuple[Array, float]:
    """Weights of the draws, which sum to one, shape (draw,), and their Pareto k.

    `log_ratio` (draw,) is the log of how much more a draw counts than before. Vehtari et al.
    (2024), Pareto smoothed importance sampling.
    """
    from arviz_stats.base.array import array_stats

    smoothed, pareto_k = array_stats.psislw(-(log_ratio - log_ratio.max()))  # type: ignore[no-untyped-call]
    weights = np.exp(np.asarray(smoothed) - np.max(smoothed))
    return weights / weights.sum(), float(pareto_k)
