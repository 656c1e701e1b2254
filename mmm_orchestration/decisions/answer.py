"""What spend brings by channel, draw by draw, and the way back from it to a gradient.

Belongs here: carry-over, saturation and synergies of a plan. Must not: sums over what was not
planned (see `frozen`).

Arrays end with the draws, so that carry-over is one product of matrices.
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
# from a derivative by the response, (period, geo, draw), to one by spend, (period, geo)
Pullback = Callable[[Values], Array]


@dataclass(frozen=True, eq=False)
class FrozenChannel:
    """One channel at every draw, in typical exposures.

    `kernel` (lag, draw); `unknowns` (draw,) each; `effect` (geo, draw), KPI units per period at a
    response of one; `history` (lag, geo), the exposure of the last trained periods, oldest first;
    `exposure_today` (geo,). `price` (geo,) is money per typical exposure at the spend of `today`
    (geo,), money per period, which rises by the part `inflation` of every rise of spend.
    `observed_max` (geo,) is the largest spend of a period. A channel measured by reach has
    `felt` (geo, draw), the response to its frequency of today, and `history_felt` (lag, geo, draw)
    to that of its history; spend buys reach.
    """

    name: str
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
    has_spend: bool
    felt: Values | None = None
    history_felt: Values | None = None
    inflation: float = 0.0

    def select(self, places: NDArray[np.intp]) -> "FrozenChannel":
        """The same at the draws at `places`."""
        return replace(
            self,
            kernel=self.kernel[:, places],
            unknowns={name: values[places] for name, values in self.unknowns.items()},
            effect=self.effect[:, places],
            felt=None if self.felt is None else self.felt[:, places],
            history_felt=None if self.history_felt is None else self.history_felt[..., places],
        )

    def buy(self, spend: Array) -> tuple[Array, Array]:
        """The typical exposures that `spend` (…, geo) buys, and their derivative by it."""
        if not self.inflation:
            rate = np.broadcast_to(1 / self.price, spend.shape)
            return spend * rate, rate
        base = np.where(self.today > 0, self.today, self.observed_max)
        part = np.maximum(spend / base, LEAST_LEVEL)
        power = part**-self.inflation
        bought = np.where(spend > 0, spend * power / self.price, 0.0)
        return bought, (1 - self.inflation) * power / self.price

    def respond(self, spend: Array) -> tuple[Values, Pullback]:
        """The response (period + lag, geo, draw) to `spend` (period, geo), and its pullback."""
        exposure, rate = self.buy(spend)
        response, pull = self.respond_to(exposure)
        return response, lambda upstream: rate * pull(upstream)

    def respond_to(self, exposure: Array) -> tuple[Values, Pullback]:
        """The response to `exposure` (period, geo) in typical exposures, and its pullback."""
        n_lags, n_periods = len(self.kernel) - 1, len(exposure)
        planned = slice(n_lags, n_lags + n_periods)
        whole = np.zeros((n_lags + n_periods + n_lags, exposure.shape[1]), self.kernel.dtype)
        whole[:n_lags] = self.history
        whole[planned] = exposure
        if self.felt is not None:
            return self._respond_by_reach(whole, planned=planned)
        if self.order == "adstock_first":
            carried = _carry(whole, kernel=self.kernel)
            response, slope = respond_with_slope(self.family, carried, self.unknowns)
            return response, lambda upstream: _spread(upstream * slope, self.kernel)[:n_periods]
        felt, slope = respond_with_slope(self.family, whole[:, :, None], self.unknowns)
        return _carry_each(felt, kernel=self.kernel), lambda upstream: (
            _spread_each(upstream, self.kernel)[:n_periods] * slope[planned]
        ).sum(axis=-1)

    def _respond_by_reach(self, whole: Values, *, planned: slice) -> tuple[Values, Pullback]:
        """More people bring more in proportion: reach times what each of them feels."""
        felt = self.felt
        assert felt is not None  # noqa: S101
        assert self.history_felt is not None  # noqa: S101
        reached = whole[:, :, None] * felt
        reached[: planned.start] = whole[: planned.start, :, None] * self.history_felt
        return _carry_each(reached, kernel=self.kernel), lambda upstream: _spread(
            upstream * felt, self.kernel
        )[: planned.stop - planned.start]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a plan and all that was spent before it bring, in KPI units.

    `responses` (period + lag, geo, draw), one per channel of the model; `planned` are the
    positions of those that the plan is for, `pairs` of those that help each other by `synergy`
    (pair, geo, draw).
    """

    channels: tuple[FrozenChannel, ...]
    planned: tuple[int, ...]
    responses: tuple[Values, ...]
    pullbacks: tuple[Pullback, ...]
    pairs: tuple[tuple[int, int], ...]
    synergy: Values

    @cached_property
    def total(self) -> Array:
        """KPI units over all periods and geos, shape (draw,)."""
        total = np.zeros(self.synergy.shape[-1])
        for channel, response in zip(self.channels, self.responses, strict=True):
            total += np.einsum("gd,gd->d", response.sum(axis=0, dtype=float), channel.effect)
        for k, (first, second) in enumerate(self.pairs):
            joint = (self.responses[first] * self.responses[second]).sum(axis=0, dtype=float)
            total += np.einsum("gd,gd->d", joint, self.synergy[k])
        return total

    def sum_by_period(self) -> Array:
        """KPI units by period, carry-over after the plan included, (draw, period + lag, geo)."""
        parts = [
            response * channel.effect
            for channel, response in zip(self.channels, self.responses, strict=True)
        ]
        for k, (first, second) in enumerate(self.pairs):
            parts.append(self.responses[first] * self.responses[second] * self.synergy[k])
        return np.moveaxis(np.sum(parts, axis=0, dtype=float), -1, 0)

    def compute_gradient(self, weights: Array) -> Array:
        """The derivative of `weights · total` by spend, shape (period, geo, channel).

        `weights` has shape (draw,): the derivative of an objective by what each draw gains.
        """
        weights = weights.astype(self.synergy.dtype)
        gradients = []
        for position in self.planned:
            effect = self.channels[position].effect * weights
            upstream = np.broadcast_to(effect, self.responses[position].shape)
            for k, pair in enumerate(self.pairs):
                if position in pair:
                    other = self.responses[sum(pair) - position]
                    upstream = upstream + other * (self.synergy[k] * weights)
            gradients.append(self.pullbacks[position](upstream))
        return np.stack(gradients, axis=-1).astype(float)


