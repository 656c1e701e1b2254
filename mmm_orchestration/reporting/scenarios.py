"""Scenarios side by side: as one HTML page, on a terminal, as JSON and as a table.

Belongs here: their numbers as text. Must not: playing them (see `decisions.scenario`).
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.decisions.plan import Plan
from mmm_orchestration.decisions.scenario import Scenario, compare
from mmm_orchestration.decisions.words import tell_chance
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.drawing import use_style
from mmm_orchestration.reporting.figures import WIDE, format_axis, make_axes, shorten
from mmm_orchestration.reporting.format import (
    amount_ticks,
    format_interval,
    format_money,
    format_window,
    unit_formatter,
)
from mmm_orchestration.reporting.page import draw_twice
from mmm_orchestration.reporting.palette import FIT, INK
from mmm_orchestration.reporting.sheet import Sheet, SheetTable, render_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ABOUT_FIGURE = (
    "What each scenario brings beyond today's plan: the dot is the median, the line holds 94 % of "
    "the posterior draws. Right of zero is more than today's plan brings."
)


def render_scenarios(
    scenarios: Sequence[Scenario],
    *,
    title: str,
    version: str,
    unit: str,
    currency: str,
    refused: Sequence[str] = (),
) -> str:
    """The scenarios as one self-contained HTML page, also where there are none.

    `refused` says which were not answered, and why.
    """
    words = {"unit": unit, "currency": currency}
    best = max(scenarios, key=lambda each: each.gain.median, default=None)
    count = unit_formatter(unit, currency=currency)
    headline = (
        "No scenario is declared or kept"
        if best is None
        else f"{_name(best)} brings {format_interval(best.gain, count)} beyond today's plan"
    )
    drawn = scenarios and draw_twice(
        lambda width: draw_scenarios(scenarios, width=width, unit=unit, currency=currency),
        name="scenarios",
        description=_ABOUT_FIGURE,
    )
    return render_sheet(
        Sheet(
            kind="Scenarios",
            title=title,
            window=_name_window(scenarios[0].plan) if scenarios else "",
            headline=headline,
            lede="All are answered over the same posterior draws, so that they can be compared."
            if scenarios
            else "Declare some under 'scenarios' in mmm.yaml, or keep one with 'mmm scenario'.",
            advice_title="Before you rely on them",
            advice=(
                *(f"Not answered: {said}" for said in refused),
                *(f"{_name(each)}: {said}" for each in scenarios for said in each.sentences),
            ),
            drawn=drawn or None,
            tables=_write_tables(scenarios, **words) if scenarios else (),
            footer=f"Model {version}. Money in {currency}. Intervals hold 94 % of the draws.",
        )
    )


def draw_scenarios(
    scenarios: Sequence[Scenario], *, unit: str, currency: str, width: float = WIDE
) -> "Figure":
    """The interval of what each scenario brings beyond today's plan."""
    with use_style():
        labels = [shorten(_name(each), length=30 if width >= WIDE else 17) for each in scenarios]
        height = 0.62 + 0.34 * len(scenarios)
        left = (0.12 + 0.078 * max(map(len, labels))) / width
        rect = (left, 0.5 / height, 0.97 - left, 0.97 - 0.5 / height)
        figure, axes = make_axes(width=width, height=height, rect=rect)
        axes.set_ylim(len(scenarios) - 0.4, -0.6)
        axes.set_yticks(range(len(scenarios)), labels, color=INK)
        axes.grid(visible=False, axis="y")
        axes.axvline(0, color=INK, linewidth=1)
        for y, each in enumerate(scenarios):
            axes.plot([each.gain.low, each.gain.high], [y, y], color=FIT, linewidth=2)
            axes.plot([each.gain.median], [y], "o", color=FIT, markersize=7)
        axes.margins(x=0.08)
        ticks = amount_ticks(unit, currency=currency)
        format_axis(axes.xaxis, unit=ticks, n_ticks=9 if width >= WIDE else 5)
        axes.set_xlabel(f"beyond today's plan, {unit}")
        return figure


def scenario_table(scenarios: Sequence[Scenario]) -> pl.DataFrame:
    """One row per scenario; intervals as a median with `_low` and `_high` beside it."""
    rows = [
        {
            "scenario": each.request.name,
            "periods": each.request.periods,
            **_flatten("gain", each.gain),
            "money": each.money,
            **_flatten("net", each.net),
            "probability": each.probability,
            "doubts": " ".join(each.sentences),
        }
        for each in scenarios
    ]
    return pl.DataFrame(rows, schema=_COLUMNS)


