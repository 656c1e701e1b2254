"""What would happen if, as a person or a program asks it.

Belongs here: the form of a scenario, checked by itself. Must not: answering it (see `scenario`).

Money is in the project's currency. A percentage is of what today's plan spends.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mmm_orchestration.decisions.request import Amount
from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import Positive, Slug, Stage, Strict, Text

Percent = Annotated[float, Field(ge=-100, le=10_000, allow_inf_nan=False)]


class Span(Strict):
    """Which days and geos a change is for; what is left out is all of the horizon."""

    first: date | None = None
    last: date | None = None
    geos: tuple[Text, ...] = ()


class Shift(Span):
    """Money taken from one channel and given to another, in proportion to what is spent."""

    kind: Literal["shift"] = "shift"
    source: Slug
    target: Slug
    percent: Annotated[float, Field(gt=0, le=100)] | None = None
    money: Amount | None = None

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        if (self.percent is None) == (self.money is None):
            raise mistake("give 'percent' of the source, or 'money'", key="percent")
        return self


class Scale(Span):
    """More or less money for channels, a group, a stage, or all, in per cent of what is spent."""

    kind: Literal["scale"] = "scale"
    channels: tuple[Slug, ...] = ()
    group: Text | None = None
    stage: Stage | None = None
    percent: Percent


class SetSpend(Span):
    """A channel's money in every period, shared out over its geos as today."""

    kind: Literal["set"] = "set"
    channel: Slug
    money: Amount


class NewChannel(Span):
    """A channel that the model does not know, taken to answer like one that it does.

    It spends `money` a period, brings `factor` times what `like` brings for the same money, and
    that factor is uncertain by `spread`, the standard deviation of its logarithm.
    """

    kind: Literal["new_channel"] = "new_channel"
    name: Slug
    like: Slug
    money: Amount
    factor: Positive = 1.0
    spread: Annotated[float, Field(ge=0, le=2)] = 0.5


class ControlChange(Span):
    """A price, a promotion or another control of the model, changed by so many of its units."""

    kind: Literal["control"] = "control"
    control: Slug
    change: Annotated[float, Field(allow_inf_nan=False)]


class Competitor(Span):
    """What another's campaign is assumed to cost, in per cent of the KPI without media.

    `spread` is the standard deviation of that, in per cent points.
    """

    kind: Literal["competitor"] = "competitor"
    percent: Percent
    spread: Annotated[float, Field(ge=0, le=100)] = 0.0


Change = Annotated[
    Shift | Scale | SetSpend | NewChannel | ControlChange | Competitor, Field(discriminator="kind")
]


class ScenarioRequest(Strict):
    """A scenario over `periods` after the trained ones: changes of today's plan, in order."""

    name: Slug
    periods: Annotated[int, Field(ge=1, le=104)] = 13
    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
