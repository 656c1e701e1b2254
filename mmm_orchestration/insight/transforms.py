"""Adstock and saturation on NumPy draws: the twins of `model.transforms`.

Belongs here: the same equations without PyMC, so that a saved posterior can answer alone.
"""

import numpy as np

from mmm_orchestration.insight.results import Array


def spread_steps(max_lag: int, *, period_days: int, step_days: int) -> Array:
    """Which part of what comes `k` steps after an exposure falls `l` periods after its own.

    Shape (lag, step), for exposure spread evenly over its period; the unit matrix where a step
    is a period. The steps reach as far as the periods, `max_lag` of them after the first.
    """
    days = np.arange(0, (max_lag + 1) * period_days, step_days)
    starts = np.arange(max_lag + 1)[:, None] * period_days
    spread: Array = np.maximum(0.0, 1 - np.abs(days - starts) / period_days)
    return spread


def compute_kernel(alpha: Array, *, spread: Array) -> Array:
    """Weights of each lag, shape (draw, lag), summing to one, from retention per step (draw,).

    alpha = 0 is lag 0 alone.
    """
    weights = alpha[:, None] ** np.arange(spread.shape[1]) @ spread.T
    normalised: Array = weights / weights.sum(axis=1, keepdims=True)
    return normalised


def compute_adstock(exposure: Array, *, alpha: Array, spread: Array) -> Array:
    """Carried-over exposure, shape (draw, date), from `exposure` (date,) and `alpha` (draw,).

    Exposure before the first period is taken as zero.
    """
    padded = np.concatenate([np.zeros(len(spread) - 1), exposure])
    lagged = np.lib.stride_tricks.sliding_window_view(padded, len(exposure))[::-1]
    adstock: Array = compute_kernel(alpha, spread=spread) @ np.ascontiguousarray(lagged)
    return adstock


def compute_saturation(adstock: Array, *, half: Array, slope: Array) -> Array:
    """`a^slope / (a^slope + half^slope)`, shape (draw, date) with `half`, `slope` (draw,)."""
    power = (adstock / half[:, None]) ** slope[:, None]
    saturation: Array = power / (1 + power)
    return saturation
