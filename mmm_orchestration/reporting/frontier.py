"""Frontier, points of diminishing returns and best frequencies on a terminal.

Belongs here: their numbers as text. Must not: computing them (see `decisions.frontier`).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mmm_orchestration.reporting.format import (
    format_interval,
    format_money,
    format_percent,
    format_score,
    unit_formatter,
)

if TYPE_CHECKING:
    from mmm_orchestration.planning import Outlook


def print_outlook(outlook: "Outlook", *, say: Callable[[str], None]) -> None:
    """Says the frontier, then where returns fall, then how often to reach people."""
    count = unit_formatter(outlook.unit, currency=outlook.currency)

    def money(value: float) -> str:
        return format_money(value, currency=outlook.currency)

    _say_table(
        ("of today's", "spend", "brings", "ROI", "marginal ROI"),
        [
            (
                f"{point.percent:g} %",
                money(point.spend),
                str(format_interval(point.brings, count)),
                format_score(point.roi, decimals=2),
                format_score(point.marginal_roi, decimals=2),
            )
            for point in outlook.points
        ],
        say=say,
    )
    say("")
    say("Per period and channel: where the next unit of money brings most, and where just itself.")
    _say_table(
        ("channel", "today", "most observed", "steepest", "break-even"),
        [
            (
                turn.channel,
                money(turn.today),
                money(turn.observed_max),
                str(format_interval(turn.steepest, money)),
                str(format_interval(turn.break_even, money)),
            )
            for turn in outlook.turns
        ],
        say=say,
    )
    for best in outlook.frequencies:
        say(
            f"{best.channel}: {best.today:.1f} contacts per person today, best "
            f"{format_interval(best.best, lambda f: f'{f:.1f}')}; the same contacts would bring "
            f"{format_interval(best.gain, format_percent)} more."
        )


def _say_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, say: Callable[[str], None]
) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = zip(row, widths, strict=True)
        say("  ".join(cell.rjust(width) for cell, width in cells))
