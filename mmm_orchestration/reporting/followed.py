"""How a plan was followed: in sentences and on a terminal.

Belongs here: numbers as text. Must not: comparing (see `decisions.followed`).
"""

from collections.abc import Callable, Sequence

from mmm_orchestration.days import DayWindow
from mmm_orchestration.decisions.followed import TOLERANCE, FollowedChannel
from mmm_orchestration.decisions.record import Approval, Promise
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.format import (
    format_interval,
    format_money,
    format_percent,
    format_window,
    unit_formatter,
)
from mmm_orchestration.reporting.sentences import join_names


def describe_following(rows: Sequence[FollowedChannel], *, n_over: int) -> str:
    """Whether spend kept to the plan, in one sentence, with the channels that did not."""
    if not n_over:
        return "No period of the plan is over yet."
    away = [row for row in rows if not row.is_followed]
    if not away:
        return f"Spend is within {format_percent(TOLERANCE)} of the plan in every channel."
    told = join_names([f"{row.channel} {_show_deviation(row)}" for row in away])
    return f"Spend is more than {format_percent(TOLERANCE)} away from the plan in: {told}."


def say_followed(
    approval: Approval, rows: Sequence[FollowedChannel], *, n_over: int
) -> tuple[str, ...]:
    """The plan of record in a few sentences: how far it is, whether kept to, what it brought."""
    count = unit_formatter(approval.unit, currency=approval.currency)
    *_, whole = rows
    window = format_window(DayWindow(approval.first, approval.last))
    lines = [
        f"The plan of record is for {window}, approved by {approval.by}; {n_over} of its "
        f"{approval.n_periods} periods are over."
    ]
    if n_over:
        planned, spent = (
            format_money(money, currency=approval.currency)
            for money in (whole.planned, whole.spent)
        )
        lines.append(f"Of {planned} planned for them {spent} were spent.")
        lines.append(describe_following(rows, n_over=n_over))
    if whole.brought is not None:
        promised, brought = (
            format_interval(Interval(p.median, p.low, p.high), count)
            for p in (whole.promised, whole.brought)
        )
        lines.append(f"They brought {brought}; all of the plan was to bring {promised}.")
    return tuple(lines)


def _show_deviation(row: FollowedChannel) -> str:
    if not row.planned:
        return "(nothing was planned)"
    return f"({'+' if row.deviation > 0 else ''}{format_percent(row.deviation)})"


def print_followed(
    approval: Approval,
    rows: Sequence[FollowedChannel],
    *,
    n_over: int,
    say: Callable[[str], None],
) -> None:
    """Says the plan, then one line per channel and one for all."""
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
