"""What spend brings by channel, draw by draw, and the way back from it to a gradient.

Belongs here: carry-over, saturation and synergies of a plan. Must not: sums over what was not
planned (see `frozen`).

Channels of one family are computed together. Arrays begin with the channel and end with the draw,
so that carry-over is one product of matrices per channel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mmm_orchestration.decisions.slopes import LEAST_LEVEL, respond_with_slope
from mmm_orchestration.model.data import Array
from mmm_orchestration.project import Order
from mmm_orchestration.transforms.family import Saturation

# of the type that the model was frozen to
Values = NDArray[np.floating]
# from a derivative by the response, shape (channel, period + lag, geo, draw), to that by what
# was spent on it, shape (channel, period, geo)
Pullback = Callable[[Values], Array]


@dataclass(frozen=True, eq=False)
class FrozenGroup:
    """Channels of one family at every draw, in typical exposures; all have spend, or none.

    `kernel` (channel, lag, draw); `unknowns` (channel, draw) each; `effect` (channel, geo, draw),
    KPI units per period at a response of one; `history` (channel, lag, geo), the exposure of the
    last trained periods, oldest first; `exposure_today` (channel, geo). `price` (channel, geo) is
    money per typical exposure at the spend of `today` (channel, geo), money per period, which
    rises by the part `inflation` (channel,) of every rise of spend. `observed_max` (channel, geo)
    is the largest spend of a period. Channels measured by reach have `felt` (channel, geo, draw),
    the response to their frequency of today, and `history_felt` (channel, lag, geo, draw) to that
    of their history; spend buys reach.
    """

    names: tuple[str, ...]
    has_spend: bool
    family: Saturation
    order: Order
    kernel: Values
    unknowns: Mapping[str, Values]
    effect: Values
    history: Values
    exposure_today: Array
    price: Array
    today: Array
    observed_max: Array
    inflation: Array
    felt: Values | None = None
    history_felt: Values | None = None

    @property
    def n_lags(self) -> int:
        """How many periods after an exposure something of it still comes."""
        return len(self.kernel[0]) - 1

    def select(self, places: NDArray[np.intp]) -> "FrozenGroup":
        """The same at the draws at `places`."""
        return replace(
            self,
            kernel=self.kernel[..., places],
            unknowns={name: values[:, places] for name, values in self.unknowns.items()},
            effect=self.effect[..., places],
            felt=None if self.felt is None else self.felt[..., places],
            history_felt=None if self.history_felt is None else self.history_felt[..., places],
        )

    def buy(self, spend: Array) -> tuple[Array, Array]:
        """The typical exposures that `spend` (channel, period, geo) buys, and their derivative."""
        price = self.price[:, None, :]
        if not self.inflation.any():
            return spend / price, np.broadcast_to(1 / price, spend.shape)
        base = np.where(self.today > 0, self.today, self.observed_max)[:, None, :]
        inflation = self.inflation[:, None, None]
        power = np.maximum(spend / base, LEAST_LEVEL) ** -inflation
        return spend * power / price, (1 - inflation) * power / price

    def respond(self, spend: Array) -> tuple[Values, Pullback]:
        """The response (channel, period + lag, geo, draw) to `spend`, and its pullback."""
        exposure, rate = self.buy(spend)
        response, pull = self.respond_to(exposure)
        return response, lambda upstream: rate * pull(upstream)

    def respond_to(self, exposure: Array) -> tuple[Values, Pullback]:
        """The response to `exposure` (channel, period, geo), and its pullback.

        Of channels measured by reach more people bring more in proportion: reach times what each
        of them feels.
        """
        n_channels, n_periods, n_geos = exposure.shape
        planned = slice(self.n_lags, self.n_lags + n_periods)
        n_all = n_periods + 2 * self.n_lags
        whole = np.zeros((n_channels, n_all, n_geos), self.kernel.dtype)
        whole[:, : self.n_lags] = self.history
        whole[:, planned] = exposure
        if self.felt is not None and self.history_felt is not None:
            felt_by_plan = self.felt[:, None]
            reached = whole[..., None] * felt_by_plan
            reached[:, : self.n_lags] = whole[:, : self.n_lags, :, None] * self.history_felt
            return _carry_each(reached, kernel=self.kernel), lambda upstream: _spread(
                upstream * felt_by_plan, self.kernel
            )[:, :n_periods]
        unknowns = {name: v[:, None, None, :] for name, v in self.unknowns.items()}
        if self.order == "adstock_first":
            carried = _carry(whole, kernel=self.kernel)
            response, slope = respond_with_slope(self.family, carried, unknowns)
            return response, lambda upstream: _spread(upstream * slope, self.kernel)[:, :n_periods]
        felt, slope = respond_with_slope(self.family, whole[..., None], unknowns)
        return _carry_each(felt, kernel=self.kernel), lambda upstream: (
            _spread_each(upstream, self.kernel)[:, :n_periods] * slope[:, planned]
        ).sum(axis=-1)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two channels that help each other, each as its group and its place in it.

    `effect` (geo, draw) is in KPI units per period, both responses being one.
    """

    first: tuple[int, int]
    second: tuple[int, int]
    effect: Values


