"""The figures of the report; each function returns a matplotlib Figure that nothing else holds.

Belongs here: what a figure shows. Must not: words beside it (`sentences`) or its way into a page
(`drawing`). Widths are in inches: WIDE for desks and paper, NARROW for phones.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mmm_orchestration.insight.results import (
    Array,
    ContributionSeries,
    Interval,
    ResponseCurve,
    RoiResults,
)
from mmm_orchestration.reporting.drawing import to_png_markdown, to_svg, use_style
from mmm_orchestration.reporting.format import (
    DAY_TICKS,
    PERCENT_TICKS,
    TickUnit,
    amount_ticks,
    format_ticks,
    is_roi_money,
    name_roi_unit,
)
from mmm_orchestration.reporting.palette import BASE, FIT, INK, MUTED, OTHER, PAPER, color_channels
from mmm_orchestration.reporting.tables import sort_channels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = [
    "NARROW",
    "WIDE",
    "draw_carry_over",
    "draw_contributions",
    "draw_curve",
    "draw_fit",
    "draw_roi",
    "draw_shares",
    "draw_truth",
    "to_png_markdown",
    "to_svg",
]

WIDE: Final = 10.0
NARROW: Final = 4.1
N_STACKED: Final = 8
_MAX_STEPS: Final = 400
_Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Row:
    """One line of an interval plot: a dot with its interval, perhaps a second, perhaps a truth."""

    label: str
    color: str
    first: Interval
    second: Interval | None = None
    truth: float | None = None


@dataclass(frozen=True)
class _Layer:
    """One band of the stacked figure; `value` has shape (date,)."""

    name: str
    color: str
    value: Array


def draw_roi(results: RoiResults, *, width: float = WIDE) -> "Figure":
    """ROI (dot) and marginal ROI (open diamond) by channel with 94 % intervals."""
    colors = color_channels(results)
    rows = [
        _Row(c.channel, colors[c.channel], c.roi, second=c.marginal_roi)
        for c in sort_channels(results.channels)
        if c.roi is not None
    ]
    return _draw_rows(
        rows,
        width=width,
        label=f"ROI, {name_roi_unit(results.provenance)}",
        unit=TickUnit(),
        reference=1.0 if is_roi_money(results.provenance) else None,
    )


def draw_shares(results: RoiResults, *, width: float = WIDE) -> "Figure":
    """Share of the KPI by channel with 94 % intervals."""
    colors = color_channels(results)
    ranked = sorted(results.channels, key=lambda c: (-c.share.median, c.channel))
    rows = [_Row(c.channel, colors[c.channel], c.share) for c in ranked]
    return _draw_rows(rows, width=width, label="Share of KPI", unit=PERCENT_TICKS)


def draw_carry_over(results: RoiResults, *, width: float = WIDE) -> "Figure":
    """Days until 90 % of an exposure's effect has come, by channel, with 94 % intervals."""
    colors = color_channels(results)
    ranked = sorted(results.channels, key=lambda c: (-c.carry_over_days.median, c.channel))
    rows = [_Row(c.channel, colors[c.channel], c.carry_over_days) for c in ranked]
    label = "Time until 90 % of the effect has come"
    return _draw_rows(rows, width=width, label=label, unit=DAY_TICKS)


def draw_truth(results: RoiResults, truth: Mapping[str, float], *, width: float = WIDE) -> "Figure":
    """Contribution intervals by channel with the true contribution as a cross."""
    colors = color_channels(results)
    ranked = sorted(results.channels, key=lambda c: (-c.contribution.median, c.channel))
    rows = [
        _Row(c.channel, colors[c.channel], c.contribution, truth=truth[c.channel])
        for c in ranked
        if c.channel in truth
    ]
    return _draw_rows(rows, width=width, label="Contribution", unit=_kpi_ticks(results))


