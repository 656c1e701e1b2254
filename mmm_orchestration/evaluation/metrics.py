"""How far predictive draws lie from what came.

Belongs here: scores of draws against values. Must not: posteriors, fitting.
"""

from dataclasses import asdict, dataclass

import numpy as np

from mmm_orchestration.insight.results import Array

LEVELS = (0.5, 0.8, 0.94)


@dataclass(frozen=True)
class Scores:
    """Scores of the mean (r2, mape, wmape, rmse) and of the whole prediction (crps, coverage).

    `rmse` and `crps` are in units of the values, `coverage_50` and so on the part of the values
    inside the equal-tailed interval. A score without a value to judge is nan.
    """

    n: int
    r2: float
    mape: float
    wmape: float
    rmse: float
    crps: float
    coverage_50: float
    coverage_80: float
    coverage_94: float

    def to_metrics(self) -> dict[str, float]:
        """The scores by name."""
        return {name: float(value) for name, value in asdict(self).items()}


def score_draws(value: Array, *, draws: Array, mean: Array | None = None) -> Scores:
    """The scores of predictive `draws` (draw, point) against `value` (point,).

    `mean` (point,) is what is expected where it is known better than as the mean of the draws.
    Points whose value is nan are left out; MAPE also leaves out values of zero.
    """
    is_known = ~np.isnan(value)
    mean = (draws.mean(axis=0) if mean is None else mean)[is_known]
    value, draws = value[is_known], draws[:, is_known]
    n = len(value)
    if n == 0:
        return Scores(0, *[float("nan")] * 8)
    error = np.abs(value - mean)
    is_some = value != 0
    coverage = [float(cover(value, draws=draws, level=level).mean()) for level in LEVELS]
    return Scores(
        n=n,
        r2=_divide(-(error**2).sum(), ((value - value.mean()) ** 2).sum()) + 1,
        mape=_divide((error[is_some] / np.abs(value[is_some])).sum(), is_some.sum()),
        wmape=_divide(error.sum(), np.abs(value).sum()),
        rmse=float(np.sqrt((error**2).mean())),
        crps=float(compute_crps(value, draws=draws).mean()),
        coverage_50=coverage[0],
        coverage_80=coverage[1],
        coverage_94=coverage[2],
    )


def cover(value: Array, *, draws: Array, level: float) -> Array:
    """One where the equal-tailed interval of `draws` (draw, point) holds `value` (point,), or 0."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    inside: Array = ((low <= value) & (value <= high)).astype(float)
    return inside


def compute_crps(value: Array, *, draws: Array) -> Array:
    """The continuous ranked probability score of each point, shape (point,); zero is perfect.

    `mean |x - y| - ½ mean |x - x'|` over all pairs of draws, from one sort. Gneiting and Raftery
    (2007), equation 21.
    """
    n = len(draws)
    ordered = np.sort(draws, axis=0)
    weight = 2 * np.arange(1, n + 1) - n - 1
    half_spread = (weight[:, None] * ordered).sum(axis=0) / n**2
    score: Array = np.abs(draws - value).mean(axis=0) - half_spread
    return score


def _divide(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
