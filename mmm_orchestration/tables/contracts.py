"""The contract of every table: columns, types, ranges and key.

Belongs here: what a table promises. Must not: reading or writing one (see `lake`).
"""

from dataclasses import dataclass
from typing import Literal

from mmm_orchestration.project import Source

Dtype = Literal["date", "datetime", "text", "integer", "float", "boolean", "binary"]


@dataclass(frozen=True)
class Column:
    """One column; `minimum` holds for every value that is not null."""

    name: str
    dtype: Dtype
    description: str
    is_nullable: bool = False
    minimum: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class TableContract:
    """What a table promises: one row per `key`, every value finite, typed and in range."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    date_column: str = "date"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in their order."""
        return tuple(c.name for c in self.columns)


_DATE = Column("date", "date", "day, or first day of the period, in the project's time zone")
_PERIOD = Column("period_days", "integer", "days one row stands for", minimum=1, unit="days")
_GEO = Column("geo", "text", "geographic unit; 'national' where the source has none")
_SOURCE = Column("source", "text", "source that delivered the row")
_PROVENANCE = (
    Column("file", "text", "name of the delivered file"),
    Column("line", "integer", "line of the file, or row of the sheet, counted from 1", minimum=1),
    Column("delivery", "text", "SHA-256 of the delivered content"),
)
_SPEND = Column("spend", "float", "cost without tax, project currency", is_nullable=True, minimum=0)
_IMPRESSIONS = Column(
    "impressions", "float", "times shown", is_nullable=True, minimum=0, unit="impressions"
)
_CLICKS = Column("clicks", "float", "times clicked", is_nullable=True, minimum=0, unit="clicks")
_REACH = Column(
    "reach",
    "float",
    "people reached, each once per row as received and summed over rows",
    is_nullable=True,
    minimum=0,
    unit="people",
)
_FREQUENCY = Column(
    "frequency",
    "float",
    "times shown per person reached, weighted by reach; null where nobody is",
    is_nullable=True,
    minimum=0,
)


def _number(name: str, description: str, *, minimum: float | None = 0) -> Column:
    return Column(name, "float", description, is_nullable=True, minimum=minimum)


def _text(name: str, description: str) -> Column:
    return Column(name, "text", description, is_nullable=True)


_MEDIA_ROW = (
    _text("campaign_id", "the platform's id of the campaign"),
    Column("campaign", "text", "campaign as the platform names it"),
    _text("dimensions", "other text columns of the row, as JSON"),
    _text("currency", "currency of the money columns, ISO 4217"),
    _number("spend", "cost as received, in `currency`", minimum=None),
    _IMPRESSIONS,
    _CLICKS,
    _number("conversions", "conversions the platform claims"),
    _number("conversion_value", "value of those conversions, in `currency`", minimum=None),
    _REACH,
    _FREQUENCY,
)
_ORDER_LINE = (
    Column("order_name", "text", "the shop's name of the order"),
    Column("created_at", "datetime", "when the order was placed, UTC"),
    _text("currency", "currency of the money columns, ISO 4217"),
    _text("financial_status", "paid, refunded, …; null on further lines of an order"),
    _number("subtotal", "goods after discounts; null on further lines of an order"),
    _number("shipping", "shipping charged"),
    _number("taxes", "taxes inside or on top of the total"),
    _number("total", "what the customer was charged"),
    _number("discount", "discount granted"),
    _number("refunded", "amount refunded since"),
    Column("is_cancelled", "boolean", "whether the order was cancelled"),
    _text("item", "name of the line item"),
    _number("item_quantity", "pieces of the line item"),
    _number("item_price", "price of one piece"),
)
_ANALYTICS_ROW = (
    _text("dimensions", "text columns of the row, as JSON"),
    _text("currency", "currency of revenue, ISO 4217"),
    _number("sessions", "sessions"),
    _number("key_events", "key events"),
    _number("revenue", "revenue, in `currency`", minimum=None),
)


def bronze_contract(source: Source) -> TableContract:
    """The contract of `bronze_<source>`: one row per data line of the winning delivery."""
    if source.table is not None:
        texts = set(source.table.text_columns())
        name = source.table.long_media.name if source.table.long_media else None
        body = tuple(
            _text(c, "as received") if c in texts else _number(c, "as received", minimum=None)
            for c in source.table.value_columns()
        )
        body += (_text("currency", "currency of the money columns, ISO 4217"),)
        body = ((Column(name, "text", "as received"),) if name else ()) + body
    elif source.format == "shopify":
        body = _ORDER_LINE
    elif source.format == "ga4":
        body = _ANALYTICS_ROW
    else:
        body = _MEDIA_ROW
    return TableContract(
        name=f"bronze_{source.name}",
        description=f"Rows of '{source.name}' as received, one per accepted line.",
        columns=(_DATE, _PERIOD, _GEO, *body, *_PROVENANCE),
        key=("delivery", "file", "line"),
    )


