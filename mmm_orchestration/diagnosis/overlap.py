"""Before a fit: whether the data have room for the model, and exposures lives of their own.

Belongs here: rows, controls, collinearity, variation. Must not: what drives an exposure.
"""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.diagnosis.least_squares import correlate, inflate_variance
from mmm_orchestration.diagnosis.observed import Observed
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.diagnosis.words import join_names, join_pairs
from mmm_orchestration.quality.finding import Finding


def find_too_few_rows(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Fewer observed periods per unknown than an answer needs."""
    parts = observed.parts
    n_rows = int(observed.data.is_observed.sum())
    n_unknowns = (
        len(parts.design.columns)
        + len(observed.data.channels)
        + sum(len(unknown.channels) for unknown in parts.plan.unknowns)
        + len(observed.data.geos)
    )
    ratio = n_rows / n_unknowns
    if ratio >= limits.rows_per_unknown:
        return
    is_fatal = ratio < limits.min_rows_per_unknown
    yield Finding(
        severity="critical" if is_fatal else "warning",
        cause="too_few_rows",
        table="gold_kpi_daily",
        message=f"{n_rows} observed periods stand against {n_unknowns} unknowns of the model, "
        f"{ratio:.1f} for each. "
        + ("Nothing but the priors can decide." if is_fatal else "Answers lean on the priors."),
        fix="Wait for more periods, model by geo or day, or take out channels, controls, holidays "
        "and seasons.",
        numbers={"n_rows": n_rows, "n_unknowns": n_unknowns, "rows_per_unknown": ratio},
    )


def find_many_controls(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """More controls than the periods can carry."""
    n_controls, n_periods = len(observed.data.control_names), observed.data.n_periods
    if n_controls and n_periods < limits.rows_per_control * n_controls:
        yield Finding(
            severity="warning",
            cause="many_controls",
            table="gold_controls_daily",
            message=f"{n_controls} controls share {n_periods} periods. By chance alone they "
            f"explain about {min(1.0, n_controls / n_periods):.0%} of the KPI, and take it from "
            "the media.",
            fix="Keep the controls that drive the KPI by reason, not by fit; merge those that "
            "say the same.",
            numbers={"n_controls": n_controls, "n_periods": n_periods},
        )


def find_collinear_exposure(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Groups of channels whose exposure moves as one beyond trend and season."""
    beyond = observed.stack(observed.exposure)
    n_channels = beyond.shape[1]
    strength = {
        (a, b): correlate(beyond[:, a], beyond[:, b])
        for a in range(n_channels)
        for b in range(a + 1, n_channels)
    }
    pairs = [pair for pair, r in strength.items() if abs(r) >= limits.correlation]
    for group in join_pairs(pairs):
        own = [abs(strength[p]) for p in pairs if p[0] in group]
        names = [observed.data.channels[c] for c in group]
        yield Finding(
            severity="warning",
            cause="collinear_channels",
            table="gold_media_daily",
            message=f"The exposures of {join_names(names)} move as one: beyond trend and season "
            f"they correlate {min(own):.2f} to {max(own):.2f}. Read their sum.",
            fix="Read the sum of the group, merge the channels, or vary one of them alone for a "
            "few weeks.",
            channel=names[0],
            numbers={"n_channels": len(group), "correlation": max(own)},
        )


def find_high_vif(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels and controls that are nearly a sum of the baseline and all others."""
    data = observed.data
    columns = np.concatenate([observed.response, observed.baseline], axis=2)
    seen = data.is_observed
    inflation = inflate_variance(columns[seen])
    names = (*data.channels, *observed.parts.design.columns)
    n_channels = len(data.channels)
    groups = observed.parts.design.groups
    for i, (name, vif) in enumerate(zip(names, inflation, strict=True)):
        is_channel = i < n_channels
        if vif < limits.vif or not (is_channel or groups[i - n_channels] == "control"):
            continue
        kind = "Channel" if is_channel else "Control"
        yield Finding(
            severity="warning" if is_channel else "info",
            cause="high_vif",
            table="gold_media_daily" if is_channel else "gold_controls_daily",
            message=f"{kind} '{name}' is {1 - 1 / vif:.0%} explained by the other channels and the "
            f"baseline: the variance of its effect is inflated {vif:.0f} times.",
            fix="Vary it apart from the others, or take out what says the same.",
            channel=name if is_channel else None,
            numbers={"vif": float(vif)},
        )


def find_low_variation(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels that hardly vary beyond trend and season, or are hardly ever on."""
    beyond = observed.stack(observed.exposure)
    seen = observed.data.is_observed
    for c, name in enumerate(observed.data.channels):
        own = observed.exposure[..., c][seen]
        variation = float(beyond[:, c].std() / max(own.mean(), 1e-300))
        n_on = int((own > 0).sum())
        if variation >= limits.own_variation and n_on >= limits.periods_on:
            continue
        what = (
            f"is on in {n_on} periods only"
            if n_on < limits.periods_on
            else f"varies by {variation:.1%} of its mean beyond trend and season"
        )
        yield Finding(
            severity="warning",
            cause="low_spend_variation",
            table="gold_media_daily",
            message=f"Exposure of '{name}' {what}. Its effect cannot be told from the baseline.",
            fix="Switch it off or double it for some weeks, in some places; until then its return "
            "is the prior's.",
            channel=name,
            numbers={"variation": variation, "n_on": n_on},
        )
