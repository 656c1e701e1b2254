"""Which family each channel of a model has, and how exposure becomes response.

Belongs here: the way through carry-over and saturation, for a graph and for draws. Must not:
priors as distributions, PyMC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmm_orchestration.project import Order, Project
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

    Exposure is in typical exposures; its first `max_lag` periods are history.
    """

    adstocks: tuple[Adstock, ...]
    saturations: tuple[Saturation, ...]
    order: Order
    max_lag: int
    period_days: int
    step_days: int

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
                    found.setdefault(unknown.name, []).append((c, unknown))
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

    def transform(self, exposure: Array, *, channel: int, unknowns: Mapping[str, Array]) -> Array:
        """The response of one channel, shape (draw, …, date).

        `exposure` has shape (…, history + date); unknowns have shape (draw,).
        """
        saturation = self.saturations[channel]
        kernel = self.kernel_of(channel, unknowns=unknowns)
        own = {
            name: values.reshape(-1, *[1] * exposure.ndim)
            for name, values in _pick(saturation, unknowns).items()
        }
        if self.order == "adstock_first":
            carried = carry_over(exposure, kernel=kernel)
            return np.asarray(saturation.respond(carried, np, **own))
        responded = saturation.respond(exposure[None], np, **own)
        responded = np.broadcast_to(responded, (kernel.shape[1], *exposure.shape))
        each = zip(responded, kernel.T, strict=True)
        return np.stack([carry_over(r, kernel=k[:, None])[0] for r, k in each])

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
    project: Project, *, channels: Sequence[str], period_days: int
) -> TransformPlan:
    """The families that the project declares for `channels`."""
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
    )


def _names(family: Adstock | Saturation) -> list[str]:
    return [unknown.name for unknown in family.unknowns]


def _pick(family: Adstock | Saturation, unknowns: Mapping[str, Array]) -> dict[str, Array]:
    return {name: unknowns[name] for name in _names(family)}
