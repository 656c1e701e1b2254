"""The form of every answer, as it stands in the OpenAPI document.

Belongs here: fields with their units. Must not: where the numbers come from.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mmm_orchestration.reporting.tables import RoiDocument

Number = Annotated[float | None, Field(description="None where the number is not finite.")]


class Document(BaseModel):
    """Base of all answers; what is not declared is a mistake of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Document):
    """Why a request was refused, in words and as data."""

    what: str = Field(description="What is wrong.", examples=["There is no channel 'tick_tock'"])
    got: str | float | bool | None = Field(description="What was given.", examples=["tick_tock"])
    available: tuple[str, ...] = Field(description="What there is.", examples=[["search", "tv"]])
    fix: str = Field(description="What to do.", examples=["Give an amount of zero or more"])


class ProblemAnswer(Document):
    """An answer that is none."""

    error: Problem


class Health(Document):
    """Whether questions are answered; nothing of the project."""

    status: str = Field(description="'serving', or 'waiting' for a first champion.")


class ModelStamp(Document):
    """Which model answered."""

    name: str | None = Field(description="Its name, null where the project has one model.")
    version: str = Field(examples=["2026-03-01-1a2b3c4d-5e6f7a8b"])


class DataStamp(Document):
    """Which data it was fitted on."""

    snapshot: str = Field(description="SHA-256 of the modelled data.")
    trained_through: str = Field(examples=["2026-03-01"])


class Envelope[T](Document):
    """An answer with the model and the data it comes from."""

    model: ModelStamp
    data: DataStamp
    result: T


class Interval(Document):
    """A posterior median with the ends of its 94 % interval."""

    median: Number = Field(examples=[2.4])
    low: Number = Field(examples=[2.2])
    high: Number = Field(examples=[2.6])


class ServedModel(Document):
    """One model of the project, and which version of it is served."""

    name: str | None
    version: str | None = Field(description="Null while there is no champion that can be served.")
    snapshot: str | None
    trained_through: str | None
    fitted_at: str | None
    loaded_at: str | None
    kpi: str
    unit: str = Field(description="What the KPI counts; the currency where it is money.")
    currency: str
    period_days: int | None = Field(description="Days of a period of the model.")
    geos: tuple[str, ...]
    channels: tuple[str, ...] = Field(description="Those with spend, which can be planned.")
    today: dict[str, float] = Field(description="Money of each in one period, all geos together.")
    note: str = Field(description="Why the newest champion is not the one served; else empty.")


class Models(Document):
    """Every model of the project."""

    models: tuple[ServedModel, ...]


class ContributionPeriod(Document):
    """The KPI of one period, taken apart; posterior means in KPI units."""

    period: str
    kpi: Number
    baseline: Number
    media: dict[str, Number]
    fit: Number
    fit_low: Number
    fit_high: Number


class Contributions(Document):
    """The KPI taken apart over time, all geos together."""

    unit: str
    period_days: int
    channels: tuple[str, ...]
    periods: tuple[ContributionPeriod, ...]


class CurvePoint(Interval):
    """What a steady level of spend brings per period, KPI units."""

    level: float


class Curve(Document):
    """The response curve of one channel; beyond `observed_max` it is extrapolated."""

    channel: str
    unit: str = Field(description="Of the level: the currency, else what exposure counts.")
    observed: Number = Field(description="Mean level where the channel was on.")
    observed_max: Number
    points: tuple[CurvePoint, ...]


class Curves(Document):
    """One response curve per channel; `unit` is that of the KPI."""

    unit: str
    curves: tuple[Curve, ...]


class RecentChannel(Document):
    """What one channel brought in the newest days, in KPI units."""

    channel: str
    spend: Number
    contribution: Interval
    share: Interval = Field(description="Of the KPI of these days.")
    roi: Interval | None = Field(description="Null without spend in these days.")
    is_first: Number = Field(description="The probability that no channel has a larger ROI.")
    doubt: str = Field(description="What the data cannot tell; else empty.")


class MovedRoi(Document):
    """The ROI of one channel in the champion before and in this one."""

    channel: str
    before: float
    after: float
    noise: Number = Field(description="Its standard deviation over seeds.")
    causes: dict[str, float] = Field(description="What moved it; the parts add up to all of it.")


class Changes(Document):
    """What moved since the champion before, and why."""

    before: str = Field(description="The version of the champion before.")
    steps: tuple[str, ...] = Field(description="What changed between the two, in words.")
    roi: tuple[MovedRoi, ...]


class Told(Document):
    """A finding on the data or the model, in words."""

    severity: str
    what: str
    fix: str


class Summary(Document):
    """The newest 90 days on one page: the KPI, what brought it, health, and what changed."""

    project: str
    kpi_name: str
    unit: str
    currency: str
    first: str
    last: str
    n_periods: int
    kpi: Number
    kpi_before: Number = Field(description="Of as many periods before; null without them.")
    baseline: Interval = Field(description="The KPI that no channel brought.")
    channels: tuple[RecentChannel, ...] = Field(description="The largest ROI first.")
    r2: Number = Field(description="Of the fit to the days it was trained on.")
    coverage: Number = Field(description="Part of those days within the 94 % interval.")
    fitted_at: str
    findings: tuple[Told, ...] = Field(description="Worst first.")
    notes: tuple[str, ...]
    changes: Changes | None = Field(description="Null where no report compared two versions.")


RoiAnswer = Envelope[RoiDocument]
SummaryAnswer = Envelope[Summary]
ContributionsAnswer = Envelope[Contributions]
CurvesAnswer = Envelope[Curves]
