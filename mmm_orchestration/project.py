"""The user's mmm.yaml as frozen models; reading it finds every mistake with its line.

Belongs here: what a project may declare and the checks that need the file alone.
Must not: reading data, Dagster, defaults that guess currency, tax or time zone.
"""

import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import holidays as holidays_package
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from mmm_orchestration.errors import ProjectError, nearest

SourceFormat = Literal[
    "google_ads",
    "meta_ads",
    "linkedin_ads",
    "microsoft_ads",
    "tiktok_ads",
    "amazon_ads",
    "ga4",
    "shopify",
    "table",
]
MediaMeasure = Literal["spend", "impressions", "clicks"]
Period = Literal["day", "week", "month"]
Tax = Literal["excluded", "included", "unknown"]
Sign = Literal["any", "positive", "negative"]
KpiKind = Literal["revenue", "units"]
Grain = Literal["day", "week"]
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Trend = Literal["none", "linear", "piecewise"]

MEDIA_FORMATS: frozenset[SourceFormat] = frozenset(
    {"google_ads", "meta_ads", "linkedin_ads", "microsoft_ads", "tiktok_ads", "amazon_ads"}
)
NATIONAL = "national"
UNMAPPED = "unmapped"

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Strict(BaseModel):
    """Base of every section: frozen, and a key that is not declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Series(Strict):
    """One outcome or control of a table source.

    `where` picks the rows of a long file whose name column says so; `equals` turns a text
    column into 1 where it holds that word and 0 elsewhere.
    """

    name: Slug
    column: str
    where: str | None = None
    equals: str | None = None


class MediaSeries(Strict):
    """One medium of a wide table source; `name` becomes the campaign that channel rules match."""

    name: str
    spend: str | None = None
    impressions: str | None = None
    clicks: str | None = None

    @model_validator(mode="after")
    def _has_a_column(self) -> Self:
        if not (self.spend or self.impressions or self.clicks):
            raise ValueError("a medium needs a spend, impressions or clicks column")
        return self


class LongMedia(Strict):
    """The media rows of a long table source: one row per date, geo and name."""

    name: str = Field(description="column whose value becomes the campaign")
    spend: str | None = None
    impressions: str | None = None
    clicks: str | None = None


class TableLayout(Strict):
    """How the general reader understands a file or query result."""

    date: str
    date_format: str | None = Field(
        default=None, description="strptime format; without it only ISO dates are read"
    )
    period: Period = "day"
    geo: str | None = None
    decimal: Literal[".", ","] = "."
    sheet: str | None = None
    media: tuple[MediaSeries, ...] = ()
    long_media: LongMedia | None = None
    outcomes: tuple[Series, ...] = ()
    controls: tuple[Series, ...] = ()

    @model_validator(mode="after")
    def _is_wide_or_long(self) -> Self:
        if self.media and self.long_media:
            raise ValueError("a table is wide ('media') or long ('long_media'), not both")
        if not self.long_media and any(s.where for s in (*self.outcomes, *self.controls)):
            raise ValueError("'where' needs 'long_media', whose name column it looks at")
        return self

    def value_columns(self) -> tuple[str, ...]:
        """The numeric or text columns the layout reads, in order and without repeats."""
        media = [c for m in self.media for c in (m.spend, m.impressions, m.clicks)]
        if self.long_media:
            media += [self.long_media.spend, self.long_media.impressions, self.long_media.clicks]
        series = [s.column for s in (*self.outcomes, *self.controls)]
        return tuple(dict.fromkeys(c for c in (*media, *series) if c))

    def text_columns(self) -> tuple[str, ...]:
        """The value columns that hold words, because a series compares them with `equals`."""
        compared = (s.column for s in (*self.outcomes, *self.controls) if s.equals is not None)
        return tuple(dict.fromkeys(compared))


class Source(Strict):
    """One stream of deliveries: a folder, file, glob or URI of exports, or a database query."""

    name: Slug
    format: SourceFormat
    path: str | None = None
    query: str | None = None
    connection_env: str | None = Field(
        default=None, description="environment variable that holds the database URI"
    )
    currency: Currency | None = None
    exchange_rate: Positive | None = Field(
        default=None, description="project currency per unit of the source's currency"
    )
    tax: Tax = "unknown"
    tax_rate: Annotated[float, Field(gt=0, lt=1)] | None = None
    time_zone: str | None = None
    required: bool = True
    table: TableLayout | None = None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return value if value is None else check_time_zone(value)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.format == "table") != (self.table is not None):
            raise ValueError("'table' describes the columns of format 'table' and only of it")
        if bool(self.path) == bool(self.query):
            raise ValueError("a source has either 'path' or 'query'")
        if bool(self.query) != bool(self.connection_env):
            raise ValueError("'query' and 'connection_env' go together")
        if self.query and self.format != "table":
            raise ValueError("a query has format 'table'")
        if (self.tax == "included") != (self.tax_rate is not None):
            raise ValueError("'tax_rate' goes with tax 'included', and only with it")
        return self

    @property
    def period(self) -> Period:
        """The period one row of the source stands for."""
        return self.table.period if self.table else "day"

    @property
    def has_media(self) -> bool:
        """Whether the source delivers media rows."""
        if self.table is None:
            return self.format in MEDIA_FORMATS
        return bool(self.table.media or self.table.long_media)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The names of the outcomes the source delivers."""
        if self.table is not None:
            return tuple(s.name for s in self.table.outcomes)
        return {
            "shopify": ("net_sales", "gross_sales", "refunds", "orders"),
            "ga4": ("sessions", "key_events", "revenue"),
        }.get(self.format, ())

    @property
    def controls(self) -> tuple[str, ...]:
        """The names of the controls the source delivers."""
        return tuple(s.name for s in self.table.controls) if self.table else ()


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

    @model_validator(mode="after")
    def _units_are_named(self) -> Self:
        if self.kind == "units" and not self.unit:
            raise ValueError("kind 'units' needs 'unit', for example 'conversions'")
        return self


