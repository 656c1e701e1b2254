"""The project as a whole: every section of mmm.yaml beside `sources`, and what must agree."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    field_serializer,
    field_validator,
    model_validator,
)

from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.decisions.what_if import ScenarioRequest
from mmm_orchestration.errors import ProjectError
from mmm_orchestration.project.beliefs import Prior, PriorSource, UnknownPrior
from mmm_orchestration.project.dated import Break, Event, Holidays
from mmm_orchestration.project.mistakes import mistake, unknown
from mmm_orchestration.project.narrowing import check_models, name_no_model, narrow
from mmm_orchestration.project.operating import (
    Alerts,
    Api,
    Gates,
    LakeSettings,
    Monitoring,
    Promotion,
    Reports,
    Retrain,
    Upkeep,
)
from mmm_orchestration.project.sources import Source
from mmm_orchestration.project.values import (
    UNMAPPED,
    BaselineValue,
    Currency,
    Day,
    EffectPath,
    Grain,
    KpiKind,
    Level,
    Likelihood,
    MediaMeasure,
    Order,
    Positive,
    Shrinkage,
    Sign,
    Slug,
    Stage,
    Step,
    Strict,
    Text,
    TimeZone,
    Trend,
    WeekDay,
    check_unique,
)
from mmm_orchestration.transforms.registry import (
    get_adstock,
    get_saturation,
    list_adstocks,
    list_saturations,
)


class Kpi(Strict):
    """The outcome the model explains: one outcome of one source."""

    name: Slug = "revenue"
    source: Slug
    outcome: Slug
    kind: KpiKind = "revenue"
    unit: str | None = Field(default=None, description="what one unit is, for kind 'units'")
    value_per_unit: Positive | None = Field(
        default=None, description="money per unit; without it ROI is units per money"
    )

    @property
    def value(self) -> float:
        """Money per unit of KPI; one where the KPI is money or has no declared value."""
        return self.value_per_unit or 1.0

    @model_validator(mode="after")
    def _units_are_named(self) -> Self:
        if self.kind == "units" and not self.unit:
            raise mistake("kind 'units' needs 'unit', for example 'conversions'", key="kind")
        if self.kind == "revenue" and self.value_per_unit is not None:
            raise mistake("'value_per_unit' is for kind 'units'", key="value_per_unit")
        return self


def _check_adstock(name: str) -> str:
    if name not in list_adstocks():
        raise unknown("adstock", name, list_adstocks())
    return name


def _check_saturation(name: str) -> str:
    if name not in list_saturations():
        raise unknown("saturation", name, list_saturations())
    return name


AdstockName = Annotated[str, AfterValidator(_check_adstock)]
SaturationName = Annotated[str, AfterValidator(_check_saturation)]


class ChannelRule(Strict):
    """Campaigns of one source; `campaign` may hold * and ?, compared without case."""

    source: Slug
    campaign: str = "*"


class Channel(Strict):
    """A medium of the model; the first channel with a matching rule takes a campaign."""

    name: Slug
    rules: Annotated[tuple[ChannelRule, ...], Field(min_length=1)]
    exposure: MediaMeasure = "spend"
    group: Text | None = None
    stage: Stage | None = None
    prior: Prior | None = None
    adstock: AdstockName | None = None
    saturation: SaturationName | None = None
    effect: EffectPath = "steady"
    unknowns: Mapping[str, UnknownPrior] = Field(
        default_factory=dict, description="unknown of its carry-over or saturation -> belief"
    )

    @field_validator("name")
    @classmethod
    def _is_not_reserved(cls, value: str) -> str:
        if value == UNMAPPED:
            raise mistake(f"'{UNMAPPED}' is where campaigns without a rule are kept", got=value)
        return value


class Control(Strict):
    """A control of the model, by the name its source gives it."""

    name: Slug
    sign: Sign = "any"
    baseline: float | BaselineValue | None = Field(
        default=None, description="makes it a treatment, which contributes beyond this value"
    )


class ExperimentFile(Strict):
    """Where the table of market tests lies: a CSV file beside mmm.yaml."""

    path: Text


class Sampler(Strict):
    """How long NUTS runs; the seed is recorded with every posterior."""

    draws: Annotated[int, Field(ge=100, le=10_000)] = 1000
    tune: Annotated[int, Field(ge=100, le=10_000)] = 500
    chains: Annotated[int, Field(ge=2, le=16)] = 4
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 20_260_101
    target_accept: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
    backend: Literal["auto", "nutpie", "numpyro"] = "auto"
    precision: Literal["float32", "float64"] = "float64"
    keep: Annotated[int, Field(ge=200, le=20_000)] = 1000


class ModelSpec(Strict):
    """The media mix model of the project."""

    level: Level = "national"
    grain: Grain = "week"
    week_start: WeekDay = "monday"
    trend: Trend = "piecewise"
    knots_per_year: Annotated[float, Field(gt=0, le=12)] = 1.0
    trend_days: Annotated[float, Field(ge=30, le=3650)] = 365.0
    yearly_order: Annotated[int, Field(ge=0, le=10)] = 3
    monthly_order: Annotated[int, Field(ge=0, le=5)] = 0
    weekly_order: Annotated[int, Field(ge=0, le=3)] = 3
    max_lag_days: Annotated[int, Field(ge=0, le=180)] = 56
    carry_over: Step | None = Field(
        default=None, description="the step in which an exposure's effect fades"
    )
    adstock: AdstockName = "geometric"
    saturation: SaturationName = "hill"
    order: Order = "adstock_first"
    likelihood: Likelihood = "normal"
    shrink_controls: Shrinkage = "auto"
    synergies: tuple[tuple[Slug, Slug], ...] = ()
    experiment_ageing: Annotated[float, Field(ge=0, le=5)] = 0.2
    default_prior: Prior = Prior(median=0.03, upper=0.3)
    prior_source: PriorSource | None = None
    sampler: Sampler = Sampler()


class OneModel(Strict):
    """One of several models of a project; what it does not name is the project's."""

    name: Slug
    kpi: Kpi | None = None
    channels: Annotated[tuple[Slug, ...], Field(min_length=1)] | None = None
    geos: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    controls: tuple[Slug, ...] | None = None
    model: ModelSpec = Field(
        default=ModelSpec(), description="the settings that differ from the project's `model`"
    )

    @field_serializer("model")
    def _write_what_is_set(self, value: ModelSpec) -> dict[str, object]:
        return value.model_dump(mode="json", exclude_unset=True)

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        for kind, names in (
            ("channel", self.channels),
            ("geo", self.geos),
            ("control", self.controls),
        ):
            check_unique(kind, names or (), key=f"{kind}s.*")
        return self


