"""How a plan was followed, on a terminal.

Belongs here: numbers as text. Must not: comparing (see `decisions.followed`).
"""

from collections.abc import Callable, Sequence
from datetime import date

from mmm_orchestration.decisions.followed import Followed, count_periods_over
from mmm_orchestration.decisions.record import Approval, Promise
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.format import (
    format_interval,
    format_money,
    format_percent,
    unit_formatter,
)


def print_followed(
    approval: Approval, rows: Sequence[Followed], *, today: date, say: Callable[[str], None]
) -> None:
    """Says the plan, then one line per channel and one for all."""
    n_over = count_periods_over(approval, today=today)
    say(
        f"Plan {approval.name} for {approval.first} to {approval.last}, approved by {approval.by}: "
        f"{approval.reason}. {n_over} of {approval.n_periods} periods are over."
    )
    count = unit_formatter(approval.unit, currency=approval.currency)

    def show(promise: Promise | None) -> str:
        if promise is None:
            return "not known before the next training"
        return str(format_interval(Interval(promise.median, promise.low, promise.high), count))

    for row in rows:
        planned = format_money(row.planned, currency=approval.currency)
        spent = format_money(row.spent, currency=approval.currency)
        part = "" if row.planned == 0 else f", {format_percent(row.deviation)} from the plan"
        mark = "" if row.is_followed else "  not followed"
        say(f"{row.channel}: planned {planned}, spent {spent}{part}{mark}")
        say(f"  promised {show(row.promised)} over all periods; brought {show(row.brought)} so far")
