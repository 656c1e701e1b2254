"""The refresh report as tables, Markdown, a page and lines on a terminal.

Belongs here: what people read of what moved and why. Must not: why it moved (see `refresh`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from mmm_orchestration.promotion.results import Verdict
from mmm_orchestration.refresh.results import (
    CAUSES,
    OF_DATA,
    Cause,
    Movement,
    Quantity,
    RefreshReport,
    join_days,
)
from mmm_orchestration.refresh.words import TITLES
from mmm_orchestration.reporting.drawing import use_style
from mmm_orchestration.reporting.figures import format_axis, make_axes, shorten
from mmm_orchestration.reporting.format import (
    PERCENT_TICKS,
    TickUnit,
    amount_ticks,
    format_number,
    format_percent,
    step_formatter,
)
from mmm_orchestration.reporting.page import (
    Drawn,
    draw_twice,
    hash_style,
    open_templates,
    render_style,
)
from mmm_orchestration.reporting.palette import CHANNEL_COLORS, INK, OTHER
from mmm_orchestration.reporting.tables import print_table, to_markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN: Final[tuple[Quantity, ...]] = ("roi", "contribution", "split", "marginal_roi")
MAX_DAYS: Final = 50
_HEADINGS: Final[dict[Quantity, str]] = {
    "roi": "ROI",
    "contribution": "Contribution per day",
    "split": "Recommended split of today's budget",
    "marginal_roi": "Marginal ROI",
}
_COLORS: Final[dict[Cause, str]] = {
    "new_days": CHANNEL_COLORS[0],
    "restated": CHANNEL_COLORS[1],
    "settings": CHANNEL_COLORS[3],
    "code": CHANNEL_COLORS[5],
    "seed": OTHER,
}
_ABOUT: Final = (
    "Bars are the parts of each movement and add up to the dot, which is the whole; the line "
    "through it is how far two fits differ by their seed alone, two standard deviations."
)
SURE: Final = 2.0


@dataclass(frozen=True)
class _Section:
    """One quantity of the page: its figure, its rows and the heads of its columns."""

    anchor: str
    title: str
    figure: Drawn | None
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def is_beyond_noise(movement: Movement) -> bool:
    """Whether another seed alone would hardly move the number as far: two standard deviations."""
    return abs(movement.moved) > SURE * sqrt(2) * (movement.noise or 0.0)


def say_headline(report: RefreshReport) -> str:
    """In one sentence, how much of ROI, or of the contributions without it, moved and why."""
    quantity: Quantity = "roi" if report.list_of("roi") else "contribution"
    all_of = report.list_of(quantity)
    beyond = [m for m in all_of if is_beyond_noise(m)]
    what = _HEADINGS[quantity] if quantity == "roi" else "contribution"
    if not beyond:
        return f"No {what} moved further than another seed would move it."
    parts = report.attribute(quantity)
    most = max(parts, key=lambda cause: parts[cause])
    return (
        f"The {what} of {len(beyond)} of {len(all_of)} channels moved beyond seed noise: "
        f"{format_percent(parts[most])} of all movement is {TITLES[most].lower()}."
    )


def movement_table(report: RefreshReport, quantity: Quantity) -> pl.DataFrame:
    """One row per channel as text: before, after, its movement, each part of it, and its doubt.

    The doubt is the posterior's, of both numbers together, where it has one, and that of another
    seed.
    """
    show, movements = _choose_format(report, quantity), report.list_of(quantity)
    is_spread = any(m.spread is not None for m in movements)
    causes = [cause for cause in CAUSES if cause in report.causes]
    rows = [
        {
            "Channel": m.channel,
            "Champion": show(m.before),
            "Now": show(m.after),
            "Moved": _sign(m.moved, show),
            **{TITLES[cause]: _sign(m.parts[cause], show) for cause in causes},
            **({"Uncertainty": _show_doubt(m.spread, show)} if is_spread else {}),
            "Seed noise": _show_doubt(m.noise, show),
            "Reading": read_movement(m),
        }
        for m in movements
    ]
    return pl.DataFrame(rows)


def _show_doubt(deviation: float | None, show: Callable[[float], str]) -> str:
    return "not known" if deviation is None else f"± {show(deviation)}"


def read_movement(movement: Movement) -> str:
    """The movement in a few words."""
    if movement.moved == 0 and not any(movement.parts.values()):
        return "Did not move."
    if not is_beyond_noise(movement):
        return "Within seed noise."
    whole = sum(abs(part) for part in movement.parts.values())
    most = max(movement.parts, key=lambda cause: abs(movement.parts[cause]))
    share = abs(movement.parts[most]) / whole
    words = f"{format_percent(share)} {TITLES[most].lower()}."
    return words if most in OF_DATA else f"{words} Not by data."


def cause_table(report: RefreshReport) -> pl.DataFrame:
    """One row per cause: what changed, and the part of the movement of ROI that it has."""
    quantity: Quantity = "roi" if report.list_of("roi") else "contribution"
    parts = report.attribute(quantity)
    return pl.DataFrame(
        [
            {
                "Cause": TITLES[step.cause],
                "What changed": step.what,
                "Part of the movement": format_percent(parts[step.cause]),
            }
            for step in report.steps
        ]
    )


def restated_table(report: RefreshReport) -> pl.DataFrame:
    """One row per table and measure that deliveries changed since the champion: which days."""
    rows = [
        {
            "Table": each.table,
            "Measure": each.measure,
            "Days": _shorten_days(join_days(each.days), n_days=len(each.days)),
            "Before": format_number(each.before),
            "After": format_number(each.after),
        }
        for each in report.restated_days
    ]
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("Table", "Measure", "Days", "Before", "After"), pl.String)
    )


def say_channels(report: RefreshReport) -> tuple[str, ...]:
    """Channels that came or went, and what could not be told apart."""
    said = [f"'{name}' is new: the champion does not know it." for name in report.new_channels]
    said += [f"'{name}' is gone: the champion knew it." for name in report.gone_channels]
    return (*said, *report.notes)


def refresh_markdown(report: RefreshReport) -> str:
    """The report as Markdown."""
    parts = [f"**{say_headline(report)}**", to_markdown(cause_table(report))]
    parts += [
        f"### {_HEADINGS[quantity]}\n\n{to_markdown(movement_table(report, quantity))}"
        for quantity in SHOWN
        if report.list_of(quantity)
    ]
    if report.restated_days:
        parts.append(f"### Restated days\n\n{to_markdown(restated_table(report))}")
    parts += [f"- {said}" for said in say_channels(report)]
    return "\n\n".join(parts)


def print_refresh(report: RefreshReport, console: Console) -> None:
    """Prints headline, causes and the movement of each quantity to `console`."""
    console.print(Text(say_headline(report), style="bold"))
    console.print(Text(_say_versions(report), style="dim"))
    console.print()
    print_table(cause_table(report), console)
    for quantity in SHOWN:
        if report.list_of(quantity):
            console.print()
            console.print(Text(_HEADINGS[quantity], style="bold"))
            print_table(movement_table(report, quantity), console)
    for said in say_channels(report):
        console.print(Text(f"  • {said}"))


def print_verdict(verdict: Verdict, console: Console) -> None:
    """Prints the outcome of each gate to `console`."""
    console.print()
    said = "would become the champion" if verdict.is_passed else "does not become the champion"
    console.print(Text(f"{verdict.version} {said}", style="bold"))
    for gate in verdict.gates:
        name = gate.name.replace("_", " ")
        console.print(Text(f"  {gate.outcome:10}  {name}: {gate.sentence}"))


def render_refresh(report: RefreshReport) -> str:
    """The report as one self-contained HTML page, the same for the same report."""
    style = render_style()
    page = open_templates().get_template("refresh.html.j2")
    restated = restated_table(report)
    return page.render(
        style=style,
        style_hash=hash_style(style),
        report=report,
        headline=say_headline(report),
        versions=_say_versions(report),
        causes=cause_table(report).rows(),
        sections=[_build_section(report, q) for q in SHOWN if report.list_of(q)],
        restated_heads=restated.columns,
        restated=restated.rows(),
        notes=say_channels(report),
        seeds=", ".join(map(str, report.seeds)),
    )


def draw_movements(report: RefreshReport, quantity: Quantity, *, width: float) -> "Figure":
    """The parts of each channel's movement as bars, the whole as a dot with its seed noise."""
    rows = report.list_of(quantity)
    with use_style():
        labels = [shorten(m.channel, length=30 if width > 6 else 17) for m in rows]
        left = (0.12 + 0.078 * max(map(len, labels))) / width
        height = 0.62 + 0.34 * len(rows)
        rect = (left, 0.5 / height, 0.97 - left, 0.97 - 0.5 / height)
        figure, axes = make_axes(width=width, height=height, rect=rect)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), labels, color=INK)
        axes.grid(visible=False, axis="y")
        axes.axvline(0, color=INK, linewidth=0.8)
        for place, movement in enumerate(rows):
            ends = {True: 0.0, False: 0.0}
            for cause, part in movement.parts.items():
                axes.barh(
                    place, part, left=ends[part > 0], height=0.5, color=_COLORS[cause], linewidth=0
                )
                ends[part > 0] += part
            reach = SURE * sqrt(2) * (movement.noise or 0.0)
            whole = movement.moved
            axes.plot([whole - reach, whole + reach], [place, place], color=INK, linewidth=1.2)
            axes.plot([whole], [place], "o", color=INK, markersize=5)
        axes.use_sticky_edges = False  # a bar at the edge would cut its dot
        axes.margins(x=0.04)
        format_axis(axes.xaxis, unit=_choose_ticks(report, quantity), n_ticks=7 if width > 6 else 4)
        return figure


