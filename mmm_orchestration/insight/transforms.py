"""Adstock and saturation on NumPy draws: the twins of `model.transforms`.

Belongs here: the same equations without PyMC, so that a saved posterior can answer alone.
"""

import numpy as np

from mmm_orchestration.insight.results import Array


def compute_kernel(alpha: Array, *, max_lag: int) -> Array:
    """Weights of each lag, `alpha^l / Σ alpha^l`, shape (draw, lag); alpha = 0 is lag 0 alone."""
    weights = alpha[:, None] ** np.arange(max_lag + 1)
    normalised: Array = weights / weights.sum(axis=1, keepdims=True)
    return normalised


def compute_adstock(exposure: Array, *, alpha: Array, max_lag: int) -> Array:
    """Carried-over exposure, shape (draw, date), from `exposure` (date,) and `alpha` (draw,).

    Exposure before the first period is taken as zero.
    """
    padded = np.concatenate([np.zeros(max_lag), exposure])
    lagged = np.lib.stride_tricks.sliding_window_view(padded, len(exposure))[::-1]
    adstock: Array = compute_kernel(alpha, max_lag=max_lag) @ np.ascontiguousarray(lagged)
    return adstock


def compute_saturation(adstock: Array, *, half: Array, slope: Array) -> Array:
    """`a^slope / (a^slope + half^slope)`, shape (draw, date) with `half`, `slope` (draw,)."""
    power = (adstock / half[:, None]) ** slope[:, None]
    saturation: Array = power / (1 + power)
    return saturation
