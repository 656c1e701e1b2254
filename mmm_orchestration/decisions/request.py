"""What is asked of the optimiser, as a person or a program writes it.

Belongs here: the form of a question, checked by itself. Must not: whether a model can answer it
(see `problem`).

Money is in the project's currency. A percentage is of today's spend, the mean of the last quarter
of the data, so 100 means as much as today.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import Positive, Slug, Stage, Strict, Text

Amount = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
Part = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
BudgetKind = Literal["fixed", "at_most", "free"]
ObjectiveKind = Literal["mean", "quantile", "cvar", "beat_today"]
Pattern = Literal["free", "even", "weights"]


class Budget(Strict):
    """How much may be spent over the horizon: `total`, else `percent` of today's.

    `free` spends as long as it pays: while another unit of money brings `marginal_roi` of money
    back, or while all of it together brings `roi`; one is enough by default.
    """

    kind: BudgetKind = "fixed"
    total: Amount | None = None
    percent: Amount = 100.0
    roi: Positive | None = None
    marginal_roi: Positive | None = None

    @model_validator(mode="after")
    def _targets_are_of_a_free_budget(self) -> Self:
        if self.kind != "free" and (self.roi or self.marginal_roi):
            raise mistake(f"a budget that is {self.kind} has no target of ROI", key="kind")
        if self.roi and self.marginal_roi:
            raise mistake("a budget has one target, 'roi' or 'marginal_roi'", key="roi")
        if self.kind == "free" and self.total is not None:
            raise mistake("a free budget has no 'total'; 'at_most' has", key="total")
        return self


class Objective(Strict):
    """What is made as large as possible.

    The `mean` of what the plan brings; its `quantile` at `level`; `cvar`, the mean of its worst
    part of size `level`; or `beat_today`, the probability of bringing more than today's plan.
    """

    kind: ObjectiveKind = "mean"
    level: Annotated[float, Field(gt=0, lt=1)] = 0.1


class Bound(Strict):
    """The least and most that one channel may spend in one period, in one geo or in each."""

    channel: Slug
    geo: Text | None = None
    low: Amount | None = None
    high: Amount | None = None
    low_percent: Amount | None = None
    high_percent: Amount | None = None

    @model_validator(mode="after")
    def _says_each_side_once(self) -> Self:
        for side in ("low", "high"):
            if getattr(self, side) is not None and getattr(self, f"{side}_percent") is not None:
                raise mistake(f"give '{side}' or '{side}_percent'", key=side)
        return self


class Limit(Strict):
    """The least and most of a sum of spend: a contract, a group, a stage of the funnel, a geo.

    The sum is over the `channels` named, those of `group` or of `stage`, in `geos` and from the
    period of `first` to that of `last`; what is left out is all. `low_share` and `high_share` are
    parts of the whole plan.
    """

    name: Text
    channels: tuple[Slug, ...] = ()
    group: Text | None = None
    stage: Stage | None = None
    geos: tuple[Text, ...] = ()
    first: date | None = None
    last: date | None = None
    low: Amount | None = None
    high: Amount | None = None
    low_share: Part | None = None
    high_share: Part | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        sides = (self.low, self.high, self.low_share, self.high_share)
        if all(side is None for side in sides):
            raise mistake("give 'low', 'high', 'low_share' or 'high_share'", key="low")
        chosen = [bool(self.channels), self.group is not None, self.stage is not None]
        if sum(chosen) > 1:
            raise mistake("name 'channels', a 'group' or a 'stage'", key="channels")
        return self


class Flighting(Strict):
    """How one channel spreads over the periods.

    `even` spends the same in every period that is on, `weights` in proportion to one number per
    period, `free` as is best. No money goes to the periods of the days in `off`.
    """

    channel: Slug
    pattern: Pattern = "free"
    weights: tuple[Amount, ...] = ()
    off: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _weights_are_of_their_pattern(self) -> Self:
        if (self.pattern == "weights") != bool(self.weights):
            raise mistake("'weights' come with the pattern 'weights'", key="weights")
        if self.weights and not sum(self.weights):
            raise mistake("one of the weights is above zero", key="weights")
        return self


class PlanRequest(Strict):
    """A question to the optimiser.

    Unless a bound says otherwise, a channel stays within `reach` per cent of today's spend in
    every period, up or down. `inflation` is how fast the price of a channel rises with its spend:
    at 0.1 one per cent more money buys 0.9 per cent more exposure. `split_geos` leaves the split
    over geos free; without it each channel keeps today's.
    """

    periods: Annotated[int, Field(ge=1, le=104)] = 13
    budget: Budget = Budget()
    objective: Objective = Objective()
    reach: Annotated[float, Field(ge=0, le=1000)] = 50.0
    bounds: Annotated[tuple[Bound, ...], Field(max_length=2000)] = ()
    limits: Annotated[tuple[Limit, ...], Field(max_length=200)] = ()
    flighting: Annotated[tuple[Flighting, ...], Field(max_length=200)] = ()
    inflation: Mapping[Slug, Annotated[float, Field(ge=0, lt=1)]] = Field(default_factory=dict)
    split_geos: bool = True
    starts: Annotated[int, Field(ge=2, le=20)] = 4
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
