"""A campaign before it runs: the KPI by period, what each channel brings, and when to spend.

Belongs here: simulations of a plan. Must not: reading the plan from a file (see `campaigns`).
"""

from dataclasses import dataclass

import numpy as np

from mmm_orchestration.decisions.ahead import ASSUMED, forecast_kpi
from mmm_orchestration.decisions.channels import describe_channels
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.plan import Plan
from mmm_orchestration.decisions.results import ChannelPlan
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.model.data import Array, Days
from mmm_orchestration.model.posterior import Posterior

SURE = 0.9


@dataclass(frozen=True)
class Flight:
    """The same money of every channel spread in another way: what it brings beyond the plan."""

    name: str
    beyond: Interval
    probability: float


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a plan is expected to do.

    `periods` (period + lag,) are those of the plan and of its carry-over after it, in which
    nothing is spent; `kpi` is the KPI of each, all geos together, noise included, and `media` what
    the plan brings in each, both as intervals in KPI units.
    """

    plan: Plan
    periods: Days
    kpi: tuple[Interval, ...]
    media: tuple[Interval, ...]
    brings: Interval
    roi: Interval | None
    channels: tuple[ChannelPlan, ...]
    flights: tuple[Flight, ...]
    sentences: tuple[str, ...]


def simulate(plan: Plan, *, model: FrozenModel, posterior: Posterior) -> Simulation:
    """The simulation of `plan`, which begins right after the trained periods."""
    spend = plan.spend
    gains = model.gain(spend)
    kpi = forecast_kpi(posterior, model=model, spend=spend).sum(axis=2)
    media = model.gain_by_period(spend).sum(axis=2)
    flights = tuple(_compare_flights(model, spend, gains=gains))
    return Simulation(
        plan=plan,
        periods=model.lay_out(len(spend) + model.n_lags),
        kpi=tuple(compute_interval(column) for column in kpi.T),
        media=tuple(compute_interval(column) for column in media.T),
        brings=compute_interval(gains),
        roi=compute_interval(model.value * gains / plan.total) if plan.total else None,
        channels=describe_channels(model, plan=plan, today=model.plan_today(len(spend))),
        flights=flights,
        sentences=(*_advise(flights), *_tell_outside(model, spend), ASSUMED),
    )


def _compare_flights(model: FrozenModel, spend: Array, *, gains: Array) -> list[Flight]:
    """Even and pulsed spending beside the plan's own, money by channel and geo unchanged."""
    n_periods = len(spend)
    patterns = {
        "even": np.ones(n_periods),
        "every other period": (np.arange(n_periods) % 2 == 0).astype(float),
        "the first half": (np.arange(n_periods) < (n_periods + 1) // 2).astype(float),
    }
    totals = spend.sum(axis=0)
    flights = []
    for name, pattern in patterns.items():
        other = pattern[:, None, None] / pattern.sum() * totals
        if np.allclose(other, spend):
            continue
        beyond = model.gain(other) - gains
        flights.append(Flight(name, compute_interval(beyond), float((beyond > 0).mean())))
    return flights


def _advise(flights: tuple[Flight, ...]) -> list[str]:
    better = [flight for flight in flights if flight.probability >= SURE]
    if not better:
        return ["Spreading the same money otherwise would not surely bring more."]
    best = max(better, key=lambda flight: flight.beyond.median)
    return [
        f"The same money spent in the pattern '{best.name}' would bring more, with a probability "
        f"of {best.probability:.0%}."
    ]


def _tell_outside(model: FrozenModel, spend: Array) -> list[str]:
    high = spend.max(axis=0) > model.observed_max * (1 + 1e-9)
    names = [name for c, name in enumerate(model.channels) if high[:, c].any()]
    if not names:
        return []
    return [
        f"Spend on {', '.join(names)} is above the largest observed, where response curves are "
        "extrapolated."
    ]
