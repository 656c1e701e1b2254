"""After a fit: whether a channel's effect is steady and its curve right.

Belongs here: residuals against a channel's own response. Must not: priors.
"""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.diagnosis.fitted import Fitted
from mmm_orchestration.diagnosis.least_squares import Array, scan
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding


def find_drift(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels whose effect grows, fades or swings over the window."""
    view = fitted.whole
    time = np.linspace(-1, 1, len(view.residual))
    bends = np.column_stack([time, (3 * time**2 - 1) / 2, (5 * time**3 - 3 * time) / 2])
    for c, name in enumerate(fitted.channels):
        block = view.contribution[:, [c]] * bends
        found = scan(view.residual, basis=view.basis, blocks=[block])
        change = bends @ found.coefficients if found.coefficients.size else np.zeros(1)
        swing = float(change.max() - change.min())
        if found.p * len(fitted.channels) > limits.by_chance or swing < limits.drift:
            continue
        yield Finding(
            severity="warning",
            cause="effect_drift",
            table="posterior",
            message=f"The effect of '{name}' is not steady: against its mean it changes by about "
            f"{change[0]:+.0%} at the start and {change[-1]:+.0%} at the end (p = {found.p:.1g}). "
            "Its ROI is an average that holds at no time.",
            fix="Fit a shorter window, or split the channel where its creative, target or price "
            "changed.",
            channel=name,
            numbers={"start": float(change[0]), "end": float(change[-1]), "p": found.p},
        )


def find_bends(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels whose residuals bend with the level of their response."""
    view = fitted.whole
    for c, name in enumerate(fitted.channels):
        level = view.contribution[:, c]
        if level.std() <= 0:
            continue
        block = _bend(level / level.max())
        found = scan(view.residual, basis=view.basis, blocks=[block])
        bent = block @ found.coefficients if found.coefficients.size else np.zeros(1)
        size = float(np.std(bent) / level.mean())
        if found.p * len(fitted.channels) > limits.by_chance or size < limits.bend:
            continue
        yield Finding(
            severity="warning",
            cause="curve_misfit",
            table="posterior",
            message=f"The response curve of '{name}' has the wrong form: residuals bend with its "
            f"level and explain {found.r2:.0%} of what is left (p = {found.p:.1g}). Its marginal "
            "ROI is off most.",
            fix="Choose another saturation for the channel in mmm.yaml and compare.",
            channel=name,
            numbers={"size": size, "r2": found.r2, "p": found.p},
        )


def _bend(level: Array) -> Array:
    """Three smooth bends over levels from zero to one, (row, 3)."""
    return np.column_stack([level**2, level**3, np.sqrt(np.maximum(level, 0))])
