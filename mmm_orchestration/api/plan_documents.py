"""The form of answers about plans, campaigns, scenarios and approvals.

Belongs here: fields with their units. Must not: where the numbers come from.
"""

from pydantic import Field, JsonValue

from mmm_orchestration.api.documents import Document, Envelope, Interval, Number


class Total(Document):
    """Money over the horizon."""

    today: float
    planned: float


class PlannedChannel(Document):
    """One channel: money over the horizon, and what it brings with its carry-over."""

    channel: str
    today: float
    planned: float
    contribution: Interval = Field(description="KPI units.")
    roi: Interval | None = Field(description="Null where nothing is spent.")
    marginal_roi: Interval | None
    split_noise: Number = Field(description="How far another seed moves its part of the budget.")


class StartRow(Document):
    """Where one start of the search ended."""

    name: str
    value: Number
    iterations: int
    has_converged: bool


class LimitRow(Document):
    """One limit on a sum of spend; `price` is what one more unit of money in it would bring."""

    name: str
    value: float
    low: Number
    high: Number
    is_met: bool
    price: Number


class CertificateRow(Document):
    """The proof that comes with a plan, and what it does not prove; `sentences` say all of it."""

    is_improvement: bool = Field(description="Better than today's by more than another seed moves.")
    sentences: tuple[str, ...] = Field(description="Doubts first.")
    gain: Interval = Field(description="KPI units beyond today's plan.")
    gain_mean: Number
    gain_noise: Number
    probability: Number = Field(description="That it brings more than today's plan.")
    advantage: Number
    advantage_noise: Number
    outside: Number = Field(description="Part of the gain above the largest spend observed.")
    regret: Number = Field(description="KPI units that knowing the true curves would bring more.")
    residual: Number = Field(description="How much marginal returns still differ; 0 at a summit.")
    has_converged: bool
    n_agree: int
    starts: tuple[StartRow, ...]
    limits: tuple[LimitRow, ...]


class PlanCell(Document):
    """Money of one period, geo and channel; `period` is its first day."""

    period: str
    geo: str
    channel: str
    spend: float


class PlanDocument(Document):
    """The best plan for a question, with its certificate."""

    model_version: str
    currency: str
    kpi: str
    unit: str
    period_days: int
    request: dict[str, JsonValue] = Field(description="The question as it was understood.")
    seconds: float = Field(description="What the search took.")
    total: Total
    brings: Interval = Field(description="KPI units.")
    channels: tuple[PlannedChannel, ...]
    certificate: CertificateRow
    plan: tuple[PlanCell, ...]


class SimulatedPeriod(Document):
    """The KPI of one period, noise included, and what of it the plan brings; KPI units."""

    period: str
    kpi: Interval
    media: Interval


class SimulatedDay(Document):
    """A day of a period, which is spread evenly where the model knows no days."""

    day: str
    kpi_median: Number


class SimulatedChannel(Document):
    """What one channel is given and brings."""

    channel: str
    spend: float
    contribution: Interval
    roi: Interval | None


class FlightRow(Document):
    """The same money spread otherwise: KPI units beyond the plan."""

    name: str
    beyond: Interval
    probability: Number


class SimulationDocument(Document):
    """What a campaign is expected to do."""

    model_version: str
    unit: str
    currency: str
    brings: Interval
    roi: Interval | None
    periods: tuple[SimulatedPeriod, ...]
    days_are_spread_evenly: bool
    days: tuple[SimulatedDay, ...]
    channels: tuple[SimulatedChannel, ...]
    flights: tuple[FlightRow, ...]
    sentences: tuple[str, ...]


class ScenarioRow(Document):
    """What one scenario brings beyond today's plan."""

    request: dict[str, JsonValue]
    gain: Interval = Field(description="KPI units.")
    money: Number = Field(description="Spend beyond today's.")
    net: Interval = Field(description="The gain in money less the money.")
    probability: Number = Field(description="That it brings more than today's plan.")
    by_channel: dict[str, Interval]
    sentences: tuple[str, ...] = Field(description="Doubts first.")


class ScenariosDocument(Document):
    """Scenarios over the same draws."""

    model_version: str
    unit: str
    currency: str
    scenarios: tuple[ScenarioRow, ...]
    brings_more: tuple[tuple[Number, ...], ...] = Field(
        description="Probability that the scenario of the row brings more than that of the column."
    )


class KeptScenario(Document):
    """A scenario that is kept, as it was answered then."""

    name: str
    model_version: str
    is_current: bool = Field(description="Whether the version that is served answered it.")
    gain: Interval
    money: Number
    probability: Number
    request: dict[str, JsonValue]


class KeptScenarios(Document):
    """The kept scenarios by name."""

    scenarios: tuple[KeptScenario, ...]


class ApprovedPlan(Document):
    """One approval, without its cells."""

    name: str
    by: str
    reason: str
    at: str
    model_version: str
    first: str
    last: str
    n_periods: int
    total: float
    currency: str
    promised: Interval = Field(description="KPI units beyond the plan of that day.")
    withdrawn_by: str
    withdrawn_because: str
    is_of_record: bool = Field(description="Whether it is the plan of record today.")


class ApprovedPlans(Document):
    """All approvals, newest first."""

    plans: tuple[ApprovedPlan, ...]


class WholePlan(ApprovedPlan):
    """One approval with its cells, and what it promised by channel."""

    cells: tuple[PlanCell, ...]
    channels: dict[str, Interval]


PlanAnswer = Envelope[PlanDocument]
SimulationAnswer = Envelope[SimulationDocument]
ScenariosAnswer = Envelope[ScenariosDocument]
KeptScenariosAnswer = Envelope[KeptScenarios]
KeptScenarioAnswer = Envelope[KeptScenario]
ApprovedPlansAnswer = Envelope[ApprovedPlans]
WholePlanAnswer = Envelope[WholePlan]
