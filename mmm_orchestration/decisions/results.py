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
    `residual` is by how much the marginal returns of the money that is free to move differ from
    each other, as part of them; zero at a summit. `gain` is what the plan brings beyond today's
    over the same periods, KPI units, with its mean and the probability of being above zero;
    `advantage` is by how much it is better than today's by the objective asked for, the money
    spent counted where the budget is free. `*_noise` is how far a number moves with another seed,
    one standard deviation; `split_noise` that of the part of the budget of each channel.
    `outside` is the part of the gain that rests on spend above the largest observed. `regret` is
    what the best plan of each draw would bring beyond this one, KPI units, on average.
    `is_improvement` says whether the advantage is more than twice its noise; `sentences` say all
    of it in words, doubts first.
    """

    starts: tuple[Start, ...]
    n_agree: int
    has_converged: bool
    residual: float
    slacks: tuple[Slack, ...]
    gain: Interval
    gain_mean: float
    gain_noise: float
    probability: float
    advantage: float
    advantage_noise: float
    split_noise: Mapping[str, float]
    outside: float
    regret: float
    is_improvement: bool
    sentences: tuple[str, ...] = ()


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
    """The answer to a `PlanRequest`.

    `brings` is what the plan brings, KPI units; `gains` (draw,) what it brings beyond today's.
    `title` names the model, `kpi` what it explains, `unit` what that counts, the currency where it
    is money, and `value` is money per unit. `seconds` is what the search took, the certificate not
    counted.
    """

    request: PlanRequest
    plan: Plan
    today: Plan
    channels: tuple[ChannelPlan, ...]
    brings: Interval
    gains: Array
    certificate: Certificate
    title: str
    kpi: str
    unit: str
    value: float
    currency: str
    seconds: float
