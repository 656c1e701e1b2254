"""Draws as a median with its interval.

Belongs here: the one way draws are summarised. Must not: what is summarised.
"""

import numpy as np

from mmm_orchestration.insight.results import INTERVAL, Array, Interval


def compute_interval(draws: Array) -> Interval:
    """Median and equal-tailed 94 % interval of `draws` (draw,)."""
    tail = (1 - INTERVAL) / 2
    low, median, high = np.quantile(draws, [tail, 0.5, 1 - tail])
    return Interval(median=float(median), low=float(low), high=float(high))
