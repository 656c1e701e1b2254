"""A posterior as arrays from which plans are judged in milliseconds, with gradients.

Belongs here: what a plan brings, draw by draw. Must not: which plan is best (see `optimise`),
PyMC, JAX.

A plan works on top of what was spent before it. What it brings is the KPI with it less the KPI
without it, over its horizon and over the periods after it in which its carry-over still comes,
with no spend there. Channels without spend go on as they are today.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from mmm_orchestration.decisions.answer import Answer, FrozenChannel, Pullback, Values
from mmm_orchestration.decisions.plan import Plan, check_names, lay_out_periods
from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.data import Array, Days


@dataclass(frozen=True, eq=False)
class FrozenModel:
    """All channels of a posterior and what ties them together.

    `model` holds every channel in the order of the data; those with spend can be planned and are
    `channels`. `pairs` are positions of channels that help each other, `synergy` (pair, geo, draw)
    in KPI units. `value` is money per unit of KPI, `last` the first day of the last trained period.
    """

    model: tuple[FrozenChannel, ...]
    geos: tuple[str, ...]
    period_days: int
    last: np.datetime64
    value: float
    currency: str
    pairs: tuple[tuple[int, int], ...]
    synergy: Values
    _rests: dict[int, Array] = field(default_factory=dict, repr=False)

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.model[0].effect.T)

    @property
    def n_lags(self) -> int:
        """How many periods after a plan its carry-over still comes."""
        return len(self.model[0].kernel) - 1

    @cached_property
    def planned(self) -> tuple[int, ...]:
        """Positions of the channels that have spend."""
        return tuple(i for i, channel in enumerate(self.model) if channel.has_spend)

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that have spend."""
        return tuple(self.model[i].name for i in self.planned)

    @cached_property
    def today(self) -> Array:
        """Mean spend per period over the last quarter of the data, shape (geo, channel)."""
        return np.stack([self.model[i].today for i in self.planned], axis=-1)

    @cached_property
    def observed_max(self) -> Array:
        """The largest spend of a period in the data, shape (geo, channel)."""
        return np.stack([self.model[i].observed_max for i in self.planned], axis=-1)

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
        answers = [self._respond(i, spend) for i in range(len(self.model))]
        return Answer(
            channels=self.model,
            planned=self.planned,
            responses=tuple(response for response, _ in answers),
            pullbacks=tuple(pull for _, pull in answers),
            pairs=self.pairs,
            synergy=self.synergy,
        )

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

        Without synergies they add up to the gain of the plan.
        """
        whole = self.answer(spend).total
        gains = []
        for c in range(len(self.channels)):
            without = np.array(spend, float)
            without[:, :, c] = 0
            gains.append(whole - self.answer(without).total)
        return np.stack(gains, axis=-1)

    def select_draws(self, n_draws: int) -> "FrozenModel":
        """The same on at most `n_draws` evenly spaced draws."""
        if n_draws >= self.n_draws:
            return self
        places = np.linspace(0, self.n_draws - 1, n_draws).round().astype(int)
        return replace(
            self,
            model=tuple(channel.select(places) for channel in self.model),
            synergy=self.synergy[..., places],
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
            replace(channel, inflation=inflation.get(channel.name, channel.inflation))
            for channel in self.model
        )
        return replace(self, model=tuple(changed), _rests={})

    def _respond(self, position: int, spend: Array) -> tuple[Values, Pullback]:
        channel = self.model[position]
        if position in self.planned:
            return channel.respond(spend[:, :, self.planned.index(position)])
        return channel.respond_to(np.repeat(channel.exposure_today[None], len(spend), axis=0))

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
