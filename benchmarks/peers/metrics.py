"""How the answer of any engine is measured.

Belongs here: figures from draws, contributions and seconds. Must not: running anything.
"""

from dataclasses import dataclass

import numpy as np
from arviz_stats.base.array import array_stats

from benchmarks.peers.job import Array


@dataclass(frozen=True)
class Quality:
    """Worst bulk ESS and R-hat over the parameters, each with the parameter it belongs to."""

    min_ess: float
    min_ess_of: str
    max_r_hat: float
    max_r_hat_of: str
    n_parameters: int


def measure_quality(draws: Array, *, names: list[str]) -> Quality:
    """The worst over the columns of `draws`, shape (chain, draw, parameter).

    Rank-normalised bulk ESS and split R-hat (Vehtari et al. 2021), as the published benchmark
    uses them. A parameter whose draws are all one number is fixed by its model and left out; any
    other whose measure cannot be computed is the worst there is. ValueError when nothing is left.
    """
    is_free = (draws != draws[:1, :1]).any(axis=(0, 1))
    if not is_free.any():
        raise ValueError("no parameter varies")
    free = np.moveaxis(draws[:, :, is_free].astype(float), -1, 0)
    kept = [name for name, free in zip(names, is_free, strict=True) if free]
    ess = np.asarray(array_stats.ess(free, method="bulk"))  # type: ignore[no-untyped-call]
    r_hat = np.asarray(array_stats.rhat(free))  # type: ignore[no-untyped-call]
    ess = np.where(np.isfinite(ess), ess, 0.0)
    r_hat = np.where(np.isfinite(r_hat), r_hat, np.inf)
    low, high = int(ess.argmin()), int(r_hat.argmax())
    return Quality(
        min_ess=float(ess[low]),
        min_ess_of=kept[low],
        max_r_hat=float(r_hat[high]),
        max_r_hat_of=kept[high],
        n_parameters=len(kept),
    )


def measure_srmse(found: Array, *, truth: Array) -> float:
    """Mean over geos and channels of RMSE over dates by mean true contribution.

    Both have shape (date, geo, channel), KPI units, `found` being posterior means. A channel that
    truly brought nothing in a geo has no such figure there and is left out.
    """
    if found.shape != truth.shape:
        raise ValueError(f"contributions of shape {found.shape}, the truth has {truth.shape}")
    rmse = np.sqrt(((found - truth) ** 2).mean(axis=0))
    mean = np.abs(truth.mean(axis=0))
    is_measured = mean > 0
    return float((rmse[is_measured] / mean[is_measured]).mean())


def compare_rates(own: float, *, peers: list[float]) -> float | None:
    """How many times the best peer's rate the own rate is; None without any peer."""
    best = max(peers, default=0.0)
    return own / best if best > 0 else None


def compare_errors(own: float, *, peers: list[float]) -> float | None:
    """The own error as a part of the best peer's; below one is better, None without any peer."""
    best = min(peers, default=0.0)
    return own / best if best > 0 else None