_COLUMNS: dict[str, type[pl.DataType]] = {
    "scenario": pl.String,
    "periods": pl.Int64,
    **{f"gain{end}": pl.Float64 for end in ("", "_low", "_high")},
    "money": pl.Float64,
    **{f"net{end}": pl.Float64 for end in ("", "_low", "_high")},
    "probability": pl.Float64,
    "doubts": pl.String,
}


def plan_table(scenarios: Sequence[Scenario]) -> pl.DataFrame:
    """The money of each scenario by period, geo and channel."""
    frames = [
        each.plan.to_frame().select(pl.lit(each.request.name).alias("scenario"), pl.all())
        for each in scenarios
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema={"scenario": pl.String})


def _write_tables(
    scenarios: Sequence[Scenario], *, unit: str, currency: str
) -> tuple[SheetTable, ...]:
    count = unit_formatter(unit, currency=currency)
    money = unit_formatter(currency, currency=currency)
    names = [_name(each) for each in scenarios]
    side = SheetTable(
        title="Against today's plan",
        about="What each brings with its carry-over, what it costs, and what is left where the KPI "
        "has a value in money.",
        caption="Scenarios against today's plan",
        heads=tuple((h, "") for h in ("Scenario", "Brings", "Costs", "Leaves", "More than today")),
        rows=tuple(
            (
                name,
                str(format_interval(each.gain, count)),
                money(each.money),
                str(format_interval(each.net, money)),
                tell_chance(each.probability),
            )
            for name, each in zip(names, scenarios, strict=True)
        ),
    )
    if len(scenarios) == 1:
        return (side,)
    pairs = SheetTable(
        title="Against each other",
        about="The probability that the scenario of the row brings more than that of the column.",
        caption="Probability that one brings more than another",
        heads=tuple((head, "") for head in ("", *names)),
        rows=tuple(
            (name, *("–" if i == j else tell_chance(p) for j, p in enumerate(row)))
            for i, (name, row) in enumerate(zip(names, compare(scenarios).tolist(), strict=True))
        ),
    )
    return (side, pairs)


def _name(scenario: Scenario) -> str:
    return scenario.request.name.replace("_", " ")


def _name_window(plan: Plan) -> str:
    first = plan.periods[0].astype("datetime64[D]").item()
    n_days = len(plan.periods) * plan.period_days
    return format_window(DayWindow(first, first + timedelta(days=n_days - 1)))


def _flatten(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.median, f"{name}_low": interval.low, f"{name}_high": interval.high}


def print_scenarios(
    scenarios: Sequence[Scenario], *, unit: str, currency: str, say: Callable[[str], None]
) -> None:
    """Says each scenario, and which of several brings more."""
    count = unit_formatter(unit, currency=currency)
    for scenario in scenarios:
        money = format_money(scenario.money, currency=currency)
        say(f"{scenario.request.name}, {scenario.request.periods} periods, against today's plan")
        say(f"  KPI    {format_interval(scenario.gain, count)}")
        say(f"  spend  {money}")
        say(f"  more than nothing with a probability of {tell_chance(scenario.probability)}")
        for name, gain in scenario.by_channel.items():
            say(f"  {name:<20} {format_interval(gain, count)}")
        for sentence in scenario.sentences:
            say(f"  - {sentence}")
    if len(scenarios) > 1:
        say("")
        say("Probability that the scenario of the row brings more than that of the column:")
        names = [scenario.request.name for scenario in scenarios]
        width = max(8, *map(len, names))
        say("  ".join([" " * width, *(name.rjust(width) for name in names)]))
        for name, row in zip(names, compare(scenarios), strict=True):
            say("  ".join([name.ljust(width), *(f"{p:.0%}".rjust(width) for p in row)]))


def scenarios_json(
    scenarios: Sequence[Scenario], *, version: str, unit: str, currency: str
) -> dict[str, Any]:
    """The scenarios and their comparison as plain values for a program."""
    return {
        "model_version": version,
        "unit": unit,
        "currency": currency,
        "scenarios": [
            {
                "request": scenario.request.model_dump(mode="json"),
                "gain": _to_row(scenario.gain),
                "money": scenario.money,
                "net": _to_row(scenario.net),
                "probability": scenario.probability,
                "by_channel": {name: _to_row(g) for name, g in scenario.by_channel.items()},
                "sentences": list(scenario.sentences),
            }
            for scenario in scenarios
        ],
        "brings_more": compare(scenarios).tolist(),
    }


def _to_row(interval: Interval) -> dict[str, float]:
    return {"median": interval.median, "low": interval.low, "high": interval.high}
