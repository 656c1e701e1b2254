"""The general reader: a table whose columns the user describes in mmm.yaml.

Belongs here: `TableLayout` applied to CSV, TSV, XLSX, JSON and Parquet. Must not: platforms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError, nearest
from mmm_orchestration.project import Source, TableLayout
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.sources import remarks
from mmm_orchestration.sources.calendar_days import FIRST_YEAR, LAST_YEAR, parse_days
from mmm_orchestration.sources.grid import Grid, check_unique, read_text_grid
from mmm_orchestration.sources.numbers import parse_numbers
from mmm_orchestration.sources.reading import (
    ASIDE_SCHEMA,
    EmptyDeliveryError,
    Reading,
    check_some_accepted,
)
from mmm_orchestration.sources.records import (
    is_json,
    is_parquet,
    read_json_grid,
    read_parquet_grid,
)
from mmm_orchestration.sources.rows import (
    RowRule,
    apply_rules,
    mark_duplicates,
    negative_rules,
    number_rules,
    take_quarantined,
    text_rules,
    to_bronze,
)
from mmm_orchestration.sources.text import decode_text
from mmm_orchestration.sources.workbooks import is_workbook, read_workbook_grid

_NULLS = ("NA", "na", "N/A", "n/a", "null", "NULL", "None", "-", "--")
_ISO_DAY = r"^\d{4}-\d{2}-\d{2}(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$"


@dataclass(frozen=True)
class Table:
    """A table while it is read: its layout and where each declared column stands."""

    grid: Grid
    layout: TableLayout
    source: Source
    file: str

    def cell(self, column: str) -> str:
        """The column of the grid called `column` in the file."""
        return str(self.grid.header.index(column))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The declared numeric columns."""
        texts = set(self.layout.text_columns())
        return tuple(c for c in self.layout.value_columns() if c not in texts)

    @property
    def name(self) -> str | None:
        """The column that names the medium of a long table's row."""
        return self.layout.long_media.name if self.layout.long_media else None

    @property
    def spends(self) -> tuple[str, ...]:
        """The declared spend columns."""
        return _list_media(self.layout, "spend")


def read_table(content: bytes, *, file: str, source: Source) -> Reading:
    """The reading of one table by the layout of its source; columns not declared are ignored.

    Raises SourceError when a declared column or the currency of declared spend is missing, or
    nothing can be accepted; EmptyDeliveryError when there are no rows.
    """
    if source.table is None:
        raise SourceError(f"Source '{source.name}' does not describe a table")
    grid = _open(content, file=file, layout=source.table)
    table = Table(grid, source.table, source, file)
    _check_columns(table)
    is_blank = pl.all_horizontal(pl.exclude("line").is_null())
    blank = grid.cells.filter(is_blank).select("line", kind=pl.lit("blank"))
    repeated = _is_header_expr(table)
    twice = grid.cells.filter(~is_blank & repeated).select("line", kind=pl.lit("header"))
    cells = grid.cells.filter(~is_blank & ~repeated)
    if not cells.height and not grid.malformed.height:
        raise EmptyDeliveryError(f"{file} has a header and no rows in the period")
    rows = apply_rules(_parse(table, cells), _list_rules(table))
    rows = _mark_off_grid(rows, period=table.layout.period)
    key = ["date", *(["geo"] if table.layout.geo else []), *([table.name] if table.name else [])]
    rows = mark_duplicates(rows, key=key, values=table.layout.value_columns())
    rows = _mark_disagreeing(rows, table=table)
    shown = [table.cell(c) for c in _list_needed(table.layout)]
    quarantined = take_quarantined(rows, shown=shown, malformed=grid.malformed)
    accepted = to_bronze(rows, source=source)
    check_some_accepted(accepted, quarantined=quarantined, file=file)
    aside = [grid.set_aside, *(f.cast(ASIDE_SCHEMA) for f in (blank, twice))]
    return Reading(
        accepted=accepted,
        quarantined=quarantined,
        set_aside=pl.concat(aside).sort("line"),
        covered=_cover(rows),
        currency=source.currency,
        time_zone=source.time_zone,
        notes=_list_notes(table, rows),
    )


