"""A simulated campaign on a terminal and as JSON.

Belongs here: its numbers as text. Must not: simulating (see `decisions.simulate`).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mmm_orchestration.decisions.simulate import Simulation
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.format import (
    format_interval,
    format_money,
    format_ratio,
    unit_formatter,
)


def print_simulation(
    simulation: Simulation, *, unit: str, currency: str, say: Callable[[str], None]
) -> None:
    """Says the KPI by period, what channels bring, and when to spend."""
    count = unit_formatter(unit, currency=currency)
    n_planned = len(simulation.plan.periods)
    say(f"{'period':<12}{'spend':>12}  {'KPI':<34}{'of it by the plan'}")
    for i, period in enumerate(simulation.periods):
        spent = simulation.plan.spend[i].sum() if i < n_planned else 0.0
        say(
            f"{period!s:<12}{format_money(spent, currency=currency):>12}  "
            f"{format_interval(simulation.kpi[i], count)!s:<34}"
            f"{format_interval(simulation.media[i], count)}"
        )
    say("")
    say(f"The plan brings {format_interval(simulation.brings, count)}")
    if simulation.roi is not None:
        say(f"ROI {format_ratio(simulation.roi)}")
    for channel in simulation.channels:
        roi = "" if channel.roi is None else f"ROI {format_ratio(channel.roi)}"
        money = format_money(channel.planned, currency=currency)
        contribution = format_interval(channel.contribution, count)
        say(f"  {channel.channel:<20}{money:>12}  {contribution!s:<34}{roi}")
    for sentence in simulation.sentences:
        say(f"- {sentence}")


def simulation_json(
    simulation: Simulation, *, version: str, unit: str, currency: str
) -> dict[str, Any]:
    """The simulation as plain values; a model of weeks also by day, spread evenly, and so named."""
    n_days = simulation.plan.period_days
    return {
        "model_version": version,
        "unit": unit,
        "currency": currency,
        "brings": _to_row(simulation.brings),
        "roi": None if simulation.roi is None else _to_row(simulation.roi),
        "periods": [
            {"period": str(period), "kpi": _to_row(kpi), "media": _to_row(media)}
            for period, kpi, media in zip(
                simulation.periods, simulation.kpi, simulation.media, strict=True
            )
        ],
        "days_are_spread_evenly": n_days > 1,
        "days": [
            {
                "day": str(period.astype("datetime64[D]").item() + timedelta(days=d)),
                "kpi_median": kpi.median / n_days,
            }
            for period, kpi in zip(simulation.periods, simulation.kpi, strict=True)
            for d in range(n_days)
        ],
        "channels": [
            {
                "channel": each.channel,
                "spend": each.planned,
                "contribution": _to_row(each.contribution),
                "roi": None if each.roi is None else _to_row(each.roi),
            }
            for each in simulation.channels
        ],
        "flights": [
            {"name": f.name, "beyond": _to_row(f.beyond), "probability": f.probability}
            for f in simulation.flights
        ],
        "sentences": list(simulation.sentences),
    }


def _to_row(interval: Interval) -> dict[str, float]:
    return {"median": interval.median, "low": interval.low, "high": interval.high}
