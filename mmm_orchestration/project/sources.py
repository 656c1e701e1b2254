"""The `sources` section: what is delivered, where, and how its columns are to be understood."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import (
    MEDIA_FORMATS,
    Currency,
    Period,
    Positive,
    Slug,
    SourceFormat,
    Strict,
    Tax,
    Text,
    TimeZone,
    check_unique,
)

# Columns that every bronze table has beside those of the delivery.
BOOKKEEPING_COLUMNS = ("date", "period_days", "geo", "currency", "file", "line", "delivery")


class Series(Strict):
    """One outcome or control of a table source.

    `where` picks the rows of a long file whose name column says so; `equals` turns a text
    column into 1 where it holds that word and 0 elsewhere.
    """

    name: Slug
    column: Text
    where: str | None = None
    equals: str | None = None


class MediaSeries(Strict):
    """One medium of a wide table source; `name` becomes the campaign that channel rules match."""

    name: str
    spend: str | None = None
    impressions: str | None = None
    clicks: str | None = None
    reach: str | None = None
    frequency: str | None = None

    @model_validator(mode="after")
    def _has_a_column(self) -> Self:
        if not (self.spend or self.impressions or self.clicks or self.reach):
            raise mistake("a medium needs a spend, impressions, clicks or reach column")
        _check_reach(self)
        return self


class LongMedia(Strict):
    """The media rows of a long table source: one row per date, geo and name."""

    name: str = Field(description="column whose value becomes the campaign")
    spend: str | None = None
    impressions: str | None = None
    clicks: str | None = None
    reach: str | None = None
    frequency: str | None = None

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        _check_reach(self)
        return self


def _check_reach(media: MediaSeries | LongMedia) -> None:
    if bool(media.reach) != bool(media.frequency):
        absent = "frequency" if media.reach else "reach"
        raise mistake(f"'reach' and 'frequency' go together; '{absent}' is absent", key=absent)


class TableLayout(Strict):
    """How the general reader understands a file or query result."""

    date: Text
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

    @field_validator("date_format")
    @classmethod
    def _tells_the_day(cls, value: str | None) -> str | None:
        if value is None:
            return value
        parts = (r"%[YyFD]", r"%[mbBjFD]", r"%[dejFD]")
        if not all(re.search(part, value) for part in parts):
            raise mistake(f"'{value}' does not tell year, month and day", got=value)
        return value

    @model_validator(mode="after")
    def _is_wide_or_long(self) -> Self:
        if self.media and self.long_media:
            raise mistake(
                "a table is wide ('media') or long ('long_media'), not both", key="long_media"
            )
        if not self.long_media and any(s.where for s in (*self.outcomes, *self.controls)):
            raise mistake("'where' needs 'long_media', whose name column it looks at")
        return self

    @model_validator(mode="after")
    def _has_distinct_columns(self) -> Self:
        columns = self.value_columns()
        if self.long_media:
            columns = (self.long_media.name, *columns)
        taken = {name: f"the table's own column '{name}'" for name in BOOKKEEPING_COLUMNS}
        for column in columns:
            folded = column.casefold()
            if folded in taken:
                raise mistake(
                    f"column '{column}' has the name of {taken[folded]}; rename it in the delivery",
                    got=column,
                )
            taken[folded] = f"column '{column}' of this source"
        check_unique("medium", [m.name for m in self.media], key="media.*.name")
        check_unique("outcome", [s.name for s in self.outcomes], key="outcomes.*.name")
        check_unique("control", [s.name for s in self.controls], key="controls.*.name")
        return self

    def value_columns(self) -> tuple[str, ...]:
        """The numeric or text columns the layout reads, in order and without repeats."""
        listed: tuple[MediaSeries | LongMedia, ...] = self.media
        if self.long_media:
            listed = (self.long_media,)
        media = [
            c for m in listed for c in (m.spend, m.impressions, m.clicks, m.reach, m.frequency)
        ]
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
    time_zone: TimeZone | None = None
    required: bool = True
    table: TableLayout | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.format == "table") != (self.table is not None):
            raise mistake(
                "'table' describes the columns of format 'table' and only of it", key="format"
            )
        if bool(self.path) == bool(self.query):
            raise mistake("a source has either 'path' or 'query'")
        if bool(self.query) != bool(self.connection_env):
            raise mistake("'query' and 'connection_env' go together")
        if self.query and self.format != "table":
            raise mistake("a query has format 'table'", key="format")
        if (self.tax == "included") != (self.tax_rate is not None):
            raise mistake("'tax_rate' goes with tax 'included', and only with it", key="tax")
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
