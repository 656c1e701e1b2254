"""How much to spend: the best outcome of every budget, and where a channel's returns fall.

Belongs here: frontiers and points of diminishing returns. Must not: one plan (see `optimise`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.problem import BUDGET
from mmm_orchestration.decisions.request import Budget, PlanRequest
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.model.data import Array
from mmm_orchestration.project import Project

PERCENTS = (25.0, 50.0, 75.0, 90.0, 100.0, 110.0, 125.0, 150.0, 175.0)
WIDE = 100.0
N_LEVELS = 61
BEYOND = 1.5


@dataclass(frozen=True)
class FrontierPoint:
    """The best plan for `percent` of today's money: what it costs and brings, KPI units.

    `marginal_roi` is what one more unit of money would bring there, in money where the KPI has a
    value; `roi` that of all of it.
    """

    percent: float
    spend: float
    brings: Interval
    roi: float
    marginal_roi: float


@dataclass(frozen=True)
class Turn:
    """Where the returns of one channel fall, in money per period over all geos.

    `steepest` is where the next unit of money brings most: zero for a concave curve, above it for
    an S-shaped one, below which spending little is worth least. `break_even` is where the next
    unit brings just itself back; it is at most what was looked at, `BEYOND` times the largest
    spend observed.
    """

    channel: str
    today: float
    observed_max: float
    steepest: Interval
    break_even: Interval


def trace_frontier(
    model: FrozenModel,
    *,
    request: PlanRequest,
    project: Project,
    percents: Sequence[float] = PERCENTS,
) -> tuple[FrontierPoint, ...]:
    """The best outcome of each budget in per cent of today's, channels within `WIDE` per cent."""
    points = []
    for percent in percents:
        asked = request.model_copy(
            update={"budget": Budget(percent=percent), "reach": max(request.reach, WIDE)}
        )
        found = optimise(model, asked, project=project)
        price = next(s.price for s in found.certificate.slacks if s.name == BUDGET)
        spend = found.plan.total
        points.append(
            FrontierPoint(
                percent=percent,
                spend=spend,
                brings=found.brings,
                roi=model.value * found.brings.median / spend if spend else float("nan"),
                marginal_roi=price,
            )
        )
    return tuple(points)


def find_turns(model: FrozenModel, *, n_periods: int) -> tuple[Turn, ...]:
    """Where each channel's returns fall, spending steadily and shared out over geos as today."""
    own = np.where(model.today.sum(axis=0) > 0, model.today, model.observed_max)
    part = own / np.where(own.sum(axis=0) > 0, own.sum(axis=0), 1)
    top = BEYOND * model.observed_max.sum(axis=0)
    levels = np.linspace(0, 1, N_LEVELS)
    gains = np.stack(
        [model.gain_by_channel(_spend_steadily(level * top * part, n_periods)) for level in levels]
    )
    turns = []
    for c, name in enumerate(model.channels):
        money = levels * top[c]
        slope = (
            model.value * np.diff(gains[:, :, c], axis=0) / (n_periods * np.diff(money)[:, None])
        )
        middle = 0.5 * (money[1:] + money[:-1])
        turns.append(
            Turn(
                channel=name,
                today=float(model.today[:, c].sum()),
                observed_max=float(model.observed_max[:, c].sum()),
                steepest=compute_interval(_find_steepest(slope, middle)),
                break_even=compute_interval(_find_break_even(slope, middle)),
            )
        )
    return tuple(turns)


def _spend_steadily(by_geo: Array, n_periods: int) -> Array:
    """The same money (geo, channel) in every period."""
    return np.repeat(by_geo[None], n_periods, axis=0)


def _find_steepest(slope: Array, money: Array) -> Array:
    """Where `slope` (level, draw) is largest, zero where that is the first level, (draw,)."""
    place = slope.argmax(axis=0)
    return np.where(place == 0, 0.0, money[place])


def _find_break_even(slope: Array, money: Array) -> Array:
    """The last spend at which a unit of money still brings itself back, (draw,); zero if none."""
    pays = slope >= 1
    last = len(money) - 1 - pays[::-1].argmax(axis=0)
    return np.where(pays.any(axis=0), money[last], 0.0)
