"""The best plan near a start: steps that see slope and curvature, and keep to every limit.

Belongs here: one ascent from one start. Must not: where to start (see `starts`), what a plan is
worth to people (see `certify`).

Each step goes to the best point of a model of the objective that is a parabola in every variable,
which is one projection, and then as far along the way there as the objective rises (Armijo). The
curvature comes from the slope at a plan that is a little larger throughout, which sees that what
is spent in one period leaves less for its neighbours, and is scaled by what the last step showed
(Barzilai and Borwein 1988).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.objective import score
from mmm_orchestration.decisions.problem import Problem
from mmm_orchestration.decisions.projection import project
from mmm_orchestration.decisions.request import Objective
from mmm_orchestration.model.data import Array

MAX_STEPS = 200
TOLERANCE = 1e-6
_NUDGE = 0.02
_FLAT = 1e-3
_SUFFICIENT = 1e-4


@dataclass(frozen=True, eq=False)
class Goal:
    """What is climbed: the objective of a plan less `hurdle` times its money, by variables.

    In money where the KPI has a value, in KPI units otherwise.
    """

    model: FrozenModel
    problem: Problem
    objective: Objective
    hurdle: float = 0.0

    @cached_property
    def today(self) -> Array:
        """What today's plan gains, money, shape (draw,)."""
        n_periods = self.problem.owner.shape[0]
        return self.model.value * self.model.gain(self.model.plan_today(n_periods).spend)

    @cached_property
    def size(self) -> float:
        """How large the objective is today, so that a tolerance means something."""
        return abs(score(self.today, today=self.today, objective=self.objective).value) or 1.0

    def measure(self, z: Array) -> float:
        """The value at variables `z` (variable,)."""
        spend = self.problem.spend(z)
        gains = self.model.value * self.model.gain(spend)
        scored = score(gains, today=self.today, objective=self.objective)
        return scored.value - self.hurdle * float(spend.sum())

    def climb(self, z: Array) -> tuple[float, Array]:
        """The value at `z`, and its derivative by each variable."""
        spend = self.problem.spend(z)
        answer = self.model.answer(spend)
        gains = self.model.value * (answer.total - self.model.count_rest(len(spend)))
        scored = score(gains, today=self.today, objective=self.objective)
        slope = (
            self.model.value * self.model.compute_gradient(answer, weights=scored.weights)
            - self.hurdle
        )
        value = scored.value - self.hurdle * float(spend.sum())
        return value, self.problem.pull(slope)


@dataclass(frozen=True, eq=False)
class Summit:
    """Where an ascent ended: `z` (variable,), its value and slope, and whether it converged.

    `multipliers` (row,) are what one more unit of each limit would bring.
    """

    z: Array
    value: float
    slope: Array
    multipliers: Array
    steps: int
    has_converged: bool


def ascend(
    goal: Goal, *, start: Array, tolerance: float = TOLERANCE, max_steps: int = MAX_STEPS
) -> Summit:
    """The summit above `start` (variable,), to which nothing within the limits is added.

    It has converged where the model of the next step promises less than `tolerance` times the
    size of the objective.
    """
    region = goal.problem.region
    z = project(start, curvature=np.ones_like(start), region=region).z
    value, slope = goal.climb(z)
    curvature, scale = _measure_curvature(goal, z, slope=slope), 1.0
    multipliers: Array | None = None
    for step in range(max_steps):
        bent = scale * curvature
        aim = project(z + slope / bent, curvature=bent, region=region, start=multipliers)
        multipliers = aim.multipliers
        way = aim.z - z
        promise = float(slope @ way) - 0.5 * float(bent @ way**2)
        if promise < tolerance * goal.size:
            return Summit(z, value, slope, multipliers, step, has_converged=True)
        part, reached, steeper = _walk(goal, z, way=way, value=value, rise=float(slope @ way))
        if part == 0:
            if scale > 1e6:
                break
            scale *= 10
            continue
        moved = part * way
        drop = float(moved @ (slope - steeper))
        z, value, slope = z + moved, reached, steeper
        curvature = _measure_curvature(goal, z, slope=slope)
        shown = drop / float(curvature @ moved**2)
        scale = float(np.clip(shown, 0.2, 5.0)) if drop > 0 else 0.2
    return Summit(
        z,
        value,
        slope,
        np.zeros(len(region.floor)) if multipliers is None else multipliers,
        max_steps,
        has_converged=False,
    )


def _walk(
    goal: Goal, z: Array, *, way: Array, value: float, rise: float
) -> tuple[float, float, Array]:
    """How far along `way` the objective rises enough, its value and slope there."""
    for part in 0.5 ** np.arange(12):
        reached, slope = goal.climb(z + part * way)
        if reached >= value + _SUFFICIENT * part * rise:
            return float(part), reached, slope
    return 0.0, value, np.zeros_like(z)


def _measure_curvature(goal: Goal, z: Array, *, slope: Array) -> Array:
    """How fast the slope of each variable falls as the whole plan grows, above zero, (variable,).

    Where it rises, as at the foot of an S-shaped curve, a little of the typical fall is taken.
    """
    _, further = goal.climb((1 + _NUDGE) * z)
    change = _NUDGE * np.where(z > 0, z, 1.0)
    fall = np.where(z > 0, (slope - further) / change, 0.0)
    steep = np.abs(slope) / np.maximum(goal.problem.region.high, 1e-9)
    least = _FLAT * max(float(steep.max()), 1e-12)
    return np.maximum(fall, np.maximum(_FLAT * steep, least))
