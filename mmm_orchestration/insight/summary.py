"""A posterior in the words and numbers of the report.

Belongs here: intervals, ROI, fit, provenance. Must not: rendering, PyMC.
"""

from collections.abc import Mapping

import numpy as np

from mmm_orchestration.evaluation.metrics import score_draws
from mmm_orchestration.insight.contributions import (
    NUDGE,
    Contributions,
    compute_contributions,
    iterate_channels,
)
from mmm_orchestration.insight.curves import compute_curves
from mmm_orchestration.insight.doubts import describe_baseline, describe_doubts
from mmm_orchestration.insight.experiments import compare_experiments
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import (
    INTERVAL,
    Array,
    ChannelResult,
    ContributionSeries,
    FitMetrics,
    Provenance,
    RoiResults,
)
from mmm_orchestration.insight.rollups import (
    roll_up,
    summarise_pairs,
    summarise_treatments,
)
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.priors import get_prior

MOSTLY_COME = 0.9


def summarise(
    posterior: Posterior,
    *,
    model_version: str,
    delta_versions: Mapping[str, int],
    code_version: str,
    fitted_at: str,
) -> RoiResults:
    """Everything the ROI report says, from saved draws alone."""
    parts = compute_contributions(posterior, interval=INTERVAL)
    data = posterior.data
    baseline_share = compute_interval(parts.baseline_total / data.kpi_total.sum())
    below_zero = float((parts.baseline_mean < 0).mean())
    channels = summarise_channels(posterior, parts=parts)
    return RoiResults(
        provenance=describe_provenance(
            posterior,
            model_version=model_version,
            delta_versions=delta_versions,
            code_version=code_version,
            fitted_at=fitted_at,
        ),
        channels=channels,
        baseline_share=baseline_share,
        curves=compute_curves(posterior),
        series=build_series(posterior, parts=parts),
        fit=measure_fit(data, parts=parts),
        convergence=posterior.diagnostics.to_metrics(),
        notes=(*data.notes, *describe_baseline(baseline_share, part_below_zero=below_zero)),
        experiments=compare_experiments(posterior),
        rollups=(
            *roll_up(
                channels,
                total=parts.total,
                project=posterior.project,
                kpi_total=float(data.kpi_total.sum()),
                value=posterior.project.kpi.value,
            ),
            *summarise_pairs(posterior),
            *summarise_treatments(posterior),
        ),
    )


def summarise_channels(posterior: Posterior, *, parts: Contributions) -> tuple[ChannelResult, ...]:
    """One result per channel; ROI where it has spend.

    ROI is contribution over spend, carry-over within the window included. Marginal ROI is what
    one per cent more of the channel in every period would bring per unit of that spend.
    """
    data, value = posterior.data, posterior.project.kpi.value
    spent = np.where(data.is_observed[:, :, None], data.spend, 0.0).sum(axis=(0, 1))
    has_spend = data.has_spend & (np.nan_to_num(spent) > 0)
    spend = [float(s) if has else None for s, has in zip(spent, has_spend, strict=True)]
    roi = [
        compute_interval(value * parts.total[:, c] / s) if s else None for c, s in enumerate(spend)
    ]
    extra = value * (parts.nudged - parts.total)
    marginal = [
        compute_interval(extra[:, c] / (NUDGE * s)) if s else None for c, s in enumerate(spend)
    ]
    priors = [get_prior(posterior.project, channel=c) for c in data.channels]
    doubts = describe_doubts(
        channels=data.channels,
        total=parts.total,
        kpi_total=float(data.kpi_total.sum()),
        prior_log_sd=np.array([p.log_sd for p in priors]),
        is_on=(data.exposure.sum(axis=1) > 0).mean(axis=0),
        roi=roi,
    )
    carry_over = compute_carry_over_days(posterior)
    return tuple(
        ChannelResult(
            channel=channel,
            spend=spend[c],
            contribution=compute_interval(parts.total[:, c]),
            share=compute_interval(parts.total[:, c] / data.kpi_total.sum()),
            roi=roi[c],
            marginal_roi=marginal[c],
            carry_over_days=compute_interval(carry_over[:, c]),
            doubt=doubts[c],
        )
        for c, channel in enumerate(data.channels)
    )


def compute_carry_over_days(posterior: Posterior) -> Array:
    """Days until 90 % of an exposure's effect has come, shape (draw, channel).

    A whole number of periods; zero where that much comes in the period of the exposure.
    """
    plan = posterior.plan
    lags = []
    for channel in iterate_channels(posterior):
        kernel = plan.kernel_of(channel.position, unknowns=channel.unknowns)
        lags.append(np.argmax(kernel.cumsum(axis=0) >= MOSTLY_COME, axis=0))
    days: Array = np.column_stack(lags).astype(float) * posterior.data.period_days
    return days


def build_series(posterior: Posterior, *, parts: Contributions) -> ContributionSeries:
    """The KPI over time, taken apart: all geos together, where they are observed."""
    data = posterior.data
    return ContributionSeries(
        periods=data.periods,
        period_days=data.period_days,
        channels=data.channels,
        kpi=data.kpi_total,
        baseline=parts.baseline_mean,
        media=parts.media_mean,
        fit=parts.fit_mean,
        fit_low=parts.fit_low,
        fit_high=parts.fit_high,
    )


def measure_fit(data: ModelData, *, parts: Contributions) -> FitMetrics:
    """Scores of the predictive draws on the periods in which some geo is observed."""
    is_seen = data.is_observed.any(axis=1)
    kpi = np.where(is_seen, data.kpi_total, np.nan)
    scores = score_draws(kpi, draws=parts.predicted, mean=parts.fit_mean)
    return FitMetrics(
        r2=scores.r2,
        mape=scores.mape,
        wmape=scores.wmape,
        coverage=scores.coverage_94,
        rmse=scores.rmse,
        crps=scores.crps,
        coverage_50=scores.coverage_50,
        coverage_80=scores.coverage_80,
    )


def describe_provenance(
    posterior: Posterior,
    *,
    model_version: str,
    delta_versions: Mapping[str, int],
    code_version: str,
    fitted_at: str,
) -> Provenance:
    """Where the numbers come from."""
    data, project = posterior.data, posterior.project
    last = data.periods[-1] + np.timedelta64(data.period_days - 1, "D")
    return Provenance(
        project=project.title,
        kpi=project.kpi.name,
        kpi_unit=project.kpi.unit or project.currency,
        currency=project.currency,
        model_version=model_version,
        snapshot=data.snapshot,
        delta_versions=dict(delta_versions),
        first_day=str(data.periods[0]),
        trained_through=str(last),
        n_periods=data.n_periods,
        grain=project.model.grain,
        n_draws=posterior.draws.sizes["chain"] * posterior.draws.sizes["draw"],
        seed=posterior.seed,
        code_version=code_version,
        fitted_at=fitted_at,
        value_per_unit=project.kpi.value_per_unit if project.kpi.kind == "units" else None,
    )
