"""What the optimiser answers: a plan with its certificate, as frozen values with their units.

Belongs here: what is said. Must not: how it is computed (see `optimise`, `certify`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mmm_orchestration.decisions.plan import Plan
from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.insight.results import Array, Interval


@dataclass(frozen=True)
class Start:
    """Where one start of the search ended; `value` is that of the objective, money or a part."""

    name: str
    value: float
    iterations: int
    has_converged: bool


@dataclass(frozen=True)
class Slack:
    """How far a plan is from one limit: `value` of the sum beside `low` and `high`, money.

    `price` is what one more unit of money in the limit would bring, zero where it is not met.
    """

    name: str
    value: float
    low: float
    high: float
    price: float

    @property
    def is_met(self) -> bool:
        """Whether the plan stands at the limit, to one millionth of it."""
        size = max(1.0, abs(self.value))
        return min(abs(self.value - self.low), abs(self.high - self.value)) <= 1e-6 * size


@dataclass(frozen=True)
class Certificate:
    """The proof that comes with a plan, and what it does not prove.

    `starts` are those of the search, `n_agree` how many ended within a thousandth of the best.
    `residual` is the most that any small change within the limits would still bring by the slope,
    as part of what the plan brings. `gain` is what the plan brings beyond today's over the same
    periods, KPI units, `probability` that of being above zero. `outside` is the part of the
    expected gain that rests on spend above the largest observed. `noise` is how far the split by
    channel moves with another seed, one standard deviation, as part of the budget, by channel;
    `regret` what the best plan of each draw would bring beyond this one, KPI units on average.
    `sentences` say all this in words, doubts first; `is_improvement` whether the plan is worth
    more than today's beyond what another seed would change.
    """

    starts: tuple[Start, ...]
    n_agree: int
    residual: float
    slacks: tuple[Slack, ...]
    gain: Interval
    gain_mean: float
    probability: float
    outside: float
    noise: Mapping[str, float]
    gain_noise: float
    regret: float
    is_improvement: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ChannelPlan:
    """One channel of a plan beside today's: money over the horizon, and what it brings.

    `contribution` in KPI units; `roi` and `marginal_roi` in money per money (or KPI units per
    money where the KPI has no value), None where nothing is spent.
    """

    channel: str
    today: float
    planned: float
    contribution: Interval
    roi: Interval | None
    marginal_roi: Interval | None
    observed_max: float


@dataclass(frozen=True, eq=False)
class Optimum:
    """The answer to a `PlanRequest`; `gains` (draw,) are KPI units beyond today's plan."""

    request: PlanRequest
    plan: Plan
    today: Plan
    channels: tuple[ChannelPlan, ...]
    brings: Interval
    gains: Array
    certificate: Certificate
    value: float
    currency: str
    seconds: float
