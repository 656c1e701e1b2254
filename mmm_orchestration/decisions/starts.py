"""Where the search for a plan starts, so that a summit beside a higher one is noticed.

Belongs here: starting points. Must not: the search (see `search`).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from mmm_orchestration.decisions.problem import BUDGET, Problem
from mmm_orchestration.decisions.search import Goal
from mmm_orchestration.model.data import Array

N_LEVELS = 9


def list_starts(goal: Goal, *, n_starts: int, seed: int) -> Iterator[tuple[str, Array]]:
    """Named starts as variables, shape (variable,) each; at least the first two are taken.

    Today's plan; what response curves made concave would recommend, which sees over the foot of
    an S-shaped curve; the same money everywhere; and amounts at random between the bounds.
    """
    problem, model = goal.problem, goal.model
    n_periods = problem.owner.shape[0]
    today = problem.gather(model.plan_today(n_periods).spend)
    yield "today", today
    yield "concave curves", start_from_hulls(goal)
    region = problem.region
    if n_starts > 2:
        middle = np.clip(np.full(len(today), today.mean()), region.low, region.high)
        yield "the same for all", middle
    rng = np.random.default_rng(seed)
    for number in range(1, n_starts - 2):
        yield f"random {number}", rng.uniform(region.low, region.high)


def start_from_hulls(goal: Goal) -> Array:
    """The plan that spends along the least concave curves above the mean response curves.

    Each channel moves as a whole from the least to the most it may spend; the budget goes step by
    step to where a unit of it brings most. The optimum of the concave curves is no worse than that
    of the curves themselves, so it is a good place to look from.
    """
    region = goal.problem.region
    levels = np.linspace(0, 1, N_LEVELS)
    costs, means = [], []
    for level in levels:
        spend = goal.problem.spend(region.low + level * (region.high - region.low))
        costs.append(spend.sum(axis=(0, 1)))
        means.append(goal.model.value * goal.model.gain_by_channel(spend).mean(axis=0))
    cost, mean = np.stack(costs), np.stack(means)
    chosen = _climb_hulls(cost, mean, budget=_find_budget(goal.problem, cost), hurdle=goal.hurdle)
    part = np.zeros(len(region.low))
    channel = np.broadcast_to(np.arange(cost.shape[1]), goal.problem.owner.shape)
    part[goal.problem.owner.ravel()] = np.interp(chosen, np.arange(N_LEVELS), levels)[
        channel.ravel()
    ]
    start: Array = region.low + part * (region.high - region.low)
    return start


def _find_budget(problem: Problem, cost: Array) -> float:
    most = float(cost[-1].sum())
    named = zip(problem.sums, problem.most.tolist(), strict=True)
    return min([most, *(float(limit) for name, limit in named if name == BUDGET)])


def _climb_hulls(cost: Array, mean: Array, *, budget: float, hurdle: float) -> Array:
    """How many levels each channel climbs, (channel,), of `cost` and `mean` (level, channel)."""
    climbs = []
    for c in range(cost.shape[1]):
        kept = _find_hull(cost[:, c], mean[:, c])
        for low, high in pairwise(kept):
            money = cost[high, c] - cost[low, c]
            climbs.append(((mean[high, c] - mean[low, c]) / money, money, c, low, high))
    reached = np.zeros(cost.shape[1])
    left = budget - float(cost[0].sum())
    for slope, money, c, low, high in sorted(climbs, key=lambda climb: -climb[0]):
        if left <= 0 or slope <= hurdle:
            break
        part = min(1.0, left / money)
        reached[c] = low + part * (high - low)
        left -= part * money
    return reached


def _find_hull(cost: Array, mean: Array) -> list[int]:
    """The levels on the least concave curve above the points, in order."""
    kept = [0]
    for level in range(1, len(cost)):
        if cost[level] <= cost[kept[-1]]:
            continue
        while len(kept) > 1 and _is_below(cost, mean, kept[-2], kept[-1], level):
            kept.pop()
        kept.append(level)
    return kept


def _is_below(cost: Array, mean: Array, first: int, middle: int, last: int) -> bool:
    """Whether the point `middle` is on or below the line from `first` to `last`."""
    rise = (mean[last] - mean[first]) / (cost[last] - cost[first])
    return bool(mean[middle] <= mean[first] + rise * (cost[middle] - cost[first]))
