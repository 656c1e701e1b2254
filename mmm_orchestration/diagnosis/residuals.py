"""After a fit: what the residuals still hold: memory, seasons, breaks, single periods.

Belongs here: residuals over time. Must not: one channel's effect (see `shapes`).
"""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from mmm_orchestration.days import DAYS_PER_YEAR
from mmm_orchestration.diagnosis.fitted import Fitted, View
from mmm_orchestration.diagnosis.least_squares import (
    Array,
    build_basis,
    measure_autocorrelation,
    scan,
    take_out,
)
from mmm_orchestration.diagnosis.spikes import find_spikes
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.diagnosis.words import cover_period, list_periods, name_period
from mmm_orchestration.quality.finding import Finding

_N_LAGS = 4
_MAX_BREAKS = 2
_MAX_DATES = 200


def find_autocorrelation(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Residuals of a geo that resemble those of the periods before (Ljung and Box 1978)."""
    worst: tuple[float, float, str] = (1.0, 0.0, "")
    for view in fitted.geos:
        basis = view.basis
        residual, n = take_out(view.residual, basis=basis), len(view.residual)
        if n - basis.shape[1] <= 4 * _N_LAGS:
            continue
        lags = range(1, _N_LAGS + 1)
        own = np.array([measure_autocorrelation(residual, basis=basis, lag=k) for k in lags])
        weights = np.array([n * (n + 2) / (n - k) for k in lags])
        shrink = (n - basis.shape[1]) / n
        p = float(stats.chi2.sf(shrink * float(weights @ own**2), _N_LAGS))
        p = min(1.0, p * len(fitted.geos))
        if own[0] >= limits.autocorrelation and p < worst[0]:
            worst = (p, float(own[0]), view.name)
    p, rho, geo = worst
    if p > limits.by_chance:
        return
    where = f" in '{geo}'" if len(fitted.geos) > 1 else ""
    narrow = float(np.sqrt((1 + rho) / (1 - rho)))
    yield Finding(
        severity="warning",
        cause="residual_autocorrelation",
        table="posterior",
        message=f"Residuals{where} resemble those of the period before: correlation {rho:.2f} "
        f"(Ljung-Box p = {p:.1g}). Something slow is missing, and intervals may be {narrow:.1f} "
        "times too narrow.",
        fix="Add what moves slowly as a control, or more knots per year to the trend.",
        numbers={"rho": rho, "p": p},
    )


def find_seasons(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """A cycle in the residuals that the design does not have."""
    view, data = fitted.whole, fitted.posterior.data
    day = (view.places * data.period_days).astype(float)
    span = float(day[-1] - day[0]) + data.period_days
    n_cycles = np.arange(2, max(3, int(span / data.period_days / 2)))
    lengths = [DAYS_PER_YEAR / k for k in range(1, 13) if DAYS_PER_YEAR / k > 2 * data.period_days]
    lengths = [d for d in (*lengths, *(span / n_cycles)) if 1.5 * d <= span]
    blocks = [
        np.column_stack([np.sin(2 * np.pi * day / d), np.cos(2 * np.pi * day / d)]) for d in lengths
    ]
    if not blocks:
        return
    found = scan(view.residual, basis=view.basis, blocks=blocks)
    if found.p > limits.by_chance or found.r2 < limits.season_r2:
        return
    yield Finding(
        severity="warning",
        cause="season_left",
        table="posterior",
        message=f"Residuals swing with a cycle of {lengths[found.place]:.0f} days that explains "
        f"{found.r2:.0%} of what is left (p = {found.p:.1g}). A channel that runs in step with it "
        "is credited with the season.",
        fix="Raise model.yearly_order (or weekly_order for days), or add the calendar as a "
        "control.",
        numbers={"days": lengths[found.place], "r2": found.r2, "p": found.p},
    )


def find_breaks(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Dates at which the level or slope of the KPI changes and the model does not.

    The best of all dates, its chance counted over them; then the best given that one.
    """
    views = [fitted.whole] if len(fitted.geos) == 1 else [fitted.whole, *fitted.geos]
    for view in views:
        found = list(_break_up(view, fitted=fitted, limits=limits, n_views=len(views)))
        yield from found
        if found and view is fitted.whole:
            return


def _break_up(view: View, *, fitted: Fitted, limits: Thresholds, n_views: int) -> Iterator[Finding]:
    n, basis, data = len(view.residual), view.basis, fitted.posterior.data
    edge = limits.edge
    if n < 4 * edge:
        return
    dates = np.unique(np.linspace(edge, n - edge, min(n - 2 * edge, _MAX_DATES)).astype(int))
    time = np.arange(n)
    steps = [(time >= d).astype(float)[:, None] for d in dates]
    slopes = [np.maximum(0.0, time - d)[:, None] / n for d in dates]
    for _ in range(_MAX_BREAKS):
        found = scan(view.residual, basis=basis, blocks=[*steps, *slopes])
        is_step = found.place < len(dates)
        size = float(found.coefficients[0]) if found.coefficients.size else 0.0
        if found.p * n_views > limits.by_chance or abs(size) < limits.shift:
            return
        place = int(view.places[dates[found.place % len(dates)]])
        what = "level" if is_step else "slope"
        where = f" in '{view.name}'" if view is not fitted.whole else ""
        yield Finding(
            severity="warning",
            cause="change_point",
            table="posterior",
            message=f"The {what} of the KPI{where} changes at {name_period(data, place)} in a way "
            f"the model does not know: by {size:+.1f} residual deviations"
            f"{'' if is_step else ' over the whole window'} (p = {found.p:.1g}). Channels that "
            "rose or fell about then are credited with it.",
            fix="Declare an event or a control for what happened, or raise model.knots_per_year.",
            days=cover_period(data, place),
            numbers={"size": size, "p": found.p, "r2": found.r2},
        )
        block = [*steps, *slopes][found.place]
        basis = build_basis(np.hstack([basis, block]))


def find_pulling_periods(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Single periods that lie far off, or decide a channel's contribution alone."""
    view, data = fitted.whole, fitted.posterior.data
    student, pull = measure_pull(view)
    n = len(student)
    p = np.minimum(1.0, 2 * n * stats.norm.sf(np.abs(student)))
    spiked = [find_spikes(_exposure(fitted, c), limits=limits) for c in range(len(fitted.channels))]
    exposed = sorted({place for places in spiked for place in places})
    is_far = p <= limits.by_chance
    is_pulling = is_far & (np.abs(pull).max(axis=1, initial=0.0) >= limits.outlier_pull)
    places = sorted({*np.flatnonzero(is_far).tolist(), *exposed})
    if not places:
        return
    row, c = np.unravel_index(int(np.abs(pull[places]).argmax()), pull[places].shape)
    at, channel = places[int(row)], fitted.channels[int(c)]
    is_warning = bool(is_pulling.any() or exposed or len(places) > 1)
    yield Finding(
        severity="warning" if is_warning else "info",
        cause="outlier_leverage",
        table="posterior",
        message=f"Single periods stand apart ({list_periods(data, view.places[places].tolist())}): "
        f"residuals up to {np.abs(student[places]).max():.1f} deviations, exposure spikes in "
        f"{len(exposed)}. Without {name_period(data, int(view.places[at]))} the contribution of "
        f"'{channel}' would change by about {pull[at, int(c)]:+.0%}.",
        fix="Check the deliveries of these periods; declare an event where something real "
        "happened.",
        days=cover_period(data, int(view.places[places[0]]), last=int(view.places[places[-1]])),
        channel=channel,
        numbers={
            "n_periods": len(places),
            "residual": float(np.abs(student[places]).max()),
            "pull": float(pull[at, int(c)]),
        },
    )


def measure_pull(view: View) -> tuple[Array, Array]:
    """Studentised residuals (row,), and how leaving out a row moves contributions, (row, channel).

    Belsley, Kuh and Welsch (1980), with carry-over and saturation held; changes are relative.
    """
    columns = np.hstack([view.contribution, view.baseline])
    norms = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    inverse = np.linalg.pinv(columns / norms, rcond=1e-6) / norms[:, None]
    leverage = np.minimum((columns * inverse.T).sum(axis=1), 0.99)
    freedom = max(1, len(columns) - round(float(leverage.sum())))
    left = take_out(view.residual, basis=build_basis(columns))
    size = float(left @ left)
    rest = np.maximum(size - left**2 / (1 - leverage), 1e-9 * size) / max(1, freedom - 1)
    student = left / np.sqrt(rest * (1 - leverage))
    n_channels = view.contribution.shape[1]
    return student, -(inverse[:n_channels] * (left / (1 - leverage))).T


def _exposure(fitted: Fitted, channel: int) -> Array:
    """Exposure of a channel in all geos together at the rows of the whole view."""
    total: Array = fitted.posterior.data.exposure[..., channel].sum(axis=1)[fitted.whole.places]
    return total
