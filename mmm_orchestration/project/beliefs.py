"""What is believed before the data, as mmm.yaml says it.

Belongs here: priors as two numbers each. Must not: what the model makes of them.
"""

import math
from typing import Self

from pydantic import Field, model_validator

from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import Day, Positive, PriorOf, Strict

NORMAL_95 = 1.6448536269514722
"""95 % of a standard normal lie below it."""


class UnknownPrior(Strict):
    """What is believed of an unknown of carry-over or saturation, log-normal."""

    median: Positive
    upper: Positive = Field(description="95 % of the belief lies below this value")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.upper <= self.median:
            raise mistake("'upper' must be greater than 'median'", key="upper")
        return self

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm: `log(upper / median)` over the normal's 95 %."""
        return math.log(self.upper / self.median) / NORMAL_95


class Prior(UnknownPrior):
    """What is believed of a channel before the data, log-normal.

    `of` share is of the KPI, contribution is KPI units of the whole range, the returns are money
    (or units) per unit of spend.
    """

    of: PriorOf = "share"

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if self.of == "share" and self.upper >= 1:
            raise mistake("a share of the KPI lies below 1", key="upper", got=self.upper)
        return self


class PriorSource(Strict):
    """The saved posterior whose knowledge the priors hold."""

    version: str
    first: Day
    last: Day
