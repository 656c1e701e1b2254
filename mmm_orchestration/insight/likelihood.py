"""How the KPI scatters around its expected value, from saved draws.

Belongs here: the density and the draws of each family of noise. Must not: PyMC, what is expected.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mmm_orchestration.insight.results import Array

Density = Callable[[Array, Array, Array], Array]
Draw = Callable[[np.random.Generator, Array, Array], Array]


@dataclass(frozen=True)
class Noise:
    """One family: `log_density(value, expected, spread)` and `draw(rng, expected, spread)`.

    All arrays broadcast; `spread` is the saved unknown of the noise by geo, in KPI units.
    """

    log_density: Density
    draw: Draw


def _log_normal_density(value: Array, expected: Array, spread: Array) -> Array:
    """`-½ ((value - expected) / spread)² - log spread - ½ log 2π`."""
    density: Array = -0.5 * ((value - expected) / spread) ** 2 - np.log(spread * np.sqrt(2 * np.pi))
    return density


def _draw_normal(rng: np.random.Generator, expected: Array, spread: Array) -> Array:
    drawn: Array = expected + spread * rng.standard_normal(expected.shape)
    return drawn


NOISES: Mapping[str, Noise] = {
    "normal": Noise(log_density=_log_normal_density, draw=_draw_normal),
}
NOISE = "normal"