SILVER_MEDIA = TableContract(
    name="silver_media",
    description="Typed media rows by campaign, in project currency, mapped to channels.",
    columns=(
        _DATE,
        _PERIOD,
        _GEO,
        _SOURCE,
        Column("channel", "text", "channel of the first matching rule, or 'unmapped'"),
        Column("campaign", "text", "campaign as the platform names it"),
        _SPEND,
        _IMPRESSIONS,
        _CLICKS,
        _REACH,
        _FREQUENCY,
    ),
    key=("date", "geo", "source", "channel", "campaign"),
)
SILVER_OUTCOMES = TableContract(
    name="silver_outcomes",
    description="Outcomes of the business by day or period, as their sources report them.",
    columns=(
        _DATE,
        _PERIOD,
        _GEO,
        _SOURCE,
        Column("outcome", "text", "name of the outcome"),
        Column("value", "float", "amount in project currency, or count"),
    ),
    key=("date", "geo", "source", "outcome"),
)
SILVER_CONTROLS = TableContract(
    name="silver_controls",
    description="Controls by day or period.",
    columns=(
        _DATE,
        _PERIOD,
        _GEO,
        _SOURCE,
        Column("control", "text", "name of the control"),
        Column("value", "float", "level over the period"),
    ),
    key=("date", "geo", "control"),
)
GOLD_MEDIA_DAILY = TableContract(
    name="gold_media_daily",
    description="Accepted media by channel; every declared channel has a row on every "
    "accepted day that one of its sources covers.",
    columns=(
        _DATE,
        _PERIOD,
        _GEO,
        Column("channel", "text", "channel, or 'unmapped'"),
        _SPEND,
        _IMPRESSIONS,
        _CLICKS,
        _REACH,
        _FREQUENCY,
        Column("is_reported", "boolean", "false where the delivery covers the day without a row"),
    ),
    key=("date", "geo", "channel"),
)
GOLD_KPI_DAILY = TableContract(
    name="gold_kpi_daily",
    description="What the models explain, on accepted days.",
    columns=(
        _DATE,
        _PERIOD,
        _GEO,
        _text("source", "source of the KPI; null in rows written when a project had one KPI"),
        _text("outcome", "outcome of that source; null in the same rows"),
        Column("kpi", "float", "the KPI, in its unit"),
    ),
    key=("date", "geo", "source", "outcome"),
)
GOLD_CONTROLS_DAILY = TableContract(
    name="gold_controls_daily",
    description="Controls of the model on accepted days.",
    columns=(
        _DATE,
        _PERIOD,
        _GEO,
        Column("control", "text", "name of the control"),
        Column("value", "float", "level over the period"),
    ),
    key=("date", "geo", "control"),
)
GOLD_EXPERIMENTS = TableContract(
    name="gold_experiments",
    description="Market tests with the incremental outcome that each of them measured.",
    columns=(
        Column("channel", "text", "channel that was tested"),
        Column("geo", "text", "geographic unit; 'national' for all together"),
        Column("start", "date", "first day of the test"),
        Column("end", "date", "last day of the test"),
        Column("lift", "float", "incremental outcome over test and carry-over, units of the KPI"),
        Column("se", "float", "standard error of the lift, units of the KPI", minimum=0),
        Column("kind", "text", "'holdout', 'conversion_lift' or 'switchback'"),
        _text("model", "model whose KPI was measured; null where the project has one"),
    ),
    key=("channel", "geo", "start", "end", "model"),
    date_column="start",
)
DELIVERIES = TableContract(
    name="deliveries",
    description="Every delivery ever seen, by content, with the content itself.",
    columns=(
        _SOURCE,
        Column("delivery", "text", "SHA-256 of the content"),
        Column("sequence", "integer", "order of arrival within the source", minimum=1),
        Column("file", "text", "name of the file"),
        Column("received_at", "datetime", "when it was first seen, UTC"),
        Column("status", "text", "'read', 'empty' or 'refused'"),
        _text("reason", "why it was refused or is empty"),
        Column("first_day", "date", "first day it covers", is_nullable=True),
        Column("last_day", "date", "last day it covers", is_nullable=True),
        Column("n_input", "integer", "data rows in it", minimum=0),
        Column("n_accepted", "integer", "rows accepted", minimum=0),
        Column("n_quarantined", "integer", "rows quarantined", minimum=0),
        _text("currency", "currency read or declared"),
        _text("time_zone", "time zone read or declared"),
        _text("notes", "findings made while reading it, as JSON"),
        Column("content", "binary", "the delivered bytes, zlib-compressed"),
    ),
    key=("source", "delivery"),
    date_column="first_day",
)
QUARANTINE = TableContract(
    name="quarantine",
    description="Every row that was not accepted, with file, line and rule.",
    columns=(
        _SOURCE,
        *_PROVENANCE,
        Column("rule", "text", "rule the row broke"),
        Column("detail", "text", "what was wrong, in words"),
        Column("raw", "text", "the line as received, without personal data"),
    ),
    key=("source", "delivery", "line"),
    date_column="",
)
RESTATEMENTS = TableContract(
    name="restatements",
    description="Every day of a silver table whose content a later delivery changed.",
    columns=(
        Column("table", "text", "table that changed"),
        Column("date", "date", "day that changed"),
        Column("measure", "text", "measure compared"),
        Column("delta_version", "integer", "Delta version with the new content", minimum=0),
        Column("observed_at", "datetime", "when the change was written, UTC"),
        Column("before", "float", "sum over the day before"),
        Column("after", "float", "sum over the day after"),
    ),
    key=("table", "date", "measure", "delta_version"),
    date_column="",
)

