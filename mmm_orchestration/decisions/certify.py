"""The proof that comes with a plan: did the search do its job, and how sure is what it says.

Belongs here: certificates. Must not: the search, sentences (see `words`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.objective import score
from mmm_orchestration.decisions.plan import Plan
from mmm_orchestration.decisions.request import Objective
from mmm_orchestration.decisions.results import Certificate, Slack, Start
from mmm_orchestration.decisions.search import Goal, Summit, ascend
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.model.data import Array

AGREE = 1e-3
REGRET_DRAWS = 16
CHAIN_DRAWS = 256
SIGMAS = 2.0
LOOSE = 1e-4
_AT_BOUND = 1e-6


def certify(
    goal: Goal, *, summit: Summit, starts: Sequence[Start], told: FrozenModel, today: Plan
) -> Certificate:
    """The certificate of the plan at `summit`, told from the draws of `told`."""
    spend = goal.problem.spend(summit.z)
    gains = told.gain(spend) - told.gain(today.spend)
    best = max(start.value for start in starts)
    chains = [
        replace(goal, model=told.select_chain(c).select_draws(CHAIN_DRAWS))
        for c in range(told.n_chains)
    ]
    advantages = [compute_advantage(chain, spend=spend, today=today) for chain in chains]
    advantage = compute_advantage(replace(goal, model=told), spend=spend, today=today)
    noise = _average_noise(advantages)
    gain_means = [float((c.model.gain(spend) - c.model.gain(today.spend)).mean()) for c in chains]
    return Certificate(
        starts=tuple(starts),
        n_agree=sum(best - start.value <= AGREE * abs(best) for start in starts),
        has_converged=summit.has_converged,
        residual=measure_residual(goal, summit=summit),
        slacks=tuple(list_slacks(goal, summit=summit)),
        gain=compute_interval(gains),
        gain_mean=float(gains.mean()),
        gain_noise=_average_noise(gain_means),
        probability=float((gains > 0).mean()),
        advantage=advantage,
        advantage_noise=noise,
        split_noise=measure_split_noise(chains, start=summit.z),
        outside=measure_outside(told, spend=spend, gain=float(gains.mean())),
        regret=measure_regret(goal, summit=summit),
        is_improvement=advantage > max(SIGMAS * noise, 0.0),
    )


def compute_advantage(goal: Goal, *, spend: Array, today: Plan) -> float:
    """By how much the objective is larger with `spend` than with `today`, money or probability."""
    model, hurdle = goal.model, goal.hurdle
    now = model.value * model.gain(today.spend)
    scores = [
        score(gains, today=now, objective=goal.objective).value
        for gains in (model.value * model.gain(spend), now)
    ]
    return scores[0] - scores[1] - hurdle * float(spend.sum() - today.total)


def measure_residual(goal: Goal, *, summit: Summit) -> float:
    """How far marginal returns are from each other where money is free to move, as part of them.

    The slope less the prices of the limits, weighted by money, beside what a unit of it brings:
    zero at a summit. Karush (1939), Kuhn and Tucker (1951).
    """
    region = goal.problem.region
    width = _AT_BOUND * np.maximum(region.high, 1.0)
    is_free = (summit.z > region.low + width) & (summit.z < region.high - width)
    left = summit.slope + region.rows.T @ summit.multipliers
    returns = np.abs(summit.slope + goal.hurdle)
    size = float((returns * summit.z)[is_free].sum())
    missed = float((np.abs(left) * summit.z)[is_free].sum())
    return missed / size if size else 0.0


def list_slacks(goal: Goal, *, summit: Summit) -> Iterator[Slack]:
    """How far the plan is from each limit, and what a looser one would bring."""
    problem, region = goal.problem, goal.problem.region
    values = problem.coefficients @ problem.spend(summit.z).ravel()
    prices = np.where(region.is_equal, -summit.multipliers, summit.multipliers)
    price: dict[str, float] = {}
    for name, each in zip(region.names, prices.tolist(), strict=True):
        price[name] = price.get(name, 0.0) + each
    limits = zip(problem.sums, values.tolist(), problem.least, problem.most, strict=True)
    for name, value, least, most in limits:
        yield Slack(name, value, float(least), float(most), price=price.get(name, 0.0))


def measure_split_noise(chains: Sequence[Goal], *, start: Array) -> dict[str, float]:
    """How far each channel's part of the budget moves with another seed, one standard deviation.

    The plan is sought again on the draws of each chain; that of n chains together scatters by the
    root of n less.
    """
    splits = []
    for chain in chains:
        spend = chain.problem.spend(ascend(chain, start=start, tolerance=LOOSE).z)
        splits.append(spend.sum(axis=(0, 1)) / (spend.sum() or 1.0))
    noise = [_average_noise(column) for column in np.stack(splits).T]
    return dict(zip(chains[0].model.channels, noise, strict=True))


def measure_outside(told: FrozenModel, *, spend: Array, gain: float) -> float:
    """The part of the gain that rests on spend above the largest of any period, from 0 to 1."""
    beyond = told.gain(spend) - told.gain(np.minimum(spend, told.observed_max))
    return float(np.clip(beyond.mean() / gain, 0, 1)) if gain > 0 else 0.0


def measure_regret(goal: Goal, *, summit: Summit) -> float:
    """KPI units that knowing the true curves would add, on average over a few draws, at least.

    Each draw is taken as the truth in turn, and the best plan for it sought near this one.
    """
    n_draws = goal.model.n_draws
    places = np.linspace(0, n_draws - 1, min(REGRET_DRAWS, n_draws)).round().astype(int)
    missed = []
    for place in places:
        known = replace(goal, model=goal.model.select_draw(int(place)), objective=Objective())
        best = ascend(known, start=summit.z, tolerance=LOOSE)
        missed.append(max(0.0, best.value - known.measure(summit.z)))
    return float(np.mean(missed)) / goal.model.value


def _average_noise(values: Sequence[float] | Array) -> float:
    """The standard deviation of the mean of independent `values`, nan of one alone."""
    n_values = len(values)
    return float(np.std(values, ddof=1) / np.sqrt(n_values)) if n_values > 1 else float("nan")
