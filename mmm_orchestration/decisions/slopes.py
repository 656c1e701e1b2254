"""Saturation together with its slope, for gradients of a plan.

Belongs here: derivatives. Must not: the families themselves (see `transforms.saturation`).

The families of this package have theirs in closed form. One that another package adds is
differentiated by a complex step, exact to rounding for any formula of analytic functions:
`f'(x) = Im f(x + ih) / h`. Squire and Trapp (1998).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.transforms.family import Saturation
from mmm_orchestration.transforms.saturation import (
    HillSaturation,
    LogisticSaturation,
    MichaelisMentenSaturation,
    NoSaturation,
    RootSaturation,
    TanhSaturation,
)

Values = NDArray[np.floating]

# where a curve may be infinitely steep, at zero, its slope is that of this level
LEAST_LEVEL = 1e-9
_STEP = 1e-20
_LOG_3 = 1.0986122886681098


def respond_with_slope(
    family: Saturation, level: Values, unknowns: Mapping[str, Values]
) -> tuple[Values, Values]:
    """The response to `level` and its derivative by the level, both of its shape and type.

    `level` is in typical exposures and not negative; unknowns broadcast against it.
    """
    match family:
        case HillSaturation():
            slope = unknowns["slope"]
            safe = np.maximum(level, level.dtype.type(LEAST_LEVEL))
            power = np.exp(slope * np.log(safe / unknowns["half_saturation"]))
            response = power / (1 + power)
            steepness = slope * response * (1 - response) / safe
            return np.where(level > 0, response, 0), steepness
        case MichaelisMentenSaturation():
            half = unknowns["half_saturation"]
            return level / (level + half), half / (level + half) ** 2
        case TanhSaturation() | LogisticSaturation():
            rate = level.dtype.type(0.5 * _LOG_3) / unknowns["half_saturation"]
            response = np.tanh(rate * level)
            return response, rate * (1 - response**2)
        case RootSaturation():
            exponent = unknowns["root"] / (1 + unknowns["root"])
            safe = np.maximum(level, level.dtype.type(LEAST_LEVEL))
            response = np.exp(exponent * np.log(safe))
            return np.where(level > 0, response, 0), exponent * response / safe
        case NoSaturation():
            return level, np.ones_like(level)
    lifted = np.maximum(level, level.dtype.type(LEAST_LEVEL)) + 1j * _STEP
    steepness = np.asarray(family.respond(lifted, np, **unknowns)).imag / _STEP
    return family.respond(level, np, **unknowns), steepness.astype(level.dtype)
