"""The shared reader of every platform's daily export.

Belongs here: what all platforms have in common, led by a `VendorFormat`. Must not: orders of a
shop (see `orders`), tables the user describes (see `tables`).
"""

from collections.abc import Mapping

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.sources import remarks
from mmm_orchestration.sources.calendar_days import (
    DayOrder,
    OrderHints,
    decide_order,
    parse_days,
    stated_window,
)
from mmm_orchestration.sources.currencies import Money, currency_rules, read_currency
from mmm_orchestration.sources.export_layout import (
    NOTHING,
    Export,
    SortedLines,
    lay_out,
    sort_lines,
)
from mmm_orchestration.sources.grid import Grid
from mmm_orchestration.sources.numbers import (
    Decimal,
    NumberColumn,
    decide_decimal,
    parse_numbers,
)
from mmm_orchestration.sources.preamble import find_period_texts, find_time_zone
from mmm_orchestration.sources.reading import (
    EmptyDeliveryError,
    Reading,
    check_some_accepted,
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
from mmm_orchestration.sources.vendors import VendorFormat


def read_export(grid: Grid, *, vendor: VendorFormat, source: Source, file: str) -> Reading:
    """The reading of one export whose header has been found.

    Raises SourceError when it holds no daily rows, lacks a needed column or its currency, or
    cannot be read in one way only; EmptyDeliveryError when it holds no rows.
    """
    export = lay_out(grid, vendor=vendor, source=source, file=file)
    lines = sort_lines(export)
    if not lines.rows.height and not lines.malformed.height:
        raise EmptyDeliveryError(f"{file} has a header and no rows in the period")
    period = find_period_texts(grid.preamble)
    order = _decide_order(export, lines.rows, period=period)
    decimal = _decide_decimal(export, lines.rows)
    money = _read_money(export, lines.rows)
    rows = _parse(export, lines.rows, order=order, decimal=decimal, money=money)
    window = _read_window(export, rows, period=period, order=order)
    _check_not_booked_on_start(export, rows, window=window)
    rows = apply_rules(rows, _list_rules(export, window=window, money=money))
    rows = mark_duplicates(rows, key=_key(export), values=export.measures)
    shown = [str(i) for i in range(len(grid.header))]
    quarantined = take_quarantined(rows, shown=shown, malformed=lines.malformed)
    accepted = to_bronze(rows, source=source)
    check_some_accepted(accepted, quarantined=quarantined, file=file)
    return Reading(
        accepted=accepted,
        quarantined=quarantined,
        set_aside=lines.set_aside,
        covered=window or span_days(rows["date"]),
        currency=money.currency,
        time_zone=find_time_zone((*grid.preamble, *grid.header)) or source.time_zone,
        notes=_list_notes(export, lines, decimal=decimal, rows=rows),
    )


def span_days(days: pl.Series) -> DayWindow:
    """The window from the first to the last of the days that are not null."""
    filled = days.drop_nulls()
    return DayWindow(filled.min(), filled.max())  # type: ignore[arg-type]


def _decide_order(export: Export, rows: pl.DataFrame, *, period: tuple[str, ...]) -> DayOrder:
    language = export.header.language
    usual: DayOrder | None = "dmy"
    if language in {None, "en"}:
        usual = export.vendor.english_order
    hints = OrderHints(period=period, usual=usual)
    return decide_order(rows[export.day_cell], hints=hints, file=export.file)


def _decide_decimal(export: Export, rows: pl.DataFrame) -> Decimal:
    counts = export.vendor.counts
    columns = [
        NumberColumn(export.title(m), export.number_cells(rows, m), is_count=m in counts)
        for m in export.measures
    ]
    witnesses = [
        NumberColumn(export.grid.header[i], rows[str(i)])
        for i in export.header.rest(len(export.grid.header))
        if i not in export.dimensions
    ]
    return decide_decimal(
        columns, witnesses=witnesses, language=export.header.language, file=export.file
    )


def _read_money(export: Export, rows: pl.DataFrame) -> Money:
    return read_currency(
        rows[export.cell("currency")] if export.has("currency") else None,
        stated=export.header.currency,
        amounts=[rows[export.cell(m)] for m in export.vendor.money if export.has(m)],
        source=export.source,
        file=export.file,
    )


def _parse(
    export: Export, rows: pl.DataFrame, *, order: DayOrder, decimal: Decimal, money: Money
) -> pl.DataFrame:
    """The rows with typed columns under their canonical names beside the cells."""
    day = rows[export.day_cell]
    columns = [day.cast(pl.String).alias("date_cell"), parse_days(day, order=order).alias("date")]
    for measure in export.measures:
        cells = _void(export.number_cells(rows, measure), zero_mark=export.vendor.zero_mark)
        columns.append(cells.cast(pl.String).alias(f"{measure}_cell"))
        columns.append(parse_numbers(cells, decimal=decimal).alias(measure))
    columns += [
        _void(rows[export.cell(text)].cast(pl.String)).alias(text)
        for text in export.vendor.texts
        if export.has(text)
    ]
    if money.by_row is not None:
        columns.append(money.by_row.alias("currency"))
    else:
        columns.append(
            pl.Series("currency", [money.currency], pl.String).new_from_index(0, len(rows))
        )
    return rows.with_columns(columns).with_columns(_dimensions_expr(export).alias("dimensions"))


def _void(cells: pl.Series, *, zero_mark: str | None = None) -> pl.Series:
    """The cells with null, or zero where the platform says so, in place of dashes."""
    if cells.dtype != pl.String:
        return cells
    dashes: Mapping[str, str | None] = {n: "0" if n == zero_mark else None for n in NOTHING}
    return cells.replace(dashes)


def _dimensions_expr(export: Export) -> pl.Expr:
    """The columns that name what a row is about, beside the canonical ones, as JSON."""
    titles: dict[str, str] = {}
    for i in export.dimensions:
        title = export.grid.header[i] or f"column {i + 1}"
        titles[f"{title} ({i + 1})" if title in titles else title] = str(i)
    if not titles:
        return pl.lit(None, pl.String)
    return pl.struct(pl.col(c).alias(t) for t, c in titles.items()).struct.json_encode()


def _read_window(
    export: Export, rows: pl.DataFrame, *, period: tuple[str, ...], order: DayOrder
) -> DayWindow | None:
    """The period the delivery states, in its preamble or in the columns of every row."""
    stated = stated_window(period, order=order)
    if stated or not (export.has("period_start") and export.has("period_end")):
        return stated
    first = parse_days(rows[export.cell("period_start")], order=order).min()
    last = parse_days(rows[export.cell("period_end")], order=order).max()
    if first is None or last is None or last < first:  # type: ignore[operator]
        return None
    return DayWindow(first, last)  # type: ignore[arg-type]


def _check_not_booked_on_start(
    export: Export, rows: pl.DataFrame, *, window: DayWindow | None
) -> None:
    """Nothing, or SourceError where every row sums up more than the day it is dated to."""
    if not export.vendor.has_start_dates:
        return
    days = rows["date"].drop_nulls().unique().sort()
    fix = f"Export it from {export.vendor.name} with the daily breakdown"
    if window and window.n_days > 1 and days.to_list() == [window.first]:
        raise SourceError(
            f"{export.file} dates every row {window.first}, the first day of its period {window}: "
            "a whole-period total booked on one day",
            fix=fix,
        )
    if len(days) > 1 and (days.dt.day() == 1).all():
        raise SourceError(
            f"{export.file} dates every row to the first of a month: monthly totals booked on "
            "one day each",
            fix=fix,
        )


def _list_rules(export: Export, *, window: DayWindow | None, money: Money) -> list[RowRule]:
    """The rules for the parsed rows, the first that is broken counts."""
    said = pl.format("'{}' is not a day", pl.col("date_cell").str.head(80))
    rules = [
        RowRule("missing_date", pl.col("date_cell").is_null(), pl.lit("no day")),
        RowRule("unreadable_date", pl.col("date").is_null(), said),
    ]
    if window:
        is_outside = ~pl.col("date").is_between(window.first, window.last)
        words = pl.format("{} lies outside the period " + str(window), pl.col("date"))
        rules.append(RowRule("out_of_period", is_outside, words))
    if "campaign" in export.vendor.texts:
        missing = RowRule("missing_campaign", pl.col("campaign").is_null(), pl.lit("no campaign"))
        rules.append(missing)
    texts = {t: export.title(t) for t in export.vendor.texts if export.has(t)}
    texts |= {str(i): export.grid.header[i] for i in export.dimensions}
    rules += text_rules(texts)
    rules += number_rules({m: export.title(m) for m in export.measures})
    rules += negative_rules(
        {m: export.title(m) for m in export.measures if m not in export.vendor.money},
        rule="negative_count",
    )
    if export.has("spend"):
        rules += negative_rules({"spend": export.title("spend")}, rule="negative_spend")
    return rules + currency_rules(money)


def _key(export: Export) -> list[str]:
    texts = [t for t in export.vendor.texts if export.has(t)]
    return ["date", *texts, "dimensions", "currency"]


def _list_notes(
    export: Export, lines: SortedLines, *, decimal: Decimal, rows: pl.DataFrame
) -> tuple[Finding, ...]:
    """What a person should know about the delivery although its rows could be read."""
    table = f"bronze_{export.source.name}"
    totals = pl.DataFrame(
        [
            parse_numbers(_void(export.number_cells(lines.totals, m)), decimal=decimal).alias(m)
            for m in export.measures
        ]
    )
    absent = [m for m in ("impressions", "clicks") if m in export.vendor.measures]
    zone = find_time_zone((*export.grid.preamble, *export.grid.header)) or export.source.time_zone
    return (
        *remarks.compare_totals(totals, rows=rows, money=export.vendor.money, table=table),
        *remarks.name_absent([m for m in absent if not export.has(m)], table=table),
        *remarks.name_lost_days(rows, table=table),
        *remarks.ask_time_zone(zone, table=table),
    )
