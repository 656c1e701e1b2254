"""Which family each channel of a model has, and how exposure becomes response.

Belongs here: the way through carry-over and saturation, for a graph and for draws. Must not:
priors as distributions, PyMC.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmm_orchestration.project import Order, Project, UnknownPrior
from mmm_orchestration.transforms.family import Adstock, Functions, Saturation, Unknown, Values
from mmm_orchestration.transforms.kernel import Array, build_kernel, carry_over, spread_steps
from mmm_orchestration.transforms.registry import get_adstock, get_saturation


@dataclass(frozen=True)
class ChannelUnknown:
    """One unknown over the channels that have it, by position, with the prior of each."""

    name: str
    channels: tuple[int, ...]
    priors: tuple[Unknown, ...]


@dataclass(frozen=True)
class TransformPlan:
    """The families of every channel; `max_lag` counts periods.

    Exposure is in typical exposures; its first `max_lag` periods are history. A channel that is
    `reached` has reach as exposure and saturates by frequency. `declared` holds the priors of
    unknowns that the project states for a channel.
    """

    adstocks: tuple[Adstock, ...]
    saturations: tuple[Saturation, ...]
    order: Order
    max_lag: int
    period_days: int
    step_days: int
    reached: tuple[bool, ...]
    declared: tuple[Mapping[str, UnknownPrior], ...]

    @cached_property
    def spread(self) -> Array:
        """Which part of each step of an effect falls into which period, shape (lag, step)."""
        return spread_steps(self.max_lag, period_days=self.period_days, step_days=self.step_days)

    @cached_property
    def unknowns(self) -> tuple[ChannelUnknown, ...]:
        """Every unknown once, in the order in which channels bring them up."""
        found: dict[str, list[tuple[int, Unknown]]] = {}
        for c, families in enumerate(zip(self.adstocks, self.saturations, strict=True)):
            for family in families:
                for unknown in family.unknowns:
                    own = describe_unknown(unknown, declared=self.declared[c].get(unknown.name))
                    found.setdefault(unknown.name, []).append((c, own))
        return tuple(
            ChannelUnknown(name, tuple(c for c, _ in own), tuple(u for _, u in own))
            for name, own in found.items()
        )

    def build_kernels(
        self, unknowns: Mapping[str, Values], *, spread: Values, xp: Functions
    ) -> Values:
        """The kernel of every channel, shape (lag, channel).

        Each of `unknowns` has one entry for each of its channels.
        """
        return self._by_family(
            self.adstocks,
            unknowns,
            lambda family, own, _: build_kernel(
                family, spread, xp, step_days=self.step_days, **own
            ),
            xp=xp,
        )

    def respond(self, level: Values, unknowns: Mapping[str, Values], *, xp: Functions) -> Values:
        """The response to a level of shape (…, channel), of the same shape."""
        return self._by_family(
            self.saturations,
            unknowns,
            lambda family, own, places: family.respond(
                level if places is None else level[..., places], xp, **own
            ),
            xp=xp,
        )

    def build_response(
        self,
        exposure: Values,
        unknowns: Mapping[str, Values],
        *,
        frequency: Values,
        kernels: Values,
        carry: Callable[[Values, Values], Values],
        xp: Functions,
    ) -> Values:
        """The response of all channels, shape (geo, date, channel).

        `exposure` and `frequency` have shape (geo, history + date, channel), the latter is not
        looked at where no channel is reached; `carry` carries exposure over by `kernels`. A
        reached channel responds with `carry(reach · S(frequency))`: more people bring more in
        proportion, more contacts each bring less and less. Jin et al. (2017), Zhang et al. (2023).
        """
        is_reached = np.array(self.reached)
        if is_reached.any():
            felt = self.respond(frequency, unknowns, xp=xp)
            exposure = exposure * xp.where(is_reached, felt, 1.0)
        if self.order == "adstock_first":
            carried = carry(exposure, kernels)
            response = self.respond(carried, unknowns, xp=xp)
            return xp.where(is_reached, carried, response) if is_reached.any() else response
        response = self.respond(exposure, unknowns, xp=xp)
        if is_reached.any():
            response = xp.where(is_reached, exposure, response)
        return carry(response, kernels)

    def transform(
        self,
        exposure: Array,
        *,
        channel: int,
        unknowns: Mapping[str, Array],
        frequency: Array | None = None,
    ) -> Array:
        """The response of one channel, shape (draw, …, date), as `build_response` has it.

        `exposure` has shape (…, history + date), as has the frequency of a reached channel;
        unknowns have shape (draw,).
        """
        kernel = self.kernel_of(channel, unknowns=unknowns)
        if frequency is not None:
            felt = self.respond_of(channel, frequency[None], unknowns=unknowns)
            return _carry_each(exposure * felt, kernel=kernel)
        if self.order == "adstock_first":
            carried = carry_over(exposure, kernel=kernel)
            return self.respond_of(channel, carried, unknowns=unknowns)
        responded = self.respond_of(channel, exposure[None], unknowns=unknowns)
        return _carry_each(responded, kernel=kernel)

    def respond_of(self, channel: int, level: Array, *, unknowns: Mapping[str, Array]) -> Array:
        """The response of one channel to a level (draw or 1, …) at every draw, (draw, …)."""
        saturation = self.saturations[channel]
        own = {
            name: values.reshape(-1, *[1] * (level.ndim - 1))
            for name, values in _pick(saturation, unknowns).items()
        }
        return np.asarray(saturation.respond(level, np, **own))

    def position_of(self, name: str, channel: int) -> int:
        """Where the value of `channel` stands among those of the unknown `name`."""
        (own,) = (u for u in self.unknowns if u.name == name)
        return own.channels.index(channel)

    def select(self, positions: Sequence[int]) -> "TransformPlan":
        """The same for the channels at `positions`, in their order; one may come twice."""
        return replace(
            self,
            adstocks=tuple(self.adstocks[c] for c in positions),
            saturations=tuple(self.saturations[c] for c in positions),
            reached=tuple(self.reached[c] for c in positions),
            declared=tuple(self.declared[c] for c in positions),
        )

    def kernel_of(self, channel: int, *, unknowns: Mapping[str, Array]) -> Array:
        """The kernel of one channel at every draw, shape (lag, draw); unknowns are (draw,)."""
        family = self.adstocks[channel]
        own = _pick(family, unknowns)
        kernel = build_kernel(family, self.spread, np, step_days=self.step_days, **own)
        return np.asarray(kernel)

    def _by_family[Family: (Adstock, Saturation)](
        self,
        families: Sequence[Family],
        unknowns: Mapping[str, Values],
        apply: Values,
        *,
        xp: Functions,
    ) -> Values:
        """The result of `apply(family, unknowns, places)` of each family, in channel order."""
        groups: dict[Family, list[int]] = {}
        for c, family in enumerate(families):
            groups.setdefault(family, []).append(c)
        parts = []
        for family, places in groups.items():
            own = {n: self._take(unknowns[n], n, places) for n in _names(family)}
            parts.append(apply(family, own, None if len(groups) == 1 else np.array(places)))
        if len(parts) == 1:
            return parts[0]
        order = np.argsort([c for places in groups.values() for c in places])
        return xp.concatenate(parts, axis=-1)[..., order]

    def _take(self, values: Values, name: str, places: Sequence[int]) -> Values:
        """The values of the channels at `places`, of an unknown that others may have too."""
        (own,) = (u for u in self.unknowns if u.name == name)
        if own.channels == tuple(places):
            return values
        return values[np.array([own.channels.index(c) for c in places])]


def plan_transforms(
    project: Project,
    *,
    channels: Sequence[str],
    period_days: int,
    reached: Sequence[bool] | None = None,
) -> TransformPlan:
    """The families that the project declares for `channels`.

    `reached` says which of them are measured by reach and frequency, none by default.
    """
    spec = project.model
    declared = {c.name: c for c in project.channels}
    return TransformPlan(
        adstocks=tuple(get_adstock(declared[c].adstock or spec.adstock) for c in channels),
        saturations=tuple(
            get_saturation(declared[c].saturation or spec.saturation) for c in channels
        ),
        order=spec.order,
        max_lag=spec.max_lag_days // period_days,
        period_days=period_days,
        step_days=1 if project.fades_daily else period_days,
        reached=(False,) * len(channels) if reached is None else tuple(map(bool, reached)),
        declared=tuple(declared[c].unknowns for c in channels),
    )


def describe_unknown(unknown: Unknown, *, declared: UnknownPrior | None) -> Unknown:
    """The unknown with the prior that is declared for it, or its own."""
    if declared is None:
        return unknown
    return Unknown(unknown.name, median=declared.median, log_sd=declared.log_sd, unit=unknown.unit)


def _carry_each(exposure: Array, *, kernel: Array) -> Array:
    """Exposure (draw or 1, …, history + date) carried over by the kernel of each draw."""
    wide = np.broadcast_to(exposure, (kernel.shape[1], *exposure.shape[1:]))
    each = zip(wide, kernel.T, strict=True)
    return np.stack([carry_over(e, kernel=k[:, None])[0] for e, k in each])


def _names(family: Adstock | Saturation) -> list[str]:
    return [unknown.name for unknown in family.unknowns]


def _pick(family: Adstock | Saturation, unknowns: Mapping[str, Array]) -> dict[str, Array]:
    return {name: unknowns[name] for name in _names(family)}