def _open(content: bytes, *, file: str, layout: TableLayout) -> Grid:
    needed = _list_needed(layout)

    def count(cells: Sequence[str]) -> int:
        return len(set(needed) & {c.strip() for c in cells})

    grid: Grid | None
    if is_parquet(content):
        return read_parquet_grid(content, file=file)
    if is_workbook(content):
        grid = read_workbook_grid(
            content, file=file, count_known=count, n_needed=1, sheet=layout.sheet
        )
        first = ""
    else:
        text = decode_text(content, file=file)
        if is_json(text):
            return read_json_grid(text, file=file)
        grid = read_text_grid(text, count_known=count, n_needed=1)
        first = text.lstrip().split("\n", 1)[0].strip()[:80]
    if grid is None:
        raise SourceError(
            f"{file} has no line with the declared columns; its first line is '{first}'",
            available=needed,
            fix="Correct the column names under 'table' in mmm.yaml",
        )
    return grid


def _list_needed(layout: TableLayout) -> list[str]:
    named = layout.long_media.name if layout.long_media else None
    needed = (layout.date, layout.geo, named, *layout.value_columns())
    return list(dict.fromkeys(c for c in needed if c))


def _list_media(layout: TableLayout, measure: str) -> tuple[str, ...]:
    media = [*layout.media, *([layout.long_media] if layout.long_media else [])]
    columns = (getattr(m, measure) for m in media)
    return tuple(dict.fromkeys(c for c in columns if c))


def _check_columns(table: Table) -> None:
    needed, header = _list_needed(table.layout), table.grid.header
    for column in needed:
        if column not in header:
            close = nearest(column, header)
            fix = f"Did you mean '{close}'?" if close else "Correct the name in mmm.yaml"
            raise SourceError(f"{table.file} has no column '{column}'", available=header, fix=fix)
    check_unique([n for n in header if n in needed], file=table.file)
    if table.spends and table.source.currency is None:
        raise SourceError(
            f"{table.file} has spend columns and does not say their currency",
            fix=f"Declare 'currency' under source '{table.source.name}' in mmm.yaml",
        )


def _is_header_expr(table: Table) -> pl.Expr:
    """Whether the line repeats the header."""
    return pl.all_horizontal(
        pl.col(table.cell(c)).cast(pl.String) == pl.lit(c) for c in _list_needed(table.layout)
    ).fill_null(value=False)


