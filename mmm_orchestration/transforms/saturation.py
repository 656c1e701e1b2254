"""The families of saturation.

Belongs here: the response to a level of exposure. Must not: how much a channel brings.
"""

from dataclasses import dataclass
from typing import ClassVar, override

from mmm_orchestration.transforms.family import (
    Functions,
    Saturation,
    Unknown,
    Values,
    raise_level,
)

HALF = Unknown("half_saturation", median=1.5, log_sd=0.8, unit="typical exposures")
_LOG_3 = 1.0986122886681098


@dataclass(frozen=True)
class HillSaturation(Saturation):
    """`x ** slope / (x ** slope + half_saturation ** slope)`, half reached at `half_saturation`.

    Slope one is concave, above one S-shaped. Hill (1910).
    """

    name: ClassVar[str] = "hill"
    unknowns: ClassVar[tuple[Unknown, ...]] = (
        HALF,
        Unknown("slope", median=1.3, log_sd=0.35, unit="1"),
    )

    @override
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        power = raise_level(level / unknowns["half_saturation"], unknowns["slope"], xp)
        return power / (1 + power)


@dataclass(frozen=True)
class MichaelisMentenSaturation(Saturation):
    """`x / (x + half_saturation)`: concave, half reached at `half_saturation`.

    Michaelis and Menten (1913).
    """

    name: ClassVar[str] = "michaelis_menten"
    unknowns: ClassVar[tuple[Unknown, ...]] = (HALF,)

    @override
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        return level / (level + unknowns["half_saturation"])


@dataclass(frozen=True)
class LogisticSaturation(Saturation):
    """`(1 - exp(-r x)) / (1 + exp(-r x))` with `r = ln 3 / half_saturation`.

    Nearly straight at first; half reached at `half_saturation`. Jin et al. (2017) as written
    in pymc-marketing.
    """

    name: ClassVar[str] = "logistic"
    unknowns: ClassVar[tuple[Unknown, ...]] = (HALF,)

    @override
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        return xp.tanh(0.5 * _LOG_3 * level / unknowns["half_saturation"])


@dataclass(frozen=True)
class TanhSaturation(LogisticSaturation):
    """`tanh(r x)` with `r = atanh 0.5 / half_saturation`: the logistic curve by its other name."""

    name: ClassVar[str] = "tanh"


@dataclass(frozen=True)
class RootSaturation(Saturation):
    """`x ** (root / (1 + root))`: returns fall for ever and have no ceiling."""

    name: ClassVar[str] = "root"
    unknowns: ClassVar[tuple[Unknown, ...]] = (Unknown("root", median=1.0, log_sd=0.7, unit="1"),)
    is_bounded: ClassVar[bool] = False

    @override
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        return raise_level(level, unknowns["root"] / (1 + unknowns["root"]), xp)


@dataclass(frozen=True)
class NoSaturation(Saturation):
    """`x`: every exposure brings the same."""

    name: ClassVar[str] = "none"
    unknowns: ClassVar[tuple[Unknown, ...]] = ()
    is_bounded: ClassVar[bool] = False

    @override
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        return level
