"""A plan with its certificate: as one HTML page, as JSON and on a terminal.

Belongs here: what stands where, as text. Must not: what is worth saying (see `decisions.words`).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.decisions.results import ChannelPlan, Optimum
from mmm_orchestration.decisions.words import tell_chance
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.drawing import use_style
from mmm_orchestration.reporting.figures import WIDE, format_axis, make_axes, shorten
from mmm_orchestration.reporting.format import (
    Formatter,
    amount_ticks,
    format_interval,
    format_money,
    format_number,
    format_percent,
    format_ratio,
    format_window,
    unit_formatter,
)
from mmm_orchestration.reporting.page import draw_twice
from mmm_orchestration.reporting.palette import FIT, INK, OTHER
from mmm_orchestration.reporting.sheet import Sheet, SheetTable, render_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTHING = "–"
_ABOUT_FIGURE = (
    "Grey dots are today's spend over the horizon, purple dots the plan's; a tick marks the "
    "largest spend ever observed, beyond which a response curve is extrapolated."
)


def render_plan(optimum: Optimum, *, version: str) -> str:
    """The plan as one self-contained HTML page."""
    return render_sheet(write_plan(optimum, version=version))


def write_plan(optimum: Optimum, *, version: str) -> Sheet:
    """The page of the plan as text."""
    certificate, kpi = optimum.certificate, optimum.kpi
    first = optimum.plan.periods[0].astype("datetime64[D]").item()
    n_days = len(optimum.plan.periods) * optimum.plan.period_days
    window = DayWindow(first, first + timedelta(days=n_days - 1))
    return Sheet(
        kind="Budget plan",
        title=optimum.title,
        window=format_window(window),
        headline=_write_headline(optimum),
        lede=f"Asked for the best {_name_objective(optimum)} {_name_budget(optimum)}. Today's plan "
        f"spends {_money(optimum, optimum.today.total)} over the same days, the mean of the last "
        f"quarter; this one {_money(optimum, optimum.plan.total)}, and brings "
        f"{format_interval(optimum.brings, _count(optimum))} of {kpi}.",
        advice_title="Before you follow it",
        advice=certificate.sentences,
        drawn=draw_twice(
            lambda width: draw_plan(optimum, width=width), name="plan", description=_ABOUT_FIGURE
        ),
        tables=(_table_channels(optimum), _table_starts(optimum), *_table_limits(optimum)),
        footer=f"Model {version}. Money in {optimum.currency}. ROI counts the carry-over after the "
        "horizon. Intervals hold 94 % of the draws.",
    )


def draw_plan(optimum: Optimum, *, width: float = WIDE) -> "Figure":
    """Spend of each channel today and as planned, with the largest that was observed."""
    channels = optimum.channels
    horizon = len(optimum.plan.periods)
    with use_style():
        labels = [shorten(c.channel, length=30 if width >= WIDE else 17) for c in channels]
        height = 0.62 + 0.3 * len(channels)
        left = (0.12 + 0.078 * max(map(len, labels))) / width
        rect = (left, 0.5 / height, 0.97 - left, 0.97 - 0.5 / height)
        figure, axes = make_axes(width=width, height=height, rect=rect)
        top = max(max(c.today, c.planned) for c in channels)
        axes.set_xlim(0, 1.05 * top or 1.0)
        axes.set_ylim(len(channels) - 0.4, -0.6)
        axes.set_yticks(range(len(channels)), labels, color=INK)
        axes.grid(visible=False, axis="y")
        for y, c in enumerate(channels):
            axes.plot([c.today, c.planned], [y, y], color=OTHER, linewidth=2)
            axes.plot([c.today], [y], "o", color=OTHER, markersize=6)
            axes.plot([c.planned], [y], "o", color=FIT, markersize=7.5)
            most = c.observed_max * horizon
            if most <= 1.05 * top:
                axes.plot([most], [y], "|", color=INK, markersize=11)
        unit = amount_ticks(optimum.currency, currency=optimum.currency)
        format_axis(axes.xaxis, unit=unit, n_ticks=9 if width >= WIDE else 5)
        axes.set_xlabel(f"spend over the horizon, {optimum.currency}")
        return figure


def plan_json(optimum: Optimum, *, version: str) -> dict[str, Any]:
    """The plan, its certificate and its channels as plain values for a program."""
    certificate = optimum.certificate
    return {
        "model_version": version,
        "currency": optimum.currency,
        "kpi": optimum.kpi,
        "unit": optimum.unit,
        "period_days": optimum.plan.period_days,
        "request": optimum.request.model_dump(mode="json"),
        "seconds": round(optimum.seconds, 4),
        "total": {"today": optimum.today.total, "planned": optimum.plan.total},
        "brings": _to_row(optimum.brings),
        "channels": [
            {
                "channel": c.channel,
                "today": c.today,
                "planned": c.planned,
                "contribution": _to_row(c.contribution),
                "roi": None if c.roi is None else _to_row(c.roi),
                "marginal_roi": None if c.marginal_roi is None else _to_row(c.marginal_roi),
                "split_noise": _finite(certificate.split_noise[c.channel]),
            }
            for c in optimum.channels
        ],
        "certificate": {
            "is_improvement": certificate.is_improvement,
            "sentences": list(certificate.sentences),
            "gain": _to_row(certificate.gain),
            "gain_mean": certificate.gain_mean,
            "gain_noise": _finite(certificate.gain_noise),
            "probability": certificate.probability,
            "advantage": certificate.advantage,
            "advantage_noise": _finite(certificate.advantage_noise),
            "outside": certificate.outside,
            "regret": certificate.regret,
            "residual": certificate.residual,
            "has_converged": certificate.has_converged,
            "n_agree": certificate.n_agree,
            "starts": [vars(start) for start in certificate.starts],
            "limits": [
                {
                    "name": slack.name,
                    "value": slack.value,
                    "low": _finite(slack.low),
                    "high": _finite(slack.high),
                    "is_met": slack.is_met,
                    "price": slack.price,
                }
                for slack in certificate.slacks
            ],
        },
        "plan": [
            {**row, "period": row["period"].isoformat()}
            for row in optimum.plan.to_frame().iter_rows(named=True)
        ],
    }


def channel_table(optimum: Optimum) -> pl.DataFrame:
    """One row per channel: money, contribution and returns as numbers."""
    rows = []
    for c in optimum.channels:
        row: dict[str, str | float | None] = {
            "channel": c.channel,
            "today": c.today,
            "planned": c.planned,
        }
        for name in ("contribution", "roi", "marginal_roi"):
            interval: Interval | None = getattr(c, name)
            for end in ("median", "low", "high"):
                row[f"{name}_{end}"] = None if interval is None else getattr(interval, end)
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def print_plan(optimum: Optimum, *, say: Callable[[str], None]) -> None:
    """Says the plan and its certificate line by line."""
    sheet = write_plan_text(optimum)
    for line in sheet:
        say(line)


def write_plan_text(optimum: Optimum) -> list[str]:
    """The plan as lines of text: headline, channels, certificate."""
    table = _table_channels(optimum)
    rows = [tuple(name for name, _ in table.heads), *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    certificate = optimum.certificate
    return [
        _write_headline(optimum),
        "",
        *lines,
        "",
        *(f"- {sentence}" for sentence in certificate.sentences),
        f"- {certificate.n_agree} of {len(certificate.starts)} starts agree; marginal returns "
        f"differ by {certificate.residual:.2%}; {format_percent(certificate.outside)} of the gain "
        f"is outside observed spend; found in {optimum.seconds:.2f} s.",
    ]


def _write_headline(optimum: Optimum) -> str:
    certificate = optimum.certificate
    if not certificate.is_improvement:
        return "No plan within these limits is surely better than today's."
    moved = max(optimum.channels, key=lambda c: abs(c.planned - c.today))
    way = "more" if moved.planned > moved.today else "less"
    return (
        f"Spend {_money(optimum, abs(moved.planned - moved.today))} {way} on {moved.channel} "
        f"first: the whole plan brings {_count(optimum)(certificate.gain.median)} more of "
        f"{optimum.kpi} than today's, with a probability of {tell_chance(certificate.probability)}."
    )


def _table_channels(optimum: Optimum) -> SheetTable:
    return SheetTable(
        title="What to spend",
        about="Money over the horizon, and what it brings with its carry-over. Channels are in the "
        "order of the model.",
        caption="Spend, contribution and returns by channel",
        heads=(
            ("channel", ""),
            ("today", "n"),
            ("plan", "n"),
            ("change", "n"),
            (optimum.kpi, "n"),
            ("ROI", "n"),
            ("marginal ROI", "n"),
            ("± by seed", "n"),
        ),
        rows=tuple(_write_channel(c, optimum) for c in optimum.channels),
    )


def _write_channel(c: ChannelPlan, optimum: Optimum) -> tuple[str, ...]:
    change = f"{c.planned / c.today - 1:+.0%}" if c.today else NOTHING
    noise = optimum.certificate.split_noise[c.channel]
    return (
        c.channel,
        _money(optimum, c.today),
        _money(optimum, c.planned),
        change,
        str(format_interval(c.contribution, _count(optimum))),
        NOTHING if c.roi is None else str(format_ratio(c.roi)),
        NOTHING if c.marginal_roi is None else str(format_ratio(c.marginal_roi)),
        format_percent(noise) if np.isfinite(noise) else NOTHING,
    )


def _table_starts(optimum: Optimum) -> SheetTable:
    certificate = optimum.certificate
    best = max(start.value for start in certificate.starts)
    return SheetTable(
        title="Where the search began and ended",
        about=f"{certificate.n_agree} of {len(certificate.starts)} starts ended within a "
        "thousandth of the best value; from the best one the plan was then refined on more draws. "
        f"Marginal returns of the money that is free to move differ by {certificate.residual:.2%}.",
        caption="The starts of the search",
        heads=(("start", ""), ("value", "n"), ("below the best", "n"), ("steps", "n")),
        rows=tuple(
            (
                start.name,
                format_number(start.value),
                f"{(best - start.value) / abs(best):.2%}" if best else NOTHING,
                str(start.iterations) + ("" if start.has_converged else ", stopped"),
            )
            for start in certificate.starts
        ),
    )


def _table_limits(optimum: Optimum) -> list[SheetTable]:
    slacks = optimum.certificate.slacks
    if not slacks:
        return []
    return [
        SheetTable(
            title="Limits",
            about="What the plan keeps to. The price is what one more unit of money in a limit "
            "that is met would bring.",
            caption="Limits on sums of spend",
            heads=(
                ("limit", ""),
                ("spent", "n"),
                ("least", "n"),
                ("most", "n"),
                ("met", ""),
                ("price", "n"),
            ),
            rows=tuple(
                (
                    slack.name,
                    _money(optimum, slack.value),
                    _money(optimum, slack.low) if np.isfinite(slack.low) else NOTHING,
                    _money(optimum, slack.high) if np.isfinite(slack.high) else NOTHING,
                    "yes" if slack.is_met else "no",
                    f"{slack.price:,.2f}" if slack.is_met else NOTHING,
                )
                for slack in slacks
            ),
        )
    ]


def _name_objective(optimum: Optimum) -> str:
    objective = optimum.request.objective
    return {
        "mean": "expected outcome",
        "quantile": f"{objective.level:.0%} quantile of the outcome",
        "cvar": f"mean of the worst {objective.level:.0%} of outcomes",
        "beat_today": "chance of beating today's plan",
    }[objective.kind]


def _name_budget(optimum: Optimum) -> str:
    budget = optimum.request.budget
    if budget.kind == "free":
        if budget.roi:
            return f"at a ROI of {budget.roi:g}"
        return f"while one more unit of money brings {budget.marginal_roi or 1:g} back"
    amount = f"{budget.percent:g} % of today's" if budget.total is None else f"{budget.total:,.0f}"
    return f"with {'a fixed' if budget.kind == 'fixed' else 'at most a'} budget of {amount}"


def _count(optimum: Optimum) -> Formatter:
    return unit_formatter(optimum.unit, currency=optimum.currency)


def _money(optimum: Optimum, value: float) -> str:
    return format_money(value, currency=optimum.currency)


def _to_row(interval: Interval) -> dict[str, float]:
    return {"median": interval.median, "low": interval.low, "high": interval.high}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
