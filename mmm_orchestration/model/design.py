"""The baseline: what the KPI would be without media, as columns with prior scales.

Belongs here: intercept, trend, seasons, holidays, events, controls. Must not: PyMC, media.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import holidays as holidays_package
import numpy as np

from mmm_orchestration.days import DAYS_PER_YEAR
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.smooth import build_columns, count_columns
from mmm_orchestration.project import EventShape, Holidays, Project, Sign, Trend
from mmm_orchestration.project.values import BaselineValue

DAYS_PER_MONTH = DAYS_PER_YEAR / 12

Group = Literal[
    "intercept",
    "trend",
    "smooth_trend",
    "break",
    "yearly",
    "monthly",
    "weekly",
    "holiday",
    "event",
    "control",
]


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
    others around zero with sd in standard deviations of the KPI. Events and breaks outside the
    periods have no column.
    """
    spec = project.model
    blocks = [
        build_trend(data, trend=spec.trend, knots_per_year=spec.knots_per_year),
        build_smooth_trend(data, trend=spec.trend, length_days=spec.trend_days),
        build_breaks(data, project=project),
        build_fourier(data, group="yearly", days=DAYS_PER_YEAR, order=spec.yearly_order),
        build_fourier(data, group="monthly", days=DAYS_PER_MONTH, order=spec.monthly_order),
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
    spread: Array = np.nanstd(data.kpi[: data.n_trained], axis=0) / data.kpi_mean
    return spread


def _by_geo(matrix: Array, *, n_geos: int) -> Array:
    """Columns that are the same in every geo, or already by geo, as (date, geo, column)."""
    if matrix.ndim == 3:
        return matrix
    return np.broadcast_to(matrix[:, None, :], (len(matrix), n_geos, matrix.shape[1]))


def build_trend(data: ModelData, *, trend: Trend, knots_per_year: float) -> _Block:
    """A line over [-1, 1] and, for 'piecewise', a change of slope at each interior knot.

    A smooth trend begins with the line too; what bends it has columns of its own. The changes of
    slope are those of Taylor and Letham (2018), at knots that are evenly spaced.
    """
    time = data.time
    years = data.n_trained * data.period_days / DAYS_PER_YEAR
    n_knots = max(0, round(years * knots_per_year) - 1) if trend == "piecewise" else 0
    knots = np.linspace(-1, 1, n_knots + 2)[1:-1]
    columns = [] if trend == "none" else [time, *(np.maximum(0, time - k) for k in knots)]
    names = [] if trend == "none" else ["trend", *(f"trend_knot_{i + 1}" for i in range(n_knots))]
    return _block("trend", names=names, columns=columns, n_rows=data.n_periods, scale=1.0)


def build_smooth_trend(data: ModelData, *, trend: Trend, length_days: float) -> _Block:
    """The columns of a Gaussian process over time; none unless the trend is 'smooth'."""
    n_columns = count_columns(data.n_trained * data.period_days, length_days=length_days)
    matrix = build_columns(data.time, n_columns=n_columns if trend == "smooth" else 0)
    names = tuple(f"smooth_trend_{k + 1}" for k in range(matrix.shape[1]))
    return _Block(group="smooth_trend", names=names, matrix=matrix, scale=1.0)


def build_breaks(data: ModelData, *, project: Project) -> _Block:
    """One column per declared break: a step, or a line that rises by one from it to the end.

    The period of the day counts by the part of it that lies after the break.
    """
    columns = {}
    for found in project.breaks:
        since = (data.periods - np.datetime64(found.day, "D")).astype("timedelta64[D]").astype(int)
        after = np.clip(since / data.period_days + 1, 0, 1)
        if found.kind == "slope":
            after = after.cumsum() / max(after[: data.n_trained].sum(), 1.0)
        if after.any() and not (after == 1).all():
            columns[found.name] = after
    return _block(
        "break",
        names=list(columns),
        columns=list(columns.values()),
        n_rows=data.n_periods,
        scale=2.0,
    )


def build_fourier(data: ModelData, *, group: Group, days: float, order: int) -> _Block:
    """Sine and cosine pairs with a period of `days`; none where a period is as long as that.

    `sin(2π k d / days)` and the cosine for k from 1 to `order`, d the middle day of a period.
    Taylor and Letham (2018).
    """
    day = data.periods.astype("datetime64[D]").astype(int) + (data.period_days - 1) / 2
    pairs = range(1, order + 1) if data.period_days < days else ()
    columns = [f(2 * np.pi * k * day / days) for k in pairs for f in (np.sin, np.cos)]
    names = [f"{group}_{f}_{k}" for k in pairs for f in ("sin", "cos")]
    return _block(group, names=names, columns=columns, n_rows=data.n_periods, scale=1.0)


def build_holidays(data: ModelData, *, holidays: Holidays | None) -> _Block:
    """One column per holiday: the number of its days in each period.

    The days before and after it that are declared count by a part that falls to nothing.
    """
    days: dict[str, dict[date, float]] = {}
    if holidays is not None:
        first, last = data.periods[0].item(), data.periods[-1].item()
        calendar = holidays_package.country_holidays(
            holidays.country, subdiv=holidays.subdivision, years=range(first.year, last.year + 2)
        )
        for day in sorted(calendar):
            for name in calendar.get_list(day):
                days.setdefault(name, {}).update(_spread_holiday(day, holidays=holidays))
    counts = {name: _count_days(data, days=found) for name, found in days.items()}
    seen = {name: count for name, count in counts.items() if count.any()}
    return _block(
        "holiday", names=list(seen), columns=list(seen.values()), n_rows=data.n_periods, scale=0.5
    )


def _spread_holiday(day: date, *, holidays: Holidays) -> dict[date, float]:
    """The holiday with weight one and the days around it with less."""
    before, after = holidays.days_before, holidays.days_after
    return {
        **{day - timedelta(days=k): 1 - k / (before + 1) for k in range(1, before + 1)},
        **{day + timedelta(days=k): 1 - k / (after + 1) for k in range(1, after + 1)},
        day: 1.0,
    }


def shape_event(shape: EventShape, *, n_days: int) -> Array:
    """Weight of each day of an event of that shape, at most one, shape (day,)."""
    part = (np.arange(n_days) + 0.5) / n_days
    weights = {
        "flat": np.ones(n_days),
        "rising": (np.arange(n_days) + 1) / n_days,
        "falling": 1 - np.arange(n_days) / n_days,
        "bell": np.sin(np.pi * part),
    }
    return weights[shape]


def build_events(data: ModelData, *, project: Project) -> _Block:
    """One column per declared event: the part of each period that it lasts, by its shape."""
    shares = {}
    for event in project.events:
        weights = shape_event(event.shape, n_days=(event.last - event.first).days + 1)
        lasting = {event.first + timedelta(days=i): float(w) for i, w in enumerate(weights)}
        shares[event.name] = _count_days(data, days=lasting) / data.period_days
    seen = {name: share for name, share in shares.items() if share.any()}
    return _block(
        "event", names=list(seen), columns=list(seen.values()), n_rows=data.n_periods, scale=2.0
    )


def build_controls(data: ModelData, *, project: Project) -> _Block:
    """The controls with standard deviation one and mean zero where the KPI is observed.

    One that is a treatment is zero at its baseline value instead.
    """
    signs = {c.name: c.sign for c in project.controls}
    declared = {c.name: c.baseline for c in project.controls}
    trained = slice(data.n_trained)
    seen = data.controls[trained][data.is_observed[trained]]
    centre = np.array(
        [
            find_baseline_value(seen[:, i], declared=declared[name])
            for i, name in enumerate(data.control_names)
        ]
    )
    standard = (data.controls - centre) / seen.std(axis=0)
    return _Block(
        group="control",
        names=data.control_names,
        matrix=standard,
        scale=1.0,
        signs=tuple(signs[name] for name in data.control_names),
    )


def find_baseline_value(values: Array, *, declared: float | BaselineValue | None) -> float:
    """The value at which a control contributes nothing: as declared, else its mean.

    `values` (n,) are the observed ones, in the units of the control, as is the answer.
    """
    if isinstance(declared, float | int):
        return float(declared)
    if declared == "min":
        return float(values.min())
    return float(values.max() if declared == "max" else values.mean())


def _count_days(data: ModelData, *, days: Mapping[date, float]) -> Array:
    """The weights of the `days` that lie in each period, added up, shape (date,)."""
    since = np.array(list(days), dtype="datetime64[D]") - data.periods[0].astype("datetime64[D]")
    place = since.astype(int) // data.period_days
    inside = (place >= 0) & (place < data.n_periods)
    weights = np.array(list(days.values()))
    return np.bincount(place[inside], weights=weights[inside], minlength=data.n_periods)


def _block(
    group: Group, *, names: list[str], columns: list[Array], n_rows: int, scale: float
) -> _Block:
    matrix = np.column_stack(columns) if columns else np.empty((n_rows, 0))
    return _Block(group=group, names=tuple(names), matrix=matrix, scale=scale)