class ChannelRule(Strict):
    """Campaigns of one source; `campaign` is a shell pattern, compared without case."""

    source: Slug
    campaign: str = "*"


class SharePrior(Strict):
    """What is believed before the data: mean contribution as a share of mean KPI."""

    median: Share
    upper: Share = Field(description="95 % of the belief lies below this share")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.upper <= self.median:
            raise ValueError("'upper' must be greater than 'median'")
        return self


class Channel(Strict):
    """A medium of the model; the first channel with a matching rule takes a campaign."""

    name: Slug
    rules: Annotated[tuple[ChannelRule, ...], Field(min_length=1)]
    exposure: MediaMeasure = "spend"
    group: str | None = None
    prior: SharePrior | None = None

    @field_validator("name")
    @classmethod
    def _is_not_reserved(cls, value: str) -> str:
        if value == UNMAPPED:
            raise ValueError(f"'{UNMAPPED}' is where campaigns without a rule are kept")
        return value


class Control(Strict):
    """A control of the model, by the name its source gives it."""

    name: Slug
    sign: Sign = "any"


class Event(Strict):
    """A dated happening that shifts the KPI while it lasts."""

    name: Slug
    first: date
    last: date

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.last < self.first:
            raise ValueError("'last' lies before 'first'")
        return self


class Holidays(Strict):
    """Public holidays by country, from the `holidays` package."""

    country: str
    subdivision: str | None = None

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        supported = holidays_package.list_supported_countries()
        if value not in supported:
            raise ValueError(_unknown("country", value, supported))
        return value


class Sampler(Strict):
    """How long NUTS runs; the seed is recorded with every posterior."""

    draws: Annotated[int, Field(ge=100, le=10_000)] = 1000
    tune: Annotated[int, Field(ge=100, le=10_000)] = 1000
    chains: Annotated[int, Field(ge=2, le=16)] = 4
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 20_260_101
    target_accept: Annotated[float, Field(ge=0.5, lt=1)] = 0.9


class ModelSpec(Strict):
    """The media mix model of the project."""

    grain: Grain = "week"
    week_start: WeekDay = "monday"
    trend: Trend = "piecewise"
    knots_per_year: Annotated[float, Field(gt=0, le=12)] = 1.0
    yearly_order: Annotated[int, Field(ge=0, le=10)] = 3
    weekly_order: Annotated[int, Field(ge=0, le=3)] = 3
    max_lag_days: Annotated[int, Field(ge=0, le=180)] = 56
    default_prior: SharePrior = SharePrior(median=0.05, upper=0.3)
    sampler: Sampler = Sampler()


class Gates(Strict):
    """What a posterior must reach before anything is built from it."""

    r_hat: Annotated[float, Field(gt=1, le=1.1)] = 1.01
    ess: Annotated[int, Field(ge=100)] = 400
    divergences: Annotated[int, Field(ge=0)] = 0


class Alerts(Strict):
    """When a person must be told."""

    stale_after_days: Annotated[int, Field(ge=1)] = 3


class LakeSettings(Strict):
    """Where the Delta tables live: a folder beside mmm.yaml or any delta-rs URI."""

    uri: str = "lake"
    storage_options_env: Mapping[str, str] = Field(
        default_factory=dict, description="storage option -> environment variable with its value"
    )


