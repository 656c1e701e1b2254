"""Which of several models predicts best, and how they are mixed.

Belongs here: differences with their errors, stacking weights. Must not: fitting.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from mmm_orchestration.errors import ModelError
from mmm_orchestration.evaluation.loo import LooResult, estimate_se
from mmm_orchestration.insight.results import Array

CLEAR = 2.0
_STEPS = 10_000
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Standing:
    """One model against the best: `difference` in elpd is zero or less, `se` its standard error."""

    name: str
    elpd: float
    difference: float
    se: float
    weight: float

    @property
    def is_clearly_worse(self) -> bool:
        """Whether the difference is more than two standard errors."""
        return -self.difference > CLEAR * self.se


@dataclass(frozen=True)
class Comparison:
    """The models, best first."""

    standings: tuple[Standing, ...]

    def to_frame(self) -> pl.DataFrame:
        """One row per model, best first."""
        return pl.DataFrame(
            {
                "model": [s.name for s in self.standings],
                "elpd": [s.elpd for s in self.standings],
                "difference": [s.difference for s in self.standings],
                "se": [s.se for s in self.standings],
                "weight": [s.weight for s in self.standings],
            }
        )


def compare(models: Mapping[str, LooResult]) -> Comparison:
    """The models by leave-one-out; raises ModelError when they saw different points."""
    first, *others = models.values()
    for other in others:
        if not (np.array_equal(first.periods, other.periods) and first.geos == other.geos):
            raise ModelError(
                "Models are compared on the same points only",
                fix="Fit them on the same data",
            )
    return compare_points({name: loo.elpd_by_point for name, loo in models.items()})


def compare_points(by_point: Mapping[str, Array]) -> Comparison:
    """The models by log predictive densities (point,) of the same points, in or out of time.

    Differences are taken point by point before their standard error, as points are shared.
    """
    names = list(by_point)
    densities = np.column_stack([by_point[name] for name in names])
    weights = stack_weights(densities)
    totals = densities.sum(axis=0)
    best = int(totals.argmax())
    return Comparison(
        tuple(
            Standing(
                name=names[m],
                elpd=float(totals[m]),
                difference=float(totals[m] - totals[best]),
                se=estimate_se(densities[:, m] - densities[:, best]),
                weight=float(weights[m]),
            )
            for m in np.argsort(-totals, kind="stable")
        )
    )


def stack_weights(densities: Array) -> Array:
    """Weights of models that sum to one, shape (model,), from log densities (point, model).

    They maximise `Σ_i log Σ_m w_m exp(densities[i, m])`, which is concave, by the steps of EM:
    a weight becomes its model's mean part of the mixture. Yao, Vehtari, Simpson and Gelman (2018).
    """
    relative = np.exp(densities - densities.max(axis=1, keepdims=True))
    weights = np.full(densities.shape[1], 1 / densities.shape[1])
    for _ in range(_STEPS):
        parts = relative * weights
        new = (parts / parts.sum(axis=1, keepdims=True)).mean(axis=0)
        is_still = np.abs(new - weights).max() < _TOLERANCE
        weights = new
        if is_still:
            break
    return weights
