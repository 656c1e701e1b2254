"""What a programme of media mix modelling costs and brings.

Belongs here: its return, with what is assumed. Must not: where the gain of a plan comes from.

A plan of the programme brings its certified gain, of which a part is realised, where it is
followed. Each plan is worth its gain against what would have been spent without it.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.stats import norm

from mmm_orchestration.decisions.request import Amount, Part
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import INTERVAL, Interval
from mmm_orchestration.model.data import Array
from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import Strict

N_DRAWS: Final = 20_000
_Finite = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]


class Gain(Strict):
    """What one plan brings beyond today's, KPI in money: the median and the 94 % interval."""

    median: _Finite
    low: _Finite
    high: _Finite

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if not self.low <= self.median <= self.high:
            raise mistake("'low', 'median' and 'high' go up", key="median")
        return self


class Programme(Strict):
    """A programme, in money of a year; `margin` is the part of the KPI's money that is profit.

    `setup` is spent once. `followed` is the probability that a plan is followed; `realised` how
    much of its gain then comes true on average, `realised_spread` its standard deviation.
    """

    gain: Gain
    plans_per_year: Annotated[float, Field(gt=0, le=365)]
    margin: Annotated[float, Field(gt=0, le=1)]
    people: Amount = 0.0
    tools: Amount = 0.0
    compute: Amount = 0.0
    tests: Amount = 0.0
    setup: Amount = 0.0
    followed: Part = 0.6
    realised: Annotated[float, Field(gt=0, lt=1)] = 0.5
    realised_spread: Annotated[float, Field(ge=0, lt=0.5)] = 0.2
    years: Annotated[int, Field(ge=1, le=10)] = 3
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1

    @model_validator(mode="after")
    def _spread_is_possible(self) -> Self:
        if self.realised_spread**2 >= self.realised * (1 - self.realised):
            raise mistake("a part cannot vary that much around its mean", key="realised_spread")
        return self

    @property
    def yearly_cost(self) -> float:
        """Money of every year."""
        return self.people + self.tools + self.compute + self.tests


@dataclass(frozen=True)
class Return:
    """What the programme brings.

    `profit` is of one year before costs, `net` after them without the setup, `total` over all
    years with it. `pays` is the probability that `total` is above zero; `roi` is profit over cost
    over all years, None without cost. `payback_months` is until the setup is earned back at the
    median, None where it never is. `break_even` is the
    gain of a plan at which nothing is left on average, None where no plan is followed.
    """

    profit: Interval
    net: Interval
    total: Interval
    pays: float
    roi: float | None
    payback_months: float | None
    break_even: float | None


def evaluate_programme(programme: Programme) -> Return:
    """The return of the programme by simulation with its seed."""
    profit = _draw_profit(programme)
    cost = programme.yearly_cost
    total = profit.sum(axis=1) - programme.years * cost - programme.setup
    yearly = profit[:, 0]
    spent = programme.years * cost + programme.setup
    left = float(np.median(yearly)) - cost
    sure = programme.plans_per_year * programme.margin * programme.followed * programme.realised
    return Return(
        profit=compute_interval(yearly),
        net=compute_interval(yearly - cost),
        total=compute_interval(total),
        pays=float((total > 0).mean()),
        roi=float(profit.sum(axis=1).mean()) / spent if spent else None,
        payback_months=12 * programme.setup / left if left > 0 else None,
        break_even=spent / programme.years / sure if sure else None,
    )


def _draw_profit(programme: Programme) -> Array:
    """Profit of each year, shape (draw, year).

    The gain of a plan and the part that is realised are unknown once for all years; whether a plan
    is followed is decided plan by plan.
    """
    rng = np.random.default_rng(programme.seed)
    gain = programme.gain
    z = norm.ppf((1 + INTERVAL) / 2)
    standard = rng.standard_normal(N_DRAWS)
    side = np.where(standard < 0, gain.median - gain.low, gain.high - gain.median)
    brought = gain.median + standard * side / z
    realised = _draw_part(rng, mean=programme.realised, spread=programme.realised_spread)
    whole = int(programme.plans_per_year)
    n_plans = rng.binomial(whole, programme.followed, size=(N_DRAWS, programme.years)) + (
        programme.plans_per_year - whole
    ) * rng.binomial(1, programme.followed, size=(N_DRAWS, programme.years))
    profit: Array = programme.margin * (brought * realised)[:, None] * n_plans
    return profit


def _draw_part(rng: np.random.Generator, *, mean: float, spread: float) -> Array:
    """Parts with that mean and standard deviation, of a beta distribution, shape (draw,)."""
    if spread == 0:
        return np.full(N_DRAWS, mean)
    size = mean * (1 - mean) / spread**2 - 1
    return rng.beta(mean * size, (1 - mean) * size, N_DRAWS)
