"""The families of carry-over.

Belongs here: how an effect fades. Must not: how it is added up over periods (see `kernel`).
"""

from dataclasses import dataclass
from typing import ClassVar, override

from mmm_orchestration.transforms.family import Adstock, Functions, Unknown, Values

MEAN_LAG = Unknown("mean_lag_days", median=5.0, log_sd=1.0, unit="days")


@dataclass(frozen=True)
class GeometricAdstock(Adstock):
    """Fades by the same part each step: `alpha ** k`.

    `alpha = mean_lag_days / (mean_lag_days + step_days)`, so the mean lag means the same for any
    step; zero is no carry-over. Koyck (1954).
    """

    name: ClassVar[str] = "geometric"
    unknowns: ClassVar[tuple[Unknown, ...]] = (MEAN_LAG,)

    @override
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        mean_lag = unknowns["mean_lag_days"]
        return (mean_lag / (mean_lag + step_days)) ** steps


@dataclass(frozen=True)
class DelayedAdstock(Adstock):
    """Peaks some days later: `exp(-((d - peak_days) / width_days)² / 2)`, d in days.

    The radial kernel of Jin et al. (2017) with its retention written as a width.
    """

    name: ClassVar[str] = "delayed"
    unknowns: ClassVar[tuple[Unknown, ...]] = (
        Unknown("peak_days", median=5.0, log_sd=0.7, unit="days"),
        Unknown("width_days", median=7.0, log_sd=0.7, unit="days"),
    )

    @override
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        distance = (steps * step_days - unknowns["peak_days"]) / unknowns["width_days"]
        return xp.exp(-0.5 * distance**2)


@dataclass(frozen=True)
class WeibullCdfAdstock(Adstock):
    """What a Weibull life has left after d days: `exp(-(d / weibull_days) ** weibull_shape)`.

    Shape one fades by the same part each day, above one holds and then drops. After the flexible
    decay of Robyn, whose running product it replaces by the survival function itself.
    """

    name: ClassVar[str] = "weibull_cdf"
    unknowns: ClassVar[tuple[Unknown, ...]] = (
        Unknown("weibull_shape", median=1.0, log_sd=0.5, unit="1"),
        Unknown("weibull_days", median=7.0, log_sd=0.8, unit="days"),
    )

    @override
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        part = steps * step_days / unknowns["weibull_days"]
        power = xp.exp(unknowns["weibull_shape"] * xp.log(xp.maximum(part, 1e-12)))
        return xp.exp(-power)


@dataclass(frozen=True)
class WeibullPdfAdstock(Adstock):
    """The density of a Weibull life in the middle of each step, which may peak later.

    `k / s (d / s) ** (k - 1) exp(-(d / s) ** k)` with k = `weibull_shape`, s = `weibull_days`
    and d in days; shape above one peaks after the exposure. As in Robyn.
    """

    name: ClassVar[str] = "weibull_pdf"
    unknowns: ClassVar[tuple[Unknown, ...]] = (
        Unknown("weibull_shape", median=1.5, log_sd=0.4, unit="1"),
        Unknown("weibull_days", median=7.0, log_sd=0.8, unit="days"),
    )

    @override
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        shape = unknowns["weibull_shape"]
        log_part = xp.log((steps + 0.5) * step_days) - xp.log(unknowns["weibull_days"])
        return xp.exp((shape - 1) * log_part - xp.exp(shape * log_part))


@dataclass(frozen=True)
class BinomialAdstock(Adstock):
    """Falls to zero at the end of the window: `(1 - k / n_steps) ** fall`.

    Above one `fall` is convex and keeps a longer tail than a geometric kernel with the same
    start; it is `1 / alpha - 1` of Meridian's binomial decay.
    """

    name: ClassVar[str] = "binomial"
    unknowns: ClassVar[tuple[Unknown, ...]] = (Unknown("fall", median=4.0, log_sd=0.8, unit="1"),)

    @override
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        return (1 - steps / steps.shape[0]) ** unknowns["fall"]
