"""One's own numbers beside the field, and the return of the programme, on a terminal.

Belongs here: numbers as text. Must not: comparing or computing (see `decisions.field`,
`decisions.programme`).
"""

from collections.abc import Callable, Mapping, Sequence

from mmm_orchestration.decisions.field import Measure, Placed
from mmm_orchestration.decisions.programme import Programme, Return
from mmm_orchestration.decisions.words import tell_chance
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.format import (
    Formatter,
    format_days,
    format_interval,
    format_money,
    format_percent,
    format_score,
)

Say = Callable[[str], None]

_WHAT: Mapping[Measure, str] = {
    "revenue_roi": "revenue per unit of money",
    "profit_roi": "profit per unit of money, by the margin given",
    "media_share": "part of the KPI that media brought",
    "elasticity": "per cent of KPI for one per cent more media",
    "carry_over_days": "days until 90 % of the effect has come",
}


def _score(value: float) -> str:
    return format_score(value, decimals=2)


_SHOW: Mapping[Measure, Formatter] = {
    "revenue_roi": _score,
    "profit_roi": _score,
    "media_share": format_percent,
    "elasticity": _score,
    "carry_over_days": format_days,
}


def print_field(
    placed: Sequence[Placed], *, kinds: Mapping[str, str], channels: Sequence[str], say: Say
) -> None:
    """Says each number beside those of others, then where these come from and why to doubt them."""
    for measure, what in _WHAT.items():
        rows = [row for row in placed if row.published.measure == measure]
        if not rows:
            continue
        say(f"{what[0].upper()}{what[1:]}:")
        for row in rows:
            show, other = _SHOW[measure], row.published
            ends = dict.fromkeys((show(other.low), show(other.high)))
            kind = f" as {other.kind.replace('_', ' ')}" if other.kind else ""
            say(
                f"  {row.channel or 'all media'}{kind}: {format_interval(row.own, show)}, "
                f"{row.verdict} {' to '.join(ends)} of {other.source.name} ({other.source.year})"
            )
    missing = [name for name in channels if name not in kinds]
    if missing:
        say(f"Of no known kind: {', '.join(missing)}. Say it with --as CHANNEL=KIND.")
    say("")
    say("These are other brands, years and methods: a reason to ask, never a belief of the model.")
    for source in dict.fromkeys(row.published.source for row in placed):
        say(f"- {source}. {source.place}; {source.basis}. Doubt: {source.weak}.")


def print_programme(
    programme: Programme, brought: Return, *, currency: str, gain_from: str, say: Say
) -> None:
    """Says what the programme brings, then everything that this rests on."""

    def money(value: float) -> str:
        return format_money(value, currency=currency)

    def show(interval: Interval) -> str:
        return str(format_interval(interval, money))

    gain = programme.gain
    say(f"Profit of a year          {show(brought.profit)}")
    say(f"less its costs            {show(brought.net)}")
    say(f"over {programme.years} years, setup too    {show(brought.total)}")
    say(f"pays for itself           with a probability of {tell_chance(brought.pays)}")
    if brought.roi is not None:
        say(f"profit per unit of cost   {_score(brought.roi)}")
    months = brought.payback_months
    never = "never, at the median"
    say(f"setup is earned back      {never if months is None else f'after {months:.1f} months'}")
    if brought.break_even is not None:
        say(f"nothing is left where a plan brings {money(brought.break_even)} or less")
    say("")
    say("This rests on:")
    gained = Interval(gain.median, gain.low, gain.high)
    say(f"- a plan brings {show(gained)} beyond today's, as {gain_from} says;")
    say(
        f"- {programme.plans_per_year:.1f} such plans a year, each against today's way of spending;"
    )
    say(f"- {format_percent(programme.margin)} of the KPI's money is profit;")
    say(
        f"- {format_percent(programme.followed)} of plans are followed, and of their gain "
        f"{format_percent(programme.realised)} comes true, give or take "
        f"{format_percent(programme.realised_spread)};"
    )
    costs = ("people", "tools", "compute", "tests")
    told = ", ".join(f"{name} {money(getattr(programme, name))}" for name in costs)
    say(f"- costs a year: {told} (media held out in tests); once: {money(programme.setup)}.")
