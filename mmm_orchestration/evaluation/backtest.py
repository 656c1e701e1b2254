"""Rolling-origin cross-validation: fit on the past, score what came next, move on.

Belongs here: the loop over folds and its results. Must not: cutting (`folds`), scores (`metrics`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from mmm_orchestration.evaluation.folds import (
    HORIZON_DAYS,
    N_FOLDS,
    Fold,
    choose_origins,
    cut_fold,
)
from mmm_orchestration.evaluation.metrics import Scores, score_draws
from mmm_orchestration.evaluation.predict import (
    average_density,
    compute_log_density,
    predict_kpi,
    sum_geos,
)
from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.insight.results import INTERVAL, Array, Days, Interval
from mmm_orchestration.insight.summary import summarise_channels
from mmm_orchestration.model.convergence import Diagnostics, evaluate_convergence
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project

Progress = Callable[[int, int], None]
RATIO_OF_STABLE = 2.0


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What was predicted from one origin and what came.

    `periods` and `kpi` have shape (date,) and `draws` (draw, date), all observed geos together;
    `scores` are of them and `geo_scores` of the single geos.
    `log_density` (point,) is that of each observed period and geo. `reasons` says why the fit
    did not converge, `roi` is of the known periods.
    """

    origin: str
    n_known: int
    periods: Days
    kpi: Array
    draws: Array
    scores: Scores
    geo_scores: Scores
    log_density: Array
    roi: Mapping[str, Interval]
    diagnostics: Diagnostics
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The folds, earliest first; `scores` are of all their periods together."""

    horizon: int
    folds: tuple[FoldResult, ...]
    scores: Scores
    notes: tuple[str, ...]

    @property
    def log_density(self) -> Array:
        """Log predictive density of every point of every fold, shape (point,)."""
        return np.concatenate([fold.log_density for fold in self.folds])

    def to_frame(self) -> pl.DataFrame:
        """One row per fold: its scores, elpd per point and the median ROI of each channel."""
        channels = sorted({name for fold in self.folds for name in fold.roi})
        return pl.DataFrame(
            [
                {
                    "origin": fold.origin,
                    "n_known": fold.n_known,
                    **fold.scores.to_metrics(),
                    "elpd_per_point": float(fold.log_density.mean()),
                    "is_converged": not fold.reasons,
                    **{f"roi_{c}": fold.roi[c].median if c in fold.roi else None for c in channels},
                }
                for fold in self.folds
            ]
        )


def cross_validate(
    data: ModelData,
    *,
    project: Project,
    horizon: int | None = None,
    n_folds: int = N_FOLDS,
    progress: Progress | None = None,
) -> CrossValidation:
    """Scores of `n_folds` forecasts, each of the next `horizon` periods, by default eight weeks.

    A fit sees no KPI from its origin on and no scale of later periods; it knows exposure and
    controls of the horizon as planned. `progress` is told folds done and in all. Raises
    ModelError where the data are too few.
    """
    horizon = horizon or max(1, HORIZON_DAYS // data.period_days)
    origins = choose_origins(data, n_folds=n_folds, horizon=horizon)
    folds = []
    for done, origin in enumerate(origins):
        if progress is not None:
            progress(done, len(origins))
        folds.append(score_fold(cut_fold(data, origin=origin, horizon=horizon), project=project))
    if progress is not None:
        progress(len(origins), len(origins))
    draws = np.concatenate([fold.draws for fold in folds], axis=1)
    found = CrossValidation(
        horizon=horizon,
        folds=tuple(folds),
        scores=score_draws(np.concatenate([fold.kpi for fold in folds]), draws=draws),
        notes=(),
    )
    short = n_folds - len(origins)
    missing = (
        [f"{short} of {n_folds} origins are left out: too few periods lie before them."]
        if short
        else []
    )
    return CrossValidation(
        horizon, found.folds, found.scores, notes=(*missing, *describe_folds(found))
    )


def score_fold(fold: Fold, *, project: Project) -> FoldResult:
    """One fit on the known periods and its scores on the horizon."""
    from mmm_orchestration.model.fit import fit

    posterior = fit(fold.data, project=project)
    ahead = slice(fold.n_known, None)
    draws, kpi = predict_kpi(posterior)[:, ahead], fold.kpi[ahead]
    is_observed = ~np.isnan(kpi)
    total = sum_geos(kpi, is_observed=is_observed)
    total_draws = np.where(is_observed, draws, 0.0).sum(axis=2)
    judged = evaluate_convergence(posterior.diagnostics, gates=project.gates)
    return FoldResult(
        origin=fold.origin,
        n_known=fold.n_known,
        periods=fold.data.periods[ahead],
        kpi=total,
        draws=total_draws,
        scores=score_draws(total, draws=total_draws),
        geo_scores=score_draws(kpi[is_observed], draws=draws[:, is_observed]),
        log_density=average_density(compute_log_density(posterior, kpi=fold.kpi)),
        roi=_measure_roi(posterior),
        diagnostics=posterior.diagnostics,
        reasons=judged.reasons,
        notes=fold.data.notes,
    )


def _measure_roi(posterior: Posterior) -> Mapping[str, Interval]:
    parts = compute_contributions(posterior, interval=INTERVAL)
    channels = summarise_channels(posterior, parts=parts)
    return {c.channel: c.roi for c in channels if c.roi is not None}


def describe_folds(found: CrossValidation) -> tuple[str, ...]:
    """In words: folds that did not converge, what they left out, and ROI that does not hold."""
    notes = [f"From {f.origin}: {r}" for f in found.folds for r in (*f.reasons, *f.notes)]
    by_channel: dict[str, list[float]] = {}
    for fold in found.folds:
        for channel, roi in fold.roi.items():
            by_channel.setdefault(channel, []).append(roi.median)
    for channel, medians in by_channel.items():
        if max(medians) > RATIO_OF_STABLE * min(medians):
            notes.append(
                f"The ROI of '{channel}' does not hold: from origin to origin it goes from "
                f"{min(medians):.2g} to {max(medians):.2g}."
            )
    return tuple(notes)
