"""The baseline: what the KPI would be without media, as columns with prior scales.

Belongs here: intercept, trend, seasons, holidays, events, controls. Must not: PyMC, media.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import holidays as holidays_package
import numpy as np

from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.project import Holidays, Project, Sign, Trend

DAYS_PER_YEAR = 365.25

Group = Literal["intercept", "trend", "yearly", "weekly", "holiday", "event", "control"]


@dataclass(frozen=True, eq=False)
class Design:
    """The baseline design.

    `matrix` has shape (date, geo, column); `prior_mean` and `prior_sd` have shape (column,), in
    units of a geo's mean KPI. A column whose `signs` is not 'any' keeps one side of zero.
    """

    matrix: Array
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    signs: tuple[Sign, ...]
    prior_mean: Array
    prior_sd: Array


@dataclass(frozen=True, eq=False)
class _Block:
    """Columns of one group, shape (date, column), or (date, geo, column) where geos differ.

    `scale` is the prior sd in standard deviations of the KPI.
    """

    group: Group
    names: tuple[str, ...]
    matrix: Array
    scale: float
    signs: tuple[Sign, ...] = ()


def build_design(data: ModelData, *, project: Project) -> Design:
    """The baseline design over the periods of `data`.

    Priors are normal and weak: the intercept around the mean KPI with its own size as sd, all
    others around zero with sd in standard deviations of the KPI. Events outside the periods
    have no column.
    """
    spec = project.model
    blocks = [
        build_trend(data, trend=spec.trend, knots_per_year=spec.knots_per_year),
        build_fourier(data, group="yearly", days=DAYS_PER_YEAR, order=spec.yearly_order),
        build_fourier(data, group="weekly", days=7, order=spec.weekly_order),
        build_holidays(data, holidays=project.holidays),
        build_events(data, project=project),
        build_controls(data, project=project),
    ]
    ones = np.ones((data.n_periods, 1))
    spread = float(np.mean(measure_spread(data)))
    sds = [np.full(len(b.names), b.scale * spread) for b in blocks]
    names = tuple(n for b in blocks for n in b.names)
    signs: list[Sign] = ["any"]
    for block in blocks:
        signs += block.signs or ["any"] * len(block.names)
    return Design(
        matrix=np.concatenate(
            [_by_geo(m, n_geos=len(data.geos)) for m in (ones, *(b.matrix for b in blocks))], axis=2
        ),
        columns=("intercept", *names),
        groups=("intercept", *(b.group for b in blocks for _ in b.names)),
        signs=tuple(signs),
        prior_mean=np.r_[1.0, np.zeros(len(names))],
        prior_sd=np.concatenate([[1.0], *sds]),
    )


def measure_spread(data: ModelData) -> Array:
    """Standard deviation of the KPI relative to its mean, by geo, shape (geo,)."""
    spread: Array = np.nanstd(data.kpi, axis=0) / data.kpi_mean
    return spread


def _by_geo(matrix: Array, *, n_geos: int) -> Array:
    """Columns that are the same in every geo, or already by geo, as (date, geo, column)."""
    if matrix.ndim == 3:
        return matrix
    return np.broadcast_to(matrix[:, None, :], (len(matrix), n_geos, matrix.shape[1]))


def build_trend(data: ModelData, *, trend: Trend, knots_per_year: float) -> _Block:
    """A line over [-1, 1] and, for 'piecewise', a change of slope at each interior knot."""
    time = np.linspace(-1, 1, data.n_periods)
    years = data.n_periods * data.period_days / DAYS_PER_YEAR
    n_knots = max(0, round(years * knots_per_year) - 1) if trend == "piecewise" else 0
    knots = np.linspace(-1, 1, n_knots + 2)[1:-1]
    columns = [] if trend == "none" else [time, *(np.maximum(0, time - k) for k in knots)]
    names = [] if trend == "none" else ["trend", *(f"trend_knot_{i + 1}" for i in range(n_knots))]
    return _block("trend", names=names, columns=columns, n_rows=data.n_periods, scale=1.0)


def build_fourier(data: ModelData, *, group: Group, days: float, order: int) -> _Block:
    """Sine and cosine pairs with a period of `days`; none where a period is as long as that."""
    day = data.periods.astype("datetime64[D]").astype(int) + (data.period_days - 1) / 2
    pairs = range(1, order + 1) if data.period_days < days else ()
    columns = [f(2 * np.pi * k * day / days) for k in pairs for f in (np.sin, np.cos)]
    names = [f"{group}_{f}_{k}" for k in pairs for f in ("sin", "cos")]
    return _block(group, names=names, columns=columns, n_rows=data.n_periods, scale=1.0)


def build_holidays(data: ModelData, *, holidays: Holidays | None) -> _Block:
    """One column per holiday: the number of its days in each period."""
    days: dict[str, list[date]] = {}
    if holidays is not None:
        first, last = data.periods[0].item(), data.periods[-1].item()
        calendar = holidays_package.country_holidays(
            holidays.country, subdiv=holidays.subdivision, years=range(first.year, last.year + 2)
        )
        for day in sorted(calendar):
            for name in calendar.get_list(day):
                days.setdefault(name, []).append(day)
    counts = {name: _count_days(data, days=found) for name, found in days.items()}
    seen = {name: count for name, count in counts.items() if count.any()}
    return _block(
        "holiday", names=list(seen), columns=list(seen.values()), n_rows=data.n_periods, scale=0.5
    )


def build_events(data: ModelData, *, project: Project) -> _Block:
    """One column per declared event: the part of each period that it lasts."""
    shares = {}
    for event in project.events:
        n_days = (event.last - event.first).days + 1
        lasting = [event.first + timedelta(days=i) for i in range(n_days)]
        shares[event.name] = _count_days(data, days=lasting) / data.period_days
    seen = {name: share for name, share in shares.items() if share.any()}
    return _block(
        "event", names=list(seen), columns=list(seen.values()), n_rows=data.n_periods, scale=2.0
    )


def build_controls(data: ModelData, *, project: Project) -> _Block:
    """The controls, each with mean zero and standard deviation one where the KPI is observed."""
    signs = {c.name: c.sign for c in project.controls}
    seen = data.controls[data.is_observed]
    standard = (data.controls - seen.mean(axis=0)) / seen.std(axis=0)
    return _Block(
        group="control",
        names=data.control_names,
        matrix=standard,
        scale=1.0,
        signs=tuple(signs[name] for name in data.control_names),
    )


def _count_days(data: ModelData, *, days: list[date]) -> Array:
    """How many of `days` lie in each period, shape (date,)."""
    since = np.array(days, dtype="datetime64[D]") - data.periods[0].astype("datetime64[D]")
    place = since.astype(int) // data.period_days
    inside = place[(place >= 0) & (place < data.n_periods)]
    return np.bincount(inside, minlength=data.n_periods).astype(float)


def _block(
    group: Group, *, names: list[str], columns: list[Array], n_rows: int, scale: float
) -> _Block:
    matrix = np.column_stack(columns) if columns else np.empty((n_rows, 0))
    return _Block(group=group, names=tuple(names), matrix=matrix, scale=scale)