def draw_contributions(results: RoiResults, *, width: float = WIDE) -> "Figure":
    """Baseline and channels stacked over time, with the observed KPI as a line."""
    series = results.series
    step = 7 if series.period_days == 1 and len(series.periods) > _MAX_STEPS else 1
    periods = series.periods[: len(series.periods) // step * step : step]
    with use_style():
        figure, axes = make_time_axes(width=width)
        floor = np.zeros(len(periods))
        for layer in stack_layers(results):
            top = floor + _average(layer.value, step=step)
            axes.fill_between(
                periods, floor, top, color=layer.color, linewidth=0.4, edgecolor=PAPER
            )
            floor = top
        axes.plot(periods, _average(series.kpi, step=step), color=INK, linewidth=1.2)
        axes.set_xlim(periods[0], periods[-1])
        axes.set_ylim(bottom=min(0.0, float(axes.dataLim.y0)))
        format_axis(axes.yaxis, unit=_kpi_ticks(results))
        unit = "day, mean of each week" if step > 1 else _name_period(series)
        axes.set_title(f"KPI per {unit}", loc="left", color=MUTED, fontsize=9)
        return figure


def draw_fit(results: RoiResults, *, width: float = WIDE) -> "Figure":
    """The observed KPI against the model's mean and its 94 % predictive band."""
    series = results.series
    with use_style():
        figure, axes = make_time_axes(width=width)
        axes.fill_between(
            series.periods, series.fit_low, series.fit_high, color=OTHER, alpha=0.35, linewidth=0
        )
        axes.plot(series.periods, series.fit, color=FIT, linewidth=1.4)
        dot = 2.4 if len(series.periods) <= _MAX_STEPS else 1.2
        axes.plot(series.periods, series.kpi, "o", color=INK, markersize=dot, markeredgewidth=0)
        axes.set_xlim(series.periods[0], series.periods[-1])
        format_axis(axes.yaxis, unit=_kpi_ticks(results))
        axes.set_title(f"KPI per {_name_period(series)}", loc="left", color=MUTED, fontsize=9)
        return figure


def draw_curve(curve: ResponseCurve, results: RoiResults) -> "Figure":
    """One response curve: solid over what was observed, dashed beyond it."""
    p = results.provenance
    color = color_channels(results).get(curve.channel, OTHER)
    seen = curve.level <= curve.observed_max
    beyond = np.flatnonzero(~seen)
    tail = slice(max(0, beyond[0] - 1) if len(beyond) else len(seen), None)
    with use_style():
        figure, axes = make_axes(width=3.6, height=2.35, rect=(0.155, 0.2, 0.815, 0.76))
        axes.axvspan(0, curve.observed_max, color=OTHER, alpha=0.12, linewidth=0)
        axes.fill_between(curve.level, curve.low, curve.high, color=color, alpha=0.25, linewidth=0)
        axes.plot(curve.level[seen], curve.median[seen], color=color, linewidth=1.8)
        axes.plot(
            curve.level[tail], curve.median[tail], color=color, linewidth=1.5, linestyle=(0, (3, 2))
        )
        if len(curve.level):
            axes.set_xlim(0, float(curve.level[-1]) or 1.0)
            now = float(np.interp(curve.observed, curve.level, curve.median))
            axes.plot([curve.observed], [now], "o", color=color, markeredgecolor=INK, markersize=5)
        axes.set_ylim(bottom=0)
        format_axis(axes.xaxis, unit=amount_ticks(curve.unit, currency=p.currency), n_ticks=4)
        format_axis(axes.yaxis, unit=_kpi_ticks(results), n_ticks=4)
        measure = "spend" if curve.unit == p.currency else curve.unit
        axes.set_xlabel(f"{measure} per {_name_period(results.series)}", fontsize=8)
        axes.tick_params(labelsize=8)
        return figure


def stack_layers(results: RoiResults) -> list[_Layer]:
    """The bands of the stacked figure from the bottom: baseline, channels by size, the others."""
    series = results.series
    colors = color_channels(results)
    index = {name: i for i, name in enumerate(series.channels)}
    ranked = [name for name in colors if name in index]
    # One channel too many keeps its own band in grey: 'other' would not say more.
    cut = N_STACKED if len(ranked) > N_STACKED + 1 else len(ranked)
    layers = [_Layer("baseline", BASE, series.baseline)]
    layers += [_Layer(n, colors[n], series.media[:, index[n]]) for n in ranked[:cut]]
    rest = ranked[cut:]
    if rest:
        value = series.media[:, [index[name] for name in rest]].sum(axis=1)
        layers.append(_Layer(f"{len(rest)} other channels", OTHER, value))
    return layers


def _draw_rows(
    rows: Sequence[_Row],
    *,
    width: float,
    label: str,
    unit: TickUnit,
    reference: float | None = None,
) -> "Figure":
    """An interval plot with one line per row; what runs off the axis ends in an arrow."""
    row_height, margin = (0.36, 0.62) if any(row.second for row in rows) else (0.27, 0.62)
    with use_style():
        longest = 30 if width >= WIDE else 17
        labels = [shorten(row.label, length=longest) for row in rows]
        left = (0.12 + 0.078 * max(map(len, labels), default=0)) / width
        height = margin + row_height * max(1, len(rows))
        rect = (left, 0.5 / height, 0.97 - left, 0.97 - 0.5 / height)
        figure, axes = make_axes(width=width, height=height, rect=rect)
        low, high = _choose_limits(rows, reference=reference)
        axes.set_xlim(low, high)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), labels, color=INK)
        axes.grid(visible=False, axis="y")
        if reference is not None:
            axes.axvline(reference, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        for position, row in enumerate(rows):
            _draw_row(axes, row, position=position, limits=(low, high))
        format_axis(axes.xaxis, unit=unit, n_ticks=9 if width >= WIDE else 5)
        axes.set_xlabel(label)
        return figure


def _draw_row(axes: "Axes", row: _Row, *, position: float, limits: tuple[float, float]) -> None:
    offset = 0.17 if row.second else 0.0
    pairs = [(row.first, position - offset, "o", row.color, 2.6)]
    if row.second:
        pairs.append((row.second, position + offset, "D", PAPER, 1.3))
    for interval, y, marker, face, thickness in pairs:
        ends = np.clip([interval.low, interval.high], *limits)
        axes.plot(ends, [y, y], color=row.color, linewidth=thickness, solid_capstyle="butt")
        size = 6.5 if marker == "o" else 4.8
        axes.plot(
            [interval.median], [y], marker, color=face, markeredgecolor=row.color, markersize=size
        )
        for end, edge, arrow in ((interval.high, limits[1], ">"), (interval.low, limits[0], "<")):
            if not limits[0] <= end <= limits[1]:
                axes.plot([edge], [y], arrow, color=row.color, markersize=6, clip_on=False)
    if row.truth is not None:
        axes.plot([row.truth], [position], "x", color=INK, markersize=7, markeredgewidth=1.6)


def _choose_limits(rows: Sequence[_Row], *, reference: float | None) -> tuple[float, float]:
    """Limits that hold every median and truth, and every interval that is not far longer."""
    intervals = [i for row in rows for i in (row.first, row.second) if i is not None]
    points = [i.median for i in intervals] + [r.truth for r in rows if r.truth is not None]
    points += [0.0] if reference is None else [0.0, 1.15 * reference]
    points = [point for point in points if math.isfinite(point)]
    ends = [end for i in intervals for end in (i.low, i.high) if math.isfinite(end)]
    reach = 2.5 * max(map(abs, points))
    low = max(min([0.0, *points, *ends]), -reach)
    high = min(max([*points, *ends]), reach)
    return 1.04 * low, 1.04 * high or 1.0


def make_time_axes(*, width: float) -> tuple["Figure", "Axes"]:
    """A figure `width` inches wide with axes whose horizontal one is time."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    is_wide = width >= WIDE
    left = 0.58 / width
    figure, axes = make_axes(
        width=width, height=3.9 if is_wide else 3.1, rect=(left, 0.09, 0.985 - left, 0.83)
    )
    locator = AutoDateLocator(minticks=3, maxticks=9 if is_wide else 7)  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.grid(visible=False, axis="x")
    return figure, axes


def format_axis(axis: "Axis", *, unit: TickUnit, n_ticks: int = 6) -> None:
    """Puts ticks at round numbers and labels all of them alike."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    class TickFormatter(FuncFormatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            return format_ticks(values, unit=unit)

    axis.set_major_locator(MaxNLocator(nbins=n_ticks, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(TickFormatter(lambda value, _: format_ticks([value], unit=unit)[0]))


def make_axes(*, width: float, height: float, rect: _Rect) -> tuple["Figure", "Axes"]:
    """A figure of that size in inches with axes at left, bottom, width, height in fractions."""
    from matplotlib.figure import Figure  # a third of a second to import

    figure = Figure(figsize=(width, height))
    return figure, figure.add_axes(rect)


def _kpi_ticks(results: RoiResults) -> TickUnit:
    p = results.provenance
    return amount_ticks(p.kpi_unit, currency=p.currency)


def _average(values: Array, *, step: int) -> Array:
    """Means of every `step` values; an incomplete last group is left out."""
    whole = values[: len(values) // step * step]
    means: Array = whole.reshape(-1, step).mean(axis=1)
    return means


def _name_period(series: ContributionSeries) -> str:
    names = {1: "day", 7: "week"}
    return names.get(series.period_days, f"{series.period_days} days")


def shorten(text: str, *, length: int) -> str:
    """`text`, or its two ends around an ellipsis where it is longer than `length`."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    if len(clean) <= length:
        return clean
    end = (length - 1) // 2
    return f"{clean[: length - 1 - end]}…{clean[-end:]}"