class Project(Strict):
    """Everything mmm.yaml declares."""

    project: Slug
    time_zone: TimeZone
    currency: Currency
    start: Day
    kpi: Kpi
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    controls: tuple[Control, ...] = ()
    events: tuple[Event, ...] = ()
    breaks: tuple[Break, ...] = ()
    holidays: Holidays | None = None
    experiments: ExperimentFile | None = None
    model: ModelSpec = ModelSpec()
    models: tuple[OneModel, ...] = ()
    gates: Gates = Gates()
    promotion: Promotion = Promotion()
    alerts: Alerts = Alerts()
    monitoring: Monitoring = Monitoring()
    plan: PlanRequest = PlanRequest()
    scenarios: tuple[ScenarioRequest, ...] = ()
    api: Api = Api()
    reports: Reports = Reports()
    retrain: Retrain = Retrain()
    upkeep: Upkeep = Upkeep()
    lake: LakeSettings = LakeSettings()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        check_unique("source", [s.name for s in self.sources], key="sources.*.name")
        check_unique("channel", [c.name for c in self.channels], key="channels.*.name")
        check_unique("control", [c.name for c in self.controls], key="controls.*.name")
        check_unique("event", [e.name for e in self.events], key="events.*.name")
        check_unique("break", [b.name for b in self.breaks], key="breaks.*.name")
        check_unique("scenario", [s.name for s in self.scenarios], key="scenarios.*.name")
        check_unique("model", self.model_names, key="models.*.name")
        check_unique("control series", [c for s in self.sources for c in s.controls])
        return self

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        outcomes = {s.name: s.outcomes for s in self.sources}
        if self.kpi.source not in outcomes:
            raise unknown("source", self.kpi.source, outcomes, key="kpi.source")
        if self.kpi.outcome not in outcomes[self.kpi.source]:
            allowed = outcomes[self.kpi.source]
            raise unknown("outcome", self.kpi.outcome, allowed, key="kpi.outcome")
        media = [s.name for s in self.sources if s.has_media]
        for i, channel in enumerate(self.channels):
            for j, rule in enumerate(channel.rules):
                if rule.source not in media:
                    key = f"channels.{i}.rules.{j}.source"
                    raise unknown("media source", rule.source, media, key=key)
        delivered = [c for s in self.sources for c in s.controls]
        for i, control in enumerate(self.controls):
            if control.name not in delivered:
                raise unknown("control", control.name, delivered, key=f"controls.{i}.name")
        return self

    @model_validator(mode="after")
    def _counts_are_units(self) -> Self:
        if self.model.likelihood == "negative_binomial" and self.kpi.kind != "units":
            raise mistake("only units are counted; kpi.kind is not 'units'", key="model.likelihood")
        return self

    @model_validator(mode="after")
    def _synergies_are_pairs(self) -> Self:
        for i, pair in enumerate(self.model.synergies):
            key = f"model.synergies.{i}"
            for name in pair:
                if name not in self.channel_names:
                    raise unknown("channel", name, self.channel_names, key=key)
            if pair[0] == pair[1]:
                raise mistake(f"'{pair[0]}' makes no pair with itself", key=key)
        pairs = ["+".join(sorted(pair)) for pair in self.model.synergies]
        check_unique("synergy", pairs, key="model.synergies.*")
        return self

    @model_validator(mode="after")
    def _unknowns_exist(self) -> Self:
        for i, channel in enumerate(self.channels):
            families = (
                get_adstock(channel.adstock or self.model.adstock),
                get_saturation(channel.saturation or self.model.saturation),
            )
            known = [u.name for family in families for u in family.unknowns]
            for name in channel.unknowns:
                if name not in known:
                    raise unknown("unknown", name, known, key=f"channels.{i}.unknowns.{name}")
        return self

    @model_validator(mode="after")
    def _models_are_whole(self) -> Self:
        check_models(self)
        return self

    def source(self, name: str) -> Source:
        """The source called `name`, or ProjectError with those there are."""
        for source in self.sources:
            if source.name == name:
                return source
        raise ProjectError(
            f"Source '{name}' does not exist", available=[s.name for s in self.sources]
        )

    @property
    def fades_daily(self) -> bool:
        """Whether an exposure's effect fades by the day within the model's periods.

        As `model.carry_over` says; without it, where a media source delivers days.
        """
        if self.model.carry_over is not None:
            return self.model.carry_over == "day"
        return any(source.has_media and source.period == "day" for source in self.sources)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channel names in the order they are declared."""
        return tuple(c.name for c in self.channels)

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models, none where the project has one model without a name."""
        return tuple(m.name for m in self.models)

    @property
    def model_name(self) -> str | None:
        """The name of the one model, None where it has none; for a project of one model."""
        return self.models[0].name if self.models else None

    @property
    def title(self) -> str:
        """The project in words, with its one model where that has a name."""
        return f"{self.project}, {self.model_name}" if self.model_name else self.project

    @property
    def geos(self) -> tuple[str, ...] | None:
        """The geos of the one model, None where it has all; for a project of one model."""
        return self.models[0].geos if self.models else None

    @property
    def kpis(self) -> tuple[Kpi, ...]:
        """What the models explain, each outcome once."""
        explained = [m.kpi or self.kpi for m in self.models] or [self.kpi]
        return tuple({(kpi.source, kpi.outcome): kpi for kpi in explained}.values())

    def for_model(self, name: str | None = None) -> "Project":
        """The project as the model `name` has it: its KPI, channels, controls and settings.

        Without a name it is that of the only model. Raises ProjectError for a name that there is
        not, or where several models are declared and none is named.
        """
        if name is None and len(self.models) <= 1:
            return narrow(self, self.models[0]) if self.models else self
        one = next((m for m in self.models if m.name == name), None)
        if one is None:
            raise name_no_model(name, self.model_names)
        return narrow(self, one)
