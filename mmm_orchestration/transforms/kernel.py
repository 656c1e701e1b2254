"""From the days an effect takes to the periods it falls into, and exposure carried over.

Belongs here: kernels of whole periods. Must not: how one family fades (see `adstock`).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mmm_orchestration.transforms.family import Adstock, Functions, Values

Array = NDArray[np.float64]


def spread_steps(max_lag: int, *, period_days: int, step_days: int) -> Array:
    """Which part of what comes `k` steps after an exposure falls `l` periods after its own.

    Shape (lag, step), for exposure spread evenly over its period; the unit matrix where a step
    is a period. The steps reach as far as the periods, `max_lag` of them after the first.
    """
    days = np.arange(0, (max_lag + 1) * period_days, step_days)
    starts = np.arange(max_lag + 1)[:, None] * period_days
    spread: Array = np.maximum(0.0, 1 - np.abs(days - starts) / period_days)
    return spread


def build_kernel(
    family: "Adstock",
    spread: "Values",
    xp: "Functions",
    *,
    step_days: "Values",
    **unknowns: "Values",
) -> "Values":
    """Weights of each lag in periods, shape (lag, n), summing to one; unknowns have shape (n,).

    `w[l] ∝ Σ_k spread[l, k] fade(k)`. Effects beyond the last lag are cut off.
    """
    steps = xp.arange(spread.shape[1], dtype="float64")[:, None]
    faded = family.fade(steps, xp, step_days=step_days, **unknowns)
    kernel = (spread[:, :, None] * faded[None, :, :]).sum(axis=1)
    return kernel / kernel.sum(axis=0)


def carry_over(exposure: Array, *, kernel: Array) -> Array:
    """Exposure `(…, history + date)` carried over by kernels (lag, draw), shape (draw, …, date).

    The first `len(kernel) - 1` exposures are history: they work on, and are not returned.
    """
    windows = np.lib.stride_tricks.sliding_window_view(exposure, len(kernel), axis=-1)
    carried: Array = np.moveaxis(windows @ kernel[::-1], -1, 0)
    return carried
