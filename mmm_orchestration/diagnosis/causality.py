"""Before a fit: what an exposure follows, and what follows it.

Belongs here: reverse causality, promotions planned with media, controls that media cause.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.diagnosis.least_squares import (
    Array,
    build_basis,
    correlate,
    take_out,
    test_block,
)
from mmm_orchestration.diagnosis.observed import Observed
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding

_N_LAGS = 2
Flags = NDArray[np.bool_]


def find_followed_kpi(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels whose exposure past KPI predicts, beyond baseline, media and their own past.

    The KPI enters without what baseline and media explain of it, so that what an earlier exposure
    brought does not count. Granger (1969), with roots of the lags for curved habits.
    """
    exposure, baseline = observed.average(observed.exposure), observed.average(observed.baseline)
    known = np.hstack([baseline, observed.average(observed.response)])
    surplus = take_out(observed.average(observed.kpi), basis=build_basis(known))
    alpha = limits.by_chance / len(observed.data.channels)
    past = lag_columns(surplus)
    others = np.hstack([lag_columns(column) for column in exposure.T])
    for c, name in enumerate(observed.data.channels):
        own = lag_columns(exposure[:, c])
        curved = np.sqrt(np.maximum(own, 0))
        basis = build_basis(np.hstack([baseline[_N_LAGS:], others, curved]))
        found = test_block(exposure[_N_LAGS:, c], basis=basis, columns=past)
        if found.p > alpha or found.r2 < limits.followed_r2:
            continue
        yield Finding(
            severity="warning",
            cause="spend_follows_kpi",
            table="gold_media_daily",
            message=f"Exposure of '{name}' follows the KPI of the periods before: it explains "
            f"{found.r2:.0%} of what season, trend and its own past leave (p = {found.p:.1g}). "
            "Its return is read too high, because demand buys it.",
            fix="Add what steers the budget, such as demand or stock, as a control, or test the "
            "channel in some geos.",
            channel=name,
            numbers={"r2": found.r2, "p": found.p},
        )


def find_promotions(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Happenings (events, promotions as controls) that coincide with the exposure of a channel."""
    design = observed.parts.design
    exposure, baseline = observed.average(observed.exposure), observed.average(observed.baseline)
    is_happening = _find_happenings(observed, baseline=baseline, limits=limits)
    basis = build_basis(baseline[:, ~is_happening])
    beyond = take_out(exposure, basis=basis)
    for p in np.flatnonzero(is_happening):
        happening = take_out(baseline[:, p], basis=basis)
        strength = [correlate(happening, beyond[:, c]) for c in range(beyond.shape[1])]
        c = int(np.argmax(strength))
        if strength[c] < limits.promotion_correlation:
            continue
        name, channel = design.columns[p], observed.data.channels[c]
        yield Finding(
            severity="warning",
            cause="promotion_with_media",
            table="gold_controls_daily" if design.groups[p] == "control" else "gold_media_daily",
            message=f"'{name}' happens when '{channel}' is loud: beyond trend and season they "
            f"correlate {strength[c]:.2f}. What one brought is easily credited to the other.",
            fix=f"Keep '{name}' in the model, and run it without '{channel}', or the other way "
            "round, a few times.",
            channel=channel,
            numbers={"correlation": strength[c]},
        )


def find_caused_controls(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Controls that exposure predicts beyond season, trend and their own past, and KPI needs."""
    design = observed.parts.design
    baseline, kpi = observed.average(observed.baseline), observed.average(observed.kpi)
    exposure, response = observed.average(observed.exposure), observed.average(observed.response)
    is_happening = _find_happenings(observed, baseline=baseline, limits=limits)
    is_control = np.array(observed.is_control)
    rest = baseline[_N_LAGS:, ~is_control]
    n_tests = max(1, int((is_control & ~is_happening).sum()) * exposure.shape[1])
    for p in np.flatnonzero(is_control & ~is_happening):
        control = baseline[:, p]
        basis = build_basis(np.hstack([rest, lag_columns(control)]))
        found = [
            test_block(
                control[_N_LAGS:],
                basis=basis,
                columns=np.column_stack(
                    [exposure[_N_LAGS:, c], response[_N_LAGS:, c], lag_columns(exposure[:, c])]
                ),
            )
            for c in range(exposure.shape[1])
        ]
        c = int(np.argmax([verdict.r2 for verdict in found]))
        others = build_basis(np.hstack([np.delete(baseline, p, axis=1), response]))
        matters = test_block(kpi, basis=others, columns=control[:, None])
        is_caused = found[c].p * n_tests < limits.by_chance and found[c].r2 >= limits.caused_r2
        if not is_caused or matters.p > limits.relevant_p:
            continue
        name, channel = design.columns[p], observed.data.channels[c]
        yield Finding(
            severity="warning",
            cause="post_treatment_control",
            table="gold_controls_daily",
            message=f"Control '{name}' may be an effect of '{channel}': its exposure explains "
            f"{found[c].r2:.0%} of what trend, season and the control's own past leave. What "
            f"'{channel}' brings through '{name}' is then taken from it.",
            fix=f"Take '{name}' out of controls if media can move it, as web visits or branded "
            "search; keep it if it cannot.",
            channel=channel,
            numbers={"r2": found[c].r2, "p": found[c].p, "p_kpi": matters.p},
        )


def lag_columns(series: Array) -> Array:
    """A series (row,) one and two rows earlier, without the first two rows, (row - 2, 2)."""
    return np.column_stack([series[_N_LAGS - k : len(series) - k] for k in range(1, _N_LAGS + 1)])


def _find_happenings(observed: Observed, *, baseline: Array, limits: Thresholds) -> Flags:
    """Whether a column is an event, or a control that sits at one value but for some periods."""
    found = []
    for p, group in enumerate(observed.parts.design.groups):
        _, counts = np.unique(np.round(baseline[:, p], 9), return_counts=True)
        is_sparse = 1 - counts.max() / len(baseline) <= limits.sparse_share
        found.append(group == "event" or (group == "control" and is_sparse))
    return np.array(found, dtype=bool)
