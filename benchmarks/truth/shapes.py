"""True carry-over, saturation and spend of simulated worlds.

Belongs here: formulas written apart from those of the model, so that one can prove the other.
Must not: what a KPI is made of (see `worlds`), the model.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Fading = Literal["geometric", "delayed", "weibull_pdf", "binomial"]
Bending = Literal["hill", "michaelis_menten", "logistic", "linear"]
Pattern = Literal["always_on", "flighted", "pulsed", "seasonal"]

WEEKS_PER_YEAR = 365.25 / 7
N_LAGS = 8


@dataclass(frozen=True)
class Fade:
    """How an effect fades over the weeks: a family, its length in weeks and its shape."""

    family: Fading
    weeks: float
    shape: float = 1.0

    def build_kernel(self) -> Array:
        """Weights of the lags in weeks, shape (lag,), which sum to one."""
        lag = np.arange(N_LAGS + 1, dtype=float)
        weights = self._weigh(lag)
        normal: Array = weights / weights.sum()
        return normal

    def _weigh(self, lag: Array) -> Array:
        match self.family:
            case "geometric":
                return np.asarray((self.weeks / (1 + self.weeks)) ** lag)
            case "delayed":
                return np.asarray(np.exp(-(((lag - self.weeks) / self.shape) ** 2) / 2))
            case "weibull_pdf":
                part = (lag + 0.5) / self.weeks
                return np.asarray(part ** (self.shape - 1) * np.exp(-(part**self.shape)))
            case "binomial":
                return np.asarray((1 - lag / (N_LAGS + 1)) ** self.shape)


@dataclass(frozen=True)
class Curve:
    """How the response grows: a family, half of it reached at `half` typical exposures."""

    family: Bending
    half: float
    slope: float = 1.0

    def respond(self, level: Array) -> Array:
        """The response to a level in typical exposures, of its shape, in [0, 1) but for a line."""
        part = level / self.half
        match self.family:
            case "hill" | "michaelis_menten":
                power = part**self.slope
                return np.asarray(power / (1 + power))
            case "logistic":
                return np.asarray(2 / (1 + 3.0**-part) - 1)
            case "linear":
                return np.asarray(part / 2)


def carry_over(level: Array, *, kernel: Array) -> Array:
    """A level (lag + date, …) carried over by a kernel (1 + lag,), shape (date, …)."""
    n_dates = len(level) - len(kernel) + 1
    carried = np.zeros((n_dates, *level.shape[1:]))
    for lag, weight in enumerate(kernel):
        start = len(kernel) - 1 - lag
        carried += weight * level[start : start + n_dates]
    return carried


def draw_fade(rng: np.random.Generator, *, family: Fading) -> Fade:
    """A carry-over of the family, from a few days to some weeks long."""
    match family:
        case "geometric":
            return Fade(family, weeks=float(np.exp(rng.uniform(np.log(0.1), np.log(3.0)))))
        case "delayed":
            return Fade(family, weeks=float(rng.uniform(0.3, 2)), shape=float(rng.uniform(0.5, 2)))
        case "weibull_pdf":
            return Fade(family, weeks=float(rng.uniform(0.5, 2)), shape=float(rng.uniform(1, 2.2)))
        case "binomial":
            return Fade(family, weeks=1.0, shape=float(np.exp(rng.uniform(np.log(2), np.log(9)))))


def draw_curve(rng: np.random.Generator, *, family: Bending) -> Curve:
    """A saturation of the family, from nearly straight to nearly flat at a typical exposure."""
    half = float(np.exp(rng.uniform(np.log(0.3), np.log(4.0))))
    slope = float(rng.uniform(0.75, 1.6)) if family == "hill" else 1.0
    return Curve(family, half=half, slope=slope)


def draw_spend(
    rng: np.random.Generator, *, pattern: Pattern, season: Array, mean: float = 100.0
) -> Array:
    """Spend of one channel by week, of the shape of `season` (week,); `mean` where it is on."""
    n_weeks = len(season)
    level = np.exp(rng.normal(0, 0.35, n_weeks))
    match pattern:
        case "always_on":
            return np.asarray(mean * level)
        case "seasonal":
            return np.asarray(mean * level * np.exp(rng.uniform(0.3, 0.8) * season))
        case "pulsed":
            return np.asarray(mean * level * (rng.random(n_weeks) < rng.uniform(0.25, 0.6)))
        case "flighted":
            return np.asarray(mean * level * _draw_flights(rng, n_weeks=n_weeks))


def _draw_flights(rng: np.random.Generator, *, n_weeks: int) -> Array:
    """Ones while a flight of two to six weeks lasts, zeros in the pauses of two to eight."""
    is_on: list[float] = []
    while len(is_on) < n_weeks:
        is_on += [1.0] * int(rng.integers(2, 7)) + [0.0] * int(rng.integers(2, 9))
    return np.array(is_on[:n_weeks])


def draw_season(rng: np.random.Generator, *, n_weeks: int, n_waves: int = 2) -> Array:
    """A yearly season with mean about zero and standard deviation one, shape (week,)."""
    turn = 2 * np.pi * np.arange(n_weeks) / WEEKS_PER_YEAR
    season = np.zeros(n_weeks)
    for k in range(1, n_waves + 1):
        season += rng.normal(0, 1 / k) * np.sin(k * turn) + rng.normal(0, 1 / k) * np.cos(k * turn)
    scaled: Array = season / season.std()
    return scaled


def draw_drifting(rng: np.random.Generator, *, n_weeks: int, keep: float = 0.8) -> Array:
    """A series that remembers the part `keep` of itself, mean zero and sd about one, (week,)."""
    values = np.zeros(n_weeks)
    steps = rng.normal(0, np.sqrt(1 - keep**2), n_weeks)
    values[0] = rng.normal()
    for week in range(1, n_weeks):
        values[week] = keep * values[week - 1] + steps[week]
    return values