class Project(Strict):
    """Everything mmm.yaml declares."""

    project: Slug
    time_zone: str
    currency: Currency
    start: date
    kpi: Kpi
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    controls: tuple[Control, ...] = ()
    events: tuple[Event, ...] = ()
    holidays: Holidays | None = None
    model: ModelSpec = ModelSpec()
    gates: Gates = Gates()
    alerts: Alerts = Alerts()
    lake: LakeSettings = LakeSettings()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return check_time_zone(value)

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        sources = {s.name: s for s in self.sources}
        for kind, names in (
            ("source", [s.name for s in self.sources]),
            ("channel", [c.name for c in self.channels]),
            ("control", [c.name for c in self.controls]),
            ("event", [e.name for e in self.events]),
        ):
            _check_unique(kind, names)
        if self.kpi.source not in sources:
            raise ValueError(_unknown("source", self.kpi.source, sources, key="kpi.source"))
        outcomes = sources[self.kpi.source].outcomes
        if self.kpi.outcome not in outcomes:
            raise ValueError(_unknown("outcome", self.kpi.outcome, outcomes, key="kpi.outcome"))
        media = [s.name for s in self.sources if s.has_media]
        for i, channel in enumerate(self.channels):
            for j, rule in enumerate(channel.rules):
                if rule.source not in media:
                    key = f"channels.{i}.rules.{j}.source"
                    raise ValueError(_unknown("media source", rule.source, media, key=key))
        delivered = [c for s in self.sources for c in s.controls]
        _check_unique("control series", delivered)
        for i, control in enumerate(self.controls):
            if control.name not in delivered:
                key = f"controls.{i}.name"
                raise ValueError(_unknown("control", control.name, delivered, key=key))
        return self

    def source(self, name: str) -> Source:
        """The source called `name`."""
        for source in self.sources:
            if source.name == name:
                return source
        raise ProjectError(
            f"Source '{name}' does not exist", available=[s.name for s in self.sources]
        )

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channel names in the order they are declared."""
        return tuple(c.name for c in self.channels)


def check_time_zone(value: str) -> str:
    """`value` itself when it is a name of the IANA time-zone database, else ValueError."""
    if value not in zoneinfo.available_timezones():
        raise ValueError(_unknown("time zone", value, zoneinfo.available_timezones()))
    return value


def load_project(path: Path) -> Project:
    """The project declared in the file at `path`.

    Raises ProjectError with key, line, what is allowed and the nearest match for the first
    mistake, and the number of further ones.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        fix = "Write one with 'mmm init FILE' or try 'mmm demo'"
        raise ProjectError(f"There is no project file at {path}", fix=fix) from error
    return parse_project(text, name=path.name)


def parse_project(text: str, *, name: str = "mmm.yaml") -> Project:
    """The project declared in `text`; `name` stands in errors."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise ProjectError(f"{name}{line}: {problem}") from error
    if not isinstance(data, dict):
        raise ProjectError(f"{name} must be a mapping of keys", got=type(data).__name__)
    try:
        return Project.model_validate(data)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False), node=node, name=name) from error


def _explain(errors: list[ErrorDetails], *, node: yaml.Node | None, name: str) -> ProjectError:
    first = errors[0]
    location = tuple(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if "\x1f" in message:
        key, message = message.split("\x1f", 1)
        location = tuple(int(p) if p.isdigit() else p for p in key.split("."))
    allowed = _allowed(first, location)
    culprit = str(location[-1]) if first["type"] == "extra_forbidden" else str(first.get("input"))
    if first["type"] == "extra_forbidden":
        message = "this key is not known"
    close = nearest(culprit, allowed)
    more = f" ({len(errors) - 1} more mistakes follow)" if len(errors) > 1 else ""
    where = f"{name}, line {_line_of(node, location)}, {'.'.join(map(str, location)) or 'file'}"
    fix = (f"Did you mean '{close}'?" if close else "") + more
    return ProjectError(f"{where}: {message}", available=allowed, fix=fix.strip())


def _allowed(error: ErrorDetails, location: tuple[int | str, ...]) -> tuple[str, ...]:
    if error["type"] == "extra_forbidden":
        return tuple(_section_at(location[:-1]).model_fields)
    if error["type"] == "literal_error":
        section = _section_at(location[:-1])
        return tuple(map(str, get_args(section.model_fields[str(location[-1])].annotation)))
    return ()


def _section_at(location: Iterable[int | str]) -> type[BaseModel]:
    """The model class that describes the mapping at `location`."""
    section: type[BaseModel] = Project
    for part in location:
        if isinstance(part, str):
            section = _find_model(section.model_fields[part].annotation) or section
    return section


def _find_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_find_model(inner) for inner in get_args(annotation))
    return next((model for model in found if model), None)


def _line_of(node: yaml.Node | None, location: Iterable[int | str]) -> int:
    """The line of the deepest node on the way to `location` that the file has."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _unknown(what: str, got: str, allowed: Iterable[str], *, key: str = "") -> str:
    names = sorted(allowed)
    close = nearest(got, names)
    known = f"; known: {', '.join(names[:20])}{' …' if len(names) > 20 else ''}"
    hint = f"; did you mean '{close}'?" if close else ""
    text = f"there is no {what} '{got}'{known}{hint}"
    return f"{key}\x1f{text}" if key else text


def _check_unique(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{kind} '{name}' is declared twice")
        seen.add(name)