_MODEL = _text("model", "model of the project; null where it has one without a name")
_VERSION = Column("version", "text", "version of the posterior")
_PERIOD_DATE = Column("date", "date", "first day of the period")
_INTERVALS = tuple(
    _number(f"{end}_{level}", f"{end} end of the {level} % interval", minimum=None)
    for level in (50, 80, 94)
    for end in ("low", "high")
)


def _scores(suffix: str, what: str) -> tuple[Column, ...]:
    """What is said of one forecast of a period, all null where there is none."""
    return (
        _number(f"median{suffix}", f"median {what}", minimum=None),
        _number(f"low_94{suffix}", f"low end of the 94 % interval {what}", minimum=None),
        _number(f"high_94{suffix}", f"high end of the 94 % interval {what}", minimum=None),
        _number(f"error{suffix}", "KPI as it is now less that median", minimum=None),
        _number(f"crps{suffix}", "continuous ranked probability score of the KPI as it is now"),
        *(
            Column(
                f"is_in_{level}{suffix}",
                "boolean",
                f"whether the KPI as it is now lies in the {level} % interval",
                is_nullable=True,
            )
            for level in (50, 80, 94)
        ),
    )


FORECASTS = TableContract(
    name="forecasts",
    description="What the champion predicted, as it stood; no row is ever changed.",
    columns=(
        _MODEL,
        _VERSION,
        Column("made_on", "date", "newest accepted day that the forecast knew of"),
        _PERIOD_DATE,
        _PERIOD,
        Column(
            "exposure_basis",
            "text",
            "'observed': exposure and controls as they came; 'trailing_mean': as they were before",
        ),
        _number("mean", "expected KPI, its unit", minimum=None),
        _number("median", "median of the KPI", minimum=None),
        *_INTERVALS,
        Column("quantiles", "text", "evenly spaced quantiles of the KPI, as JSON"),
        Column("written_at", "datetime", "when it was written, UTC"),
    ),
    key=("model", "version", "made_on", "date"),
)
SCORECARD = TableContract(
    name="scorecard",
    description="Realised against predicted: the last forecast made before a period was known, "
    "and what the same posterior says of its exposure as it came.",
    columns=(
        _MODEL,
        _VERSION,
        _PERIOD_DATE,
        _PERIOD,
        Column("known_on", "date", "newest accepted day when the KPI was first known"),
        Column("kpi_first", "float", "KPI as it was first known, its unit"),
        Column("kpi_now", "float", "KPI as it is now, its unit"),
        Column(
            "made_on",
            "date",
            "newest accepted day that the forecast knew of; null where none was made before",
            is_nullable=True,
        ),
        *_scores("", "that was predicted"),
        _number("error_first", "KPI as it was first known less the median", minimum=None),
        *_scores("_given", "given the exposure as it came"),
    ),
    key=("model", "version", "date"),
)
DRIFT = TableContract(
    name="drift",
    description="Every monitor of the champion on every day it was judged.",
    columns=(
        _MODEL,
        _VERSION,
        Column("trained_through", "date", "last day that the version was trained on"),
        Column("day", "date", "newest accepted day that was judged"),
        Column("monitor", "text", "name of the monitor"),
        _text("subject", "channel with the worst value, where it is of a channel"),
        _number("value", "what was measured; null where too little is known", minimum=None),
        _number("threshold", "where drift begins", minimum=None),
        Column("n_periods", "integer", "periods that were judged", minimum=0),
        Column("is_drifted", "boolean", "whether the value is beyond the threshold"),
        Column("is_confirmed", "boolean", "whether it was so on enough days in a row"),
        Column("message", "text", "what was found, in words"),
    ),
    key=("model", "version", "day", "monitor"),
    date_column="day",
)
MONITORING = (FORECASTS, SCORECARD, DRIFT)
