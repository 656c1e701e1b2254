"""A posterior as arrays from which plans are judged in milliseconds, with gradients.

Belongs here: what a plan brings, draw by draw. Must not: which plan is best (see `optimise`),
PyMC, JAX.

A plan works on top of what was spent before it. What it brings is the KPI with it less the KPI
without it, over its horizon and over the periods after it in which its carry-over still comes,
with no spend there. Channels without spend go on as they are today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.decisions.answer import Answer, FrozenGroup, Pair, Pullback, Values
from mmm_orchestration.decisions.plan import Plan, check_names, lay_out_periods
from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.data import Array, Days


@dataclass(frozen=True, eq=False)
class FrozenModel:
    """All channels of a posterior and what ties them together.

    `groups` hold every channel; those with spend can be planned and are `channels`, in the order
    of the data. `value` is money per unit of KPI, `last` the first day of the last trained period.
    The draws of the `n_chains` chains are below each other.
    """

    groups: tuple[FrozenGroup, ...]
    channels: tuple[str, ...]
    geos: tuple[str, ...]
    period_days: int
    last: np.datetime64
    value: float
    currency: str
    pairs: tuple[Pair, ...]
    n_chains: int
    _rests: dict[int, Array] = field(default_factory=dict, repr=False)

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.groups[0].effect.T)

    @property
    def n_lags(self) -> int:
        """How many periods after a plan its carry-over still comes."""
        return self.groups[0].n_lags

    @cached_property
    def columns(self) -> tuple[NDArray[np.intp], ...]:
        """Where the channels of each group stand among those of a plan; empty without spend."""
        return tuple(
            np.array([self.channels.index(n) for n in group.names if group.has_spend], int)
            for group in self.groups
        )

    @cached_property
    def today(self) -> Array:
        """Mean spend per period over the last quarter of the data, shape (geo, channel)."""
        return self.collect([group.today for group in self.groups])

    @cached_property
    def observed_max(self) -> Array:
        """The largest spend of a period in the data, shape (geo, channel)."""
        return self.collect([group.observed_max for group in self.groups])

    def lay_out(self, n_periods: int) -> Days:
        """First days of the `n_periods` periods after the trained ones, shape (period,)."""
        return lay_out_periods(self.last, n_periods=n_periods, period_days=self.period_days)

    def make_plan(self, spend: Array) -> Plan:
        """The plan of `spend` (period, geo, channel) right after the trained periods."""
        return Plan(
            periods=self.lay_out(len(spend)),
            period_days=self.period_days,
            geos=self.geos,
            channels=self.channels,
            spend=np.asarray(spend, float),
        )

    def plan_today(self, n_periods: int) -> Plan:
        """Today's spend, the same in every period."""
        return self.make_plan(np.repeat(self.today[None], n_periods, axis=0))

    def answer(self, spend: Array) -> Answer:
        """What `spend` (period, geo, channel) and all before it bring; raises PlanError."""
        self._check(spend)
        answers = [
            self._respond(group, spend, columns=columns)
            for group, columns in zip(self.groups, self.columns, strict=True)
        ]
        return Answer(
            groups=self.groups,
            responses=tuple(response for response, _ in answers),
            pullbacks=tuple(pull for _, pull in answers),
            pairs=self.pairs,
        )

    def compute_gradient(self, answer: Answer, *, weights: Array) -> Array:
        """The derivative of `weights · answer.total` by spend, (period, geo, channel).

        `weights` (draw,) are the derivative of an objective by what each draw gains.
        """
        return self.collect(answer.compute_gradients(weights))

    def collect(self, by_group: Sequence[Array]) -> Array:
        """Values (channel, …) of each group as (…, channel) of a plan."""
        parts = zip(self.columns, by_group, strict=True)
        joined = np.concatenate([values for columns, values in parts if len(columns)])
        order = np.argsort(np.concatenate(self.columns))
        return np.moveaxis(joined[order], 0, -1)

    def count_rest(self, n_periods: int) -> Array:
        """KPI units that media bring over a horizon in which nothing is planned, (draw,)."""
        if n_periods not in self._rests:
            self._rests[n_periods] = self.answer(self._plan_nothing(n_periods)).total
        return self._rests[n_periods]

    def gain(self, spend: Array) -> Array:
        """KPI units that `spend` (period, geo, channel) brings, shape (draw,)."""
        return self.answer(spend).total - self.count_rest(len(spend))

    def gain_by_period(self, spend: Array) -> Array:
        """KPI units by period, those after the plan included, shape (draw, period + lag, geo)."""
        nothing = self.answer(self._plan_nothing(len(spend)))
        return self.answer(spend).sum_by_period() - nothing.sum_by_period()

    def gain_by_channel(self, spend: Array) -> Array:
        """KPI units that would be lost without one channel, all else as planned, (draw, channel).

        Where no channels help each other they add up to the gain of the plan.
        """
        if not self.pairs:
            nothing = self.answer(self._plan_nothing(len(spend))).sum_by_channel()
            planned = self.answer(spend).sum_by_channel()
            return self.collect([p - n for p, n in zip(planned, nothing, strict=True)])
        whole = self.answer(spend).total
        gains = []
        for c in range(len(self.channels)):
            without = np.array(spend, float)
            without[:, :, c] = 0
            gains.append(whole - self.answer(without).total)
        return np.stack(gains, axis=-1)

    def select_chain(self, chain: int) -> "FrozenModel":
        """The same on the draws of one chain."""
        per_chain = self.n_draws // self.n_chains
        return replace(self._take(chain * per_chain + np.arange(per_chain)), n_chains=1)

    def select_draws(self, n_draws: int) -> "FrozenModel":
        """The same on at most `n_draws` draws, evenly spaced in each chain, or one of each."""
        if n_draws >= self.n_draws:
            return self
        per_chain = self.n_draws // self.n_chains
        kept = max(1, n_draws // self.n_chains)
        own = np.linspace(0, per_chain - 1, kept).round().astype(int)
        return self._take((per_chain * np.arange(self.n_chains)[:, None] + own).ravel())

    def select_draw(self, draw: int) -> "FrozenModel":
        """The same on one draw, as if it were the truth."""
        return replace(self._take(np.array([draw])), n_chains=1)

    def _take(self, places: NDArray[np.intp]) -> "FrozenModel":
        pairs = (replace(pair, effect=pair.effect[:, places]) for pair in self.pairs)
        return replace(
            self,
            groups=tuple(group.select(places) for group in self.groups),
            pairs=tuple(pairs),
            _rests={},
        )

    def with_inflation(self, inflation: Mapping[str, float]) -> "FrozenModel":
        """The same where the price of a channel rises with its spend, as `inflation` says.

        At 0.1 one per cent more spend buys 0.9 per cent more exposure. Raises PlanError for an
        unknown channel, and for values outside [0, 1).
        """
        check_names(tuple(inflation), known=self.channels, what="channel with spend")
        for name, value in inflation.items():
            if not 0 <= value < 1:
                raise PlanError(
                    f"The inflation of {name} is at least 0 and below 1",
                    got=value,
                    fix="0 is a fixed price; at 0.5 exposure grows with the root of spend",
                )
        changed = (
            replace(
                group,
                inflation=np.array(
                    [
                        inflation.get(name, own)
                        for name, own in zip(group.names, group.inflation, strict=True)
                    ]
                ),
            )
            for group in self.groups
        )
        return replace(self, groups=tuple(changed), _rests={})

    def _respond(
        self, group: FrozenGroup, spend: Array, *, columns: NDArray[np.intp]
    ) -> tuple[Values, Pullback]:
        if len(columns):
            return group.respond(spend[:, :, columns].transpose(2, 0, 1))
        steady = np.repeat(group.exposure_today[:, None, :], len(spend), axis=1)
        return group.respond_to(steady)

    def _plan_nothing(self, n_periods: int) -> Array:
        return np.zeros((n_periods, len(self.geos), len(self.channels)))

    def _check(self, spend: Array) -> None:
        shape = (len(self.geos), len(self.channels))
        if spend.ndim != len(shape) + 1 or spend.shape[1:] != shape:
            raise PlanError(
                "Spend has the shape (period, geo, channel)",
                got=spend.shape,
                available=[f"(period, {shape[0]}, {shape[1]})"],
            )