@dataclass(frozen=True, eq=False)
class Answer:
    """What a plan and all that was spent before it bring, in KPI units.

    `responses` (channel, period + lag, geo, draw) and `pullbacks` are those of each group.
    """

    groups: tuple[FrozenGroup, ...]
    responses: tuple[Values, ...]
    pullbacks: tuple[Pullback, ...]
    pairs: tuple[Pair, ...]

    @cached_property
    def total(self) -> Array:
        """KPI units over all periods and geos, shape (draw,)."""
        total: Array = np.zeros(self.groups[0].effect.shape[-1])
        for group, response in zip(self.groups, self.responses, strict=True):
            total += np.einsum("cgd,cgd->d", response.sum(axis=1, dtype=float), group.effect)
        for pair in self.pairs:
            joint = (self._take(pair.first) * self._take(pair.second)).sum(axis=0, dtype=float)
            total += np.einsum("gd,gd->d", joint, pair.effect)
        return total

    def sum_by_channel(self) -> tuple[Array, ...]:
        """KPI units of each channel of each group without what pairs add, (channel, draw)."""
        return tuple(
            np.einsum("cgd,cgd->cd", response.sum(axis=1, dtype=float), group.effect)
            for group, response in zip(self.groups, self.responses, strict=True)
        )

    def sum_by_period(self) -> Array:
        """KPI units by period, carry-over after the plan included, (draw, period + lag, geo)."""
        parts = [
            np.einsum("ctgd,cgd->tgd", response, group.effect, dtype=float)
            for group, response in zip(self.groups, self.responses, strict=True)
        ]
        parts += [self._take(p.first) * self._take(p.second) * p.effect for p in self.pairs]
        return np.moveaxis(np.sum(parts, axis=0), -1, 0)

    def compute_gradients(self, weights: Array) -> tuple[Array, ...]:
        """The derivative of `weights · total` by spend, (channel, period, geo) of each group.

        `weights` has shape (draw,): the derivative of an objective by what each draw gains.
        Groups without spend have that by exposure.
        """
        given = weights.astype(self.groups[0].effect.dtype)
        gradients = []
        for position, group in enumerate(self.groups):
            whole = self.responses[position].shape
            upstream = np.broadcast_to((group.effect * given)[:, None], whole)
            if self.pairs:
                upstream = upstream.copy()
                self._add_pairs(upstream, position=position, weights=given)
            gradients.append(self.pullbacks[position](upstream))
        return tuple(gradients)

    def _add_pairs(self, upstream: Values, *, position: int, weights: Values) -> None:
        for pair in self.pairs:
            for own, other in ((pair.first, pair.second), (pair.second, pair.first)):
                if own[0] == position:
                    upstream[own[1]] += self._take(other) * (pair.effect * weights)

    def _take(self, place: tuple[int, int]) -> Values:
        group, channel = place
        taken: Values = self.responses[group][channel]
        return taken


def _carry(exposure: Values, *, kernel: Values) -> Values:
    """`exposure` (channel, lag + period, geo) carried over, (channel, period, geo, draw)."""
    n_channels, n_lags, n_draws = kernel.shape
    windows = sliding_window_view(exposure, n_lags, axis=1)
    n_periods, n_geos = windows.shape[1:3]
    flat = windows.reshape(n_channels, n_periods * n_geos, n_lags)
    carried: Values = flat @ kernel[:, ::-1]
    shaped: Values = carried.reshape(n_channels, n_periods, n_geos, n_draws)
    return shaped


def _carry_each(exposure: Values, *, kernel: Values) -> Values:
    """`exposure` (channel, lag + period, geo, draw) carried over, (channel, period, geo, draw)."""
    n_lags = kernel.shape[1] - 1
    n_periods = exposure.shape[1] - n_lags
    weights = kernel[:, :, None, None, :]
    carried: Values = weights[:, 0] * exposure[:, n_lags:]
    for lag in range(1, n_lags + 1):
        carried += weights[:, lag] * exposure[:, n_lags - lag : n_lags - lag + n_periods]
    return carried


def _spread(upstream: Values, kernel: Values) -> Array:
    """The transpose of `_carry`, summed over draws, shape (channel, period, geo)."""
    n_channels, n_periods, n_geos, n_draws = upstream.shape
    flat = upstream.reshape(n_channels, n_periods * n_geos, n_draws)
    by_lag: Values = flat @ kernel.transpose(0, 2, 1)
    by_lag = by_lag.reshape(n_channels, n_periods, n_geos, kernel.shape[1])
    spread: Array = by_lag[..., 0].astype(float)
    for lag in range(1, kernel.shape[1]):
        spread[:, :-lag] += by_lag[:, lag:, :, lag]
    return spread


def _spread_each(upstream: Values, kernel: Values) -> Values:
    """The transpose of `_carry_each`, draw by draw, (channel, period, geo, draw) to the same."""
    weights = kernel[:, :, None, None, :]
    spread: Values = weights[:, 0] * upstream
    for lag in range(1, kernel.shape[1]):
        spread[:, :-lag] += weights[:, lag] * upstream[:, lag:]
    return spread
