"""The noise of the KPI, one family each: density for graph and draws, and draws of the KPI.

Belongs here: what the KPI does around its mean. Must not: what the mean is, PyMC.

Values and means are in units of a geo's mean KPI, `size` (geo, 1) is that mean in KPI units and
`sigma` (geo, 1) the relative noise; all broadcast against (…, geo, date).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np
from scipy.special import gammaln

from mmm_orchestration.model.data import Array
from mmm_orchestration.project import Likelihood
from mmm_orchestration.transforms.family import Functions, Values

_LOG_2_PI = math.log(2 * math.pi)
FLOOR = 0.02


class _Numpy:
    """The functions that a family needs, as NumPy and SciPy have them."""

    log, log1p, exp, maximum, abs = np.log, np.log1p, np.exp, np.maximum, np.abs
    gammaln = staticmethod(gammaln)


NUMPY: Functions = _Numpy


@dataclass(frozen=True)
class Family(ABC):
    """How the KPI scatters; `has_degrees` where the unknown `degrees` says how heavy its tails."""

    name: ClassVar[Likelihood]
    has_degrees: ClassVar[bool] = False

    @abstractmethod
    def compute_log_density(
        self,
        value: Values,
        mean: Values,
        *,
        sigma: Values,
        size: Values,
        degrees: Values,
        xp: Functions,
    ) -> Values:
        """Log density of the KPI in its own units, or log probability of a count.

        The shape is that of `value` and `mean` together, (…, geo, date); `degrees` broadcasts
        against it and is looked at where the family has them.
        """

    @abstractmethod
    def draw(
        self, mean: Array, *, sigma: Array, size: Array, degrees: Array, rng: np.random.Generator
    ) -> Array:
        """One KPI for each mean, in mean KPIs, of the shape of `mean` (…, geo, date)."""


@dataclass(frozen=True)
class NormalFamily(Family):
    """`value = mean + sigma ε`, ε standard normal."""

    name: ClassVar[Likelihood] = "normal"

    @override
    def compute_log_density(
        self,
        value: Values,
        mean: Values,
        *,
        sigma: Values,
        size: Values,
        degrees: Values,
        xp: Functions,
    ) -> Values:
        error = (value - mean) / sigma
        return -0.5 * (error**2 + _LOG_2_PI) - xp.log(sigma * size)

    @override
    def draw(
        self, mean: Array, *, sigma: Array, size: Array, degrees: Array, rng: np.random.Generator
    ) -> Array:
        return mean + sigma * rng.standard_normal(mean.shape)


@dataclass(frozen=True)
class StudentFamily(Family):
    """`value = mean + sigma ε`, ε Student-t with `degrees`: outliers weigh less. Lange (1989)."""

    name: ClassVar[Likelihood] = "student_t"
    has_degrees: ClassVar[bool] = True

    @override
    def compute_log_density(
        self,
        value: Values,
        mean: Values,
        *,
        sigma: Values,
        size: Values,
        degrees: Values,
        xp: Functions,
    ) -> Values:
        error = (value - mean) / sigma
        half = 0.5 * (degrees + 1)
        scale = xp.gammaln(half) - xp.gammaln(0.5 * degrees) - 0.5 * xp.log(degrees * math.pi)
        return scale - half * xp.log1p(error**2 / degrees) - xp.log(sigma * size)

    @override
    def draw(
        self, mean: Array, *, sigma: Array, size: Array, degrees: Array, rng: np.random.Generator
    ) -> Array:
        drawn: Array = mean + sigma * rng.standard_t(np.broadcast_to(degrees, mean.shape))
        return drawn


@dataclass(frozen=True)
class LogNormalFamily(Family):
    """`log value = log mean - sigma² / 2 + sigma ε`: positive, noise in proportion to the mean.

    A mean near or below zero is lifted to a small positive one by `keep_positive`.
    """

    name: ClassVar[Likelihood] = "log_normal"

    @override
    def compute_log_density(
        self,
        value: Values,
        mean: Values,
        *,
        sigma: Values,
        size: Values,
        degrees: Values,
        xp: Functions,
    ) -> Values:
        log_value = xp.log(xp.maximum(value, 1e-12))
        error = (log_value - xp.log(keep_positive(mean, xp)) + 0.5 * sigma**2) / sigma
        return -0.5 * (error**2 + _LOG_2_PI) - xp.log(sigma * size) - log_value

    @override
    def draw(
        self, mean: Array, *, sigma: Array, size: Array, degrees: Array, rng: np.random.Generator
    ) -> Array:
        noise = sigma * rng.standard_normal(mean.shape) - 0.5 * sigma**2
        drawn: Array = keep_positive(mean, NUMPY) * np.exp(noise)
        return drawn


@dataclass(frozen=True)
class NegativeBinomialFamily(Family):
    """A count with mean `m = mean · size` and variance `m + (sigma m)²`. Hilbe (2011).

    A mean near or below zero is lifted to a small positive one by `keep_positive`.
    """

    name: ClassVar[Likelihood] = "negative_binomial"

    @override
    def compute_log_density(
        self,
        value: Values,
        mean: Values,
        *,
        sigma: Values,
        size: Values,
        degrees: Values,
        xp: Functions,
    ) -> Values:
        count, m = value * size, keep_positive(mean, xp) * size
        shape = 1 / sigma**2
        ways = xp.gammaln(count + shape) - xp.gammaln(shape) - xp.gammaln(count + 1)
        return ways - shape * xp.log1p(m / shape) + count * (xp.log(m) - xp.log(shape + m))

    @override
    def draw(
        self, mean: Array, *, sigma: Array, size: Array, degrees: Array, rng: np.random.Generator
    ) -> Array:
        m, shape = keep_positive(mean, NUMPY) * size, np.broadcast_to(1 / sigma**2, mean.shape)
        drawn: Array = rng.negative_binomial(shape, shape / (shape + m)) / size
        return drawn


def keep_positive(mean: Values, xp: Functions) -> Values:
    """The mean itself where it is well above zero, and a small positive value below.

    Of the shape of `mean` and like it in mean KPIs: `floor · log(1 + exp(mean / floor))`,
    written so that it cannot overflow.
    """
    part = mean / FLOOR
    return FLOOR * (xp.maximum(part, 0.0) + xp.log1p(xp.exp(-xp.abs(part)))) + 1e-9


_FAMILIES = (NormalFamily(), StudentFamily(), LogNormalFamily(), NegativeBinomialFamily())


def get_family(name: Likelihood) -> Family:
    """The family called `name`."""
    (found,) = (family for family in _FAMILIES if family.name == name)
    return found
