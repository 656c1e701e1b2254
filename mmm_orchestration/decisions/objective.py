"""What is made large: one number from what every draw gains, and its slope by each of them.

Belongs here: mean, quantile, CVaR and the probability of beating today. Must not: plans.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from mmm_orchestration.decisions.request import Objective
from mmm_orchestration.model.data import Array

# a quantile is the mean of what lies within this part of all draws around it
WINDOW = 0.04
# edges are smoothed over this part of the spread of what today's plan gains
SOFTNESS = 0.1
_STEPS = 50


@dataclass(frozen=True)
class Scored:
    """The value of an objective, and its derivative by the gain of each draw, shape (draw,)."""

    value: float
    weights: Array


def score(gains: Array, *, today: Array, objective: Objective) -> Scored:
    """The objective of `gains` (draw,); `today` (draw,) is what today's plan gains.

    Of the unit of `gains`, except `beat_today`, which is a probability. All but the mean are
    smoothed by logistic curves, so that they have a slope everywhere that changes gently.
    """
    width = SOFTNESS * float(today.std()) or SOFTNESS * (abs(float(today.mean())) or 1.0)
    match objective.kind:
        case "mean":
            return Scored(float(gains.mean()), np.full(len(gains), 1 / len(gains)))
        case "cvar":
            return _average_worst(gains, part=objective.level, width=width)
        case "quantile":
            low, high = (np.clip(objective.level + s * WINDOW / 2, 1e-3, 1) for s in (-1, 1))
            worst = [_average_worst(gains, part=part, width=width) for part in (low, high)]
            share = [-low / (high - low), high / (high - low)]
            value = sum(s * w.value for s, w in zip(share, worst, strict=True))
            slope = sum(s * w.weights for s, w in zip(share, worst, strict=True))
            return Scored(float(value), np.asarray(slope))
        case "beat_today":
            chance = expit((gains - today) / width)
            return Scored(float(chance.mean()), chance * (1 - chance) / (width * len(gains)))


def _average_worst(gains: Array, *, part: float, width: float) -> Scored:
    """The mean of the worst `part` of the gains: `max_t t − E[softplus(t − gain)] / part`.

    Rockafellar and Uryasev (2000), the hinge smoothed over `width`. The best `t` is where the
    weights add up to one; it is found by halving.
    """
    low, high = float(gains.min()) - 40 * width, float(gains.max()) + 40 * width
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        is_short = expit((middle - gains) / width).mean() < part
        low, high = (middle, high) if is_short else (low, middle)
    threshold = 0.5 * (low + high)
    lacking = width * np.logaddexp(0, (threshold - gains) / width)
    weights = expit((threshold - gains) / width) / (part * len(gains))
    return Scored(threshold - float(lacking.mean()) / part, weights)