def _parse(table: Table, cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with typed columns under the names of the contract."""
    layout = table.layout
    day = cells[table.cell(layout.date)]
    columns = [
        day.cast(pl.String).alias("date_cell"),
        _parse_table_days(day, date_format=layout.date_format).alias("date"),
        pl.Series("currency", [table.source.currency], pl.String).new_from_index(0, cells.height),
    ]
    for column in table.numbers:
        place = table.cell(column)
        number = cells[f"{place}#"] if f"{place}#" in cells.columns else cells[place]
        if number.dtype == pl.String:
            number = number.replace(dict.fromkeys(_NULLS))
        columns.append(number.cast(pl.String).alias(f"{column}_cell"))
        columns.append(parse_numbers(number, decimal=layout.decimal).alias(column))
    texts = [*layout.text_columns(), *([table.name] if table.name else [])]
    columns += [cells[table.cell(c)].cast(pl.String).alias(c) for c in texts]
    if layout.geo:
        columns.append(cells[table.cell(layout.geo)].cast(pl.String).alias("geo"))
    return cells.with_columns(columns).with_columns(_period_days_expr(layout).alias("period_days"))


def _parse_table_days(cells: pl.Series, *, date_format: str | None) -> pl.Series:
    """Days in the declared format, else ISO days only; typed days stay as they are."""
    if cells.dtype != pl.String:
        return parse_days(cells, order="dmy")
    if date_format is None:
        iso = cells.to_frame("day").select(
            pl.when(pl.col("day").str.contains(_ISO_DAY)).then(pl.col("day"))
        )
        return parse_days(iso.to_series(), order="dmy")
    words = cells.drop_nulls().unique().to_frame("word")
    try:
        found = words.select(
            "word", day=pl.col("word").str.to_datetime(date_format, strict=False).dt.date()
        )
    except pl.exceptions.ComputeError:
        found = words.select("word", day=pl.col("word").str.to_date(date_format, strict=False))
    is_usual = pl.col("day").dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    found = found.with_columns(day=pl.when(is_usual).then("day"))
    return cells.to_frame("word").join(
        found, on="word", how="left", validate="m:1", maintain_order="left"
    )["day"]


def _period_days_expr(layout: TableLayout) -> pl.Expr:
    if layout.period == "month":
        return pl.col("date").dt.days_in_month().cast(pl.Int64)
    return pl.lit(7 if layout.period == "week" else 1, pl.Int64)


def _list_rules(table: Table) -> list[RowRule]:
    layout = table.layout
    said = pl.format("'{}' is not a day", pl.col("date_cell").str.head(80))
    texts = {c: c for c in layout.text_columns()} | ({table.name: table.name} if table.name else {})
    rules = [
        RowRule("missing_date", pl.col("date_cell").is_null(), pl.lit("no day")),
        RowRule("unreadable_date", pl.col("date").is_null(), said),
    ]
    if layout.geo:
        rules.append(RowRule("missing_geo", pl.col("geo").is_null(), pl.lit("no geo")))
        texts["geo"] = layout.geo
    if table.name:
        rules.append(RowRule("missing_name", pl.col(table.name).is_null(), pl.lit("no name")))
    measures = ("impressions", "clicks", "reach", "frequency")
    counts = (c for measure in measures for c in _list_media(layout, measure))
    return [
        *rules,
        *text_rules(texts),
        *number_rules({c: c for c in table.numbers}),
        *negative_rules({c: c for c in counts}, rule="negative_count"),
        *negative_rules({c: c for c in table.spends}, rule="negative_spend"),
    ]


def _mark_off_grid(rows: pl.DataFrame, *, period: str) -> pl.DataFrame:
    """The rows, where a period that does not start with the others gets a rule.

    Weeks start on the week day of most rows, months on their first day.
    """
    clean = rows.filter(pl.col("rule").is_null())
    if period == "day" or not clean.height:
        return rows
    if period == "month":
        is_off, words = pl.col("date").dt.day() != 1, "is not the first day of a month"
    else:
        usual = clean["date"].dt.weekday().mode().sort()[0]
        is_off, words = pl.col("date").dt.weekday() != usual, "is not 7 days from other weeks"
    takes = pl.col("rule").is_null() & is_off
    return rows.with_columns(
        rule=pl.when(takes).then(pl.lit("off_grid_date")).otherwise("rule"),
        detail=pl.when(takes).then(pl.format("{} " + words, "date")).otherwise("detail"),
    )


def _mark_disagreeing(rows: pl.DataFrame, *, table: Table) -> pl.DataFrame:
    """The rows of a long table, where one contradicts the outcome of its date and geo.

    An outcome or control without `where` belongs to the date and geo, so the rows of one
    `(date, geo)` repeat it; the first value counts and a row may leave it blank.
    """
    series = (*table.layout.outcomes, *table.layout.controls)
    shared = list(dict.fromkeys(s.column for s in series if s.where is None))
    if not table.name or not shared:
        return rows
    group = ["date", *(["geo"] if table.layout.geo else [])]
    takes, detail = pl.lit(value=False), pl.lit(None, pl.String)
    for column in shared:
        first = pl.when(pl.col("rule").is_null()).then(column).drop_nulls().first().over(group)
        differs = (pl.col(column) != first).fill_null(value=False)
        words = pl.lit(f"'{column}' differs from other rows of its date")
        takes, detail = takes | differs, pl.when(differs).then(words).otherwise(detail)
    takes = takes & pl.col("rule").is_null()
    return rows.with_columns(
        rule=pl.when(takes).then(pl.lit("outcome_disagrees")).otherwise("rule"),
        detail=pl.when(takes).then(detail).otherwise("detail"),
    )


def _cover(rows: pl.DataFrame) -> DayWindow:
    """The window from the first day to the last day of the last period."""
    last = pl.col("date") + pl.duration(days=pl.col("period_days") - 1)
    ends = rows.filter(pl.col("date").is_not_null()).select(
        first=pl.col("date").min(), last=last.max()
    )
    return DayWindow(*ends.row(0))


def _list_notes(table: Table, rows: pl.DataFrame) -> tuple[Finding, ...]:
    name = f"bronze_{table.source.name}"
    needed = set(_list_needed(table.layout))
    ignored = [c for c in table.grid.header if c and c not in needed]
    return (*remarks.name_ignored(ignored, table=name), *remarks.name_lost_days(rows, table=name))