def _build_section(report: RefreshReport, quantity: Quantity) -> _Section:
    table = movement_table(report, quantity)
    moved = any(m.moved or m.noise for m in report.list_of(quantity))
    drawn = draw_twice(
        lambda width: draw_movements(report, quantity, width=width),
        name=quantity,
        description=_ABOUT,
        legend=tuple((TITLES[cause], _COLORS[cause]) for cause in report.causes),
    )
    return _Section(
        anchor=quantity,
        title=_HEADINGS[quantity],
        figure=drawn if moved else None,
        heads=tuple(table.columns),
        rows=tuple(table.rows()),
    )


def _say_versions(report: RefreshReport) -> str:
    return (
        f"{report.version}, trained through {report.trained_through}, against the champion "
        f"{report.champion}, trained through {report.champion_through}."
    )


def _choose_format(report: RefreshReport, quantity: Quantity) -> Callable[[float], str]:
    """How every number of the quantity is shown, so that movement and seed noise can be told."""
    if quantity == "split":
        points = step_formatter(1.0)
        return lambda share: f"{points(100 * share)}\u00a0%"
    movements, prefix = report.list_of(quantity), ""
    if quantity == "contribution":
        prefix = amount_ticks(report.kpi_unit, currency=report.currency).prefix
    moved = max(abs(m.moved) for m in movements)
    noise = max(10 * max(m.noise or 0.0 for m in movements), moved / 100)
    steps = [step for step in (moved, noise) if step > 0]
    unmoved = max(abs(m.before) for m in movements) / 10 or 1.0
    return step_formatter(min(steps, default=unmoved), prefix=prefix)


def _choose_ticks(report: RefreshReport, quantity: Quantity) -> TickUnit:
    if quantity == "contribution":
        return amount_ticks(report.kpi_unit, currency=report.currency)
    return PERCENT_TICKS if quantity == "split" else TickUnit()


def _sign(value: float, show: Callable[[float], str]) -> str:
    """`value` with its sign, also where it is above zero."""
    shown = show(value)
    is_plain = value <= 0 or not any(digit in shown for digit in "123456789")
    return shown if is_plain else f"+{shown}"


def _shorten_days(text: str, *, n_days: int) -> str:
    parts = text.split(", ")
    if len(parts) <= MAX_DAYS:
        return text
    return f"{', '.join(parts[:MAX_DAYS])} and more, {n_days} days in all"
