"""Scenarios on a terminal and as JSON.

Belongs here: their numbers as text. Must not: playing them (see `decisions.scenario`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from mmm_orchestration.decisions.scenario import Scenario, compare
from mmm_orchestration.decisions.words import tell_chance
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.format import format_interval, format_money, unit_formatter


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