def _carry(exposure: Values, *, kernel: Values) -> Values:
    """`exposure` (lag + period, geo) carried over, shape (period, geo, draw)."""
    windows = sliding_window_view(exposure, len(kernel), axis=0)
    carried: Values = np.ascontiguousarray(windows) @ kernel[::-1]
    return carried


def _carry_each(exposure: Values, *, kernel: Values) -> Values:
    """`exposure` (lag + period, geo, draw) carried over, shape (period, geo, draw)."""
    n_lags = len(kernel) - 1
    n_periods = len(exposure) - n_lags
    carried: Values = kernel[0] * exposure[n_lags:]
    for lag in range(1, n_lags + 1):
        carried += kernel[lag] * exposure[n_lags - lag : n_lags - lag + n_periods]
    return carried


def _spread(upstream: Values, kernel: Values) -> Array:
    """The transpose of `_carry`, summed over draws: (period, geo, draw) to (period, geo)."""
    by_lag = upstream @ kernel.T
    spread: Array = by_lag[:, :, 0].astype(float)
    for lag in range(1, len(kernel)):
        spread[:-lag] += by_lag[lag:, :, lag]
    return spread


def _spread_each(upstream: Values, kernel: Values) -> Values:
    """The transpose of `_carry_each`, draw by draw: (period, geo, draw) to the same."""
    spread: Values = kernel[0] * upstream
    for lag in range(1, len(kernel)):
        spread[:-lag] += kernel[lag] * upstream[lag:]
    return spread
