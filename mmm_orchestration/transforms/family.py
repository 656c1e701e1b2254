"""What a family of carry-over or saturation is: unknowns with priors, and one formula.

Belongs here: the contract. Must not: PyMC, data. A formula is written with the operations that
NumPy and PyTensor share, so the graph that is sampled and the numbers made from its draws cannot
drift apart.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

# an array of NumPy or a tensor of PyTensor, and the module with its functions
Values = Any
Functions = Any


@dataclass(frozen=True)
class Unknown:
    """A positive unknown of each channel with its log-normal prior.

    Families may share a name where it means the same; `unit` is what the value counts.
    """

    name: str
    median: float
    log_sd: float
    unit: str


@dataclass(frozen=True)
class Adstock(ABC):
    """How the effect of an exposure spreads over the days that follow.

    A family is a subclass with a `name`, its `unknowns` and a `fade`.
    """

    name: ClassVar[str]
    unknowns: ClassVar[tuple[Unknown, ...]]

    @abstractmethod
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        """Weight of the effect that comes `steps` steps of `step_days` days after the exposure.

        `steps` has shape (step, 1) and counts from zero, unknowns have shape (n,), the weights
        (step, n) are not negative. They need no scale: they are normalised to sum to one.
        """


@dataclass(frozen=True)
class Saturation(ABC):
    """How the response grows with a level of exposure.

    A family is a subclass with a `name`, its `unknowns` and a `respond`; `is_bounded` where the
    response stays below one.
    """

    name: ClassVar[str]
    unknowns: ClassVar[tuple[Unknown, ...]]
    is_bounded: ClassVar[bool] = True

    @abstractmethod
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        """Response of the shape of `level`, zero at zero and never falling.

        `level` is in typical exposures, not negative; unknowns broadcast against it.
        """


def raise_level(level: Values, exponent: Values, xp: Functions) -> Values:
    """`level ** exponent`, zero where the level is, with a gradient there as well.

    Of the shape to which both broadcast; a level is not negative.
    """
    is_on = level > 0
    return xp.where(is_on, xp.exp(exponent * xp.log(xp.where(is_on, level, 1.0))), 0.0)
