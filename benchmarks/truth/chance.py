"""Whether misses over several draws of a world are more than its intervals allow.

Belongs here: the rule. Must not: fits, worlds.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from benchmarks.truth.score import ChannelScore
from mmm_orchestration.insight.results import INTERVAL

REPEATS = 5
LEVEL = 0.05


def is_beyond_chance(fits: Sequence[Sequence[ChannelScore]], *, level: float = LEVEL) -> bool:
    """Whether the misses of `fits`, each with one score per channel, are too many for chance.

    An interval misses with probability `1 - INTERVAL`; the number of misses of one channel, and of
    all together, is binomial. Half of `level` goes to all together, half to the channels by
    Bonferroni.
    """
    missed = np.array([[not score.is_right for score in scores] for scores in fits])
    n_fits, n_channels = missed.shape
    whole = binom.sf(missed.sum() - 1, missed.size, 1 - INTERVAL)
    each = binom.sf(missed.sum(axis=0) - 1, n_fits, 1 - INTERVAL)
    return bool(whole < level / 2 or each.min() < level / (2 * n_channels))
