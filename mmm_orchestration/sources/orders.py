"""Orders of a shop: one row per order line, without anything personal.

Belongs here: Shopify's order export. Must not: columns that tell who bought.
"""

import csv
import io

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source
from mmm_orchestration.sources import remarks
from mmm_orchestration.sources.currencies import Money, currency_rules, read_currency
from mmm_orchestration.sources.grid import Grid, check_unique
from mmm_orchestration.sources.numbers import NumberColumn, decide_decimal, parse_numbers
from mmm_orchestration.sources.reading import (
    ASIDE_SCHEMA,
    EmptyDeliveryError,
    Reading,
    check_some_accepted,
)
from mmm_orchestration.sources.rows import (
    RowRule,
    apply_rules,
    negative_rules,
    number_rules,
    take_quarantined,
    text_rules,
    to_bronze,
)
from mmm_orchestration.sources.vocabulary import SHOP_WORDS, HeaderMap, read_header

_MONEY = ("subtotal", "shipping", "taxes", "total", "discount", "refunded", "item_price")
_NUMBERS = (*_MONEY, "item_quantity")
_TEXTS = ("order_name", "financial_status", "item")
_REQUIRED = ("order_name", "created_at", "total", "refunded")
_MOMENTS = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%.f%z")


def read_orders(grid: Grid, *, source: Source, file: str, time_zone: str) -> Reading:
    """The order lines of an export; a day is a day in `time_zone`.

    Further lines of an order inherit its moment and currency, and are accepted only with its
    first line. Raises SourceError when a needed column or the currency is missing,
    EmptyDeliveryError when there are no rows.
    """
    header = read_header(grid.header, words=SHOP_WORDS)
    _check_columns(grid, header=header, file=file)
    cells, aside = _set_aside(grid, header=header)
    if not cells.height and not grid.malformed.height:
        raise EmptyDeliveryError(f"{file} has a header and no rows in the period")
    money = _read_money(cells, header=header, source=source, file=file)
    rows = _parse(cells, header=header, file=file, time_zone=time_zone, money=money)
    rows = _inherit(rows)
    rows = apply_rules(rows, _list_rules(header, titles=grid.header, money=money))
    rows = _mark_repeated_orders(rows)
    rows = _mark_orphans(rows)
    shown = [str(header.index[n]) for n in SHOP_WORDS if n in header.index]
    malformed = grid.malformed.with_columns(raw=pl.lit("[withheld]"))
    quarantined = take_quarantined(rows, shown=shown, malformed=malformed)
    accepted = to_bronze(rows, source=source)
    check_some_accepted(accepted, quarantined=quarantined, file=file)
    days = rows["date"].drop_nulls()
    return Reading(
        accepted=accepted,
        quarantined=quarantined,
        set_aside=aside,
        covered=DayWindow(days.min(), days.max()),  # type: ignore[arg-type]
        currency=money.currency,
        time_zone=time_zone,
        notes=tuple(remarks.name_lost_days(rows, table=f"bronze_{source.name}")),
    )


def _set_aside(grid: Grid, *, header: HeaderMap) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The data rows, and all lines that are none: blank ones and repeats of the header."""
    is_header = pl.all_horizontal(
        pl.col(str(i)).cast(pl.String) == pl.lit(grid.header[i]) for i in header.index.values()
    )
    kind = (
        pl.when(pl.all_horizontal(pl.exclude("line").is_null()))
        .then(pl.lit("blank"))
        .when(is_header)
        .then(pl.lit("header"))
    )
    cells = grid.cells.with_columns(kind.alias("kind"))
    aside = cells.filter(pl.col("kind").is_not_null()).select(ASIDE_SCHEMA.names())
    rows = cells.filter(pl.col("kind").is_null()).drop("kind")
    return rows, pl.concat([grid.set_aside, aside]).sort("line")


def _check_columns(grid: Grid, *, header: HeaderMap, file: str) -> None:
    for name in _REQUIRED:
        if name not in header.index:
            raise SourceError(
                f"{file} has no column for {name}",
                available=grid.header,
                fix="Export the orders again with all columns",
            )
    used = {grid.header[i] for i in header.index.values()}
    check_unique([n for n in grid.header if n in used], file=file)


def _read_money(cells: pl.DataFrame, *, header: HeaderMap, source: Source, file: str) -> Money:
    place = header.index.get("currency")
    return read_currency(
        None if place is None else cells[str(place)],
        stated=None,
        amounts=[cells[str(header.index["total"])]],
        source=source,
        file=file,
    )


def _parse(
    cells: pl.DataFrame, *, header: HeaderMap, file: str, time_zone: str, money: Money
) -> pl.DataFrame:
    """The cells with typed columns under their canonical names."""
    index = {n: str(i) for n, i in header.index.items()}
    numbers = [
        NumberColumn(n, cells[index[n]], is_count=n == "item_quantity")
        for n in _NUMBERS
        if n in index
    ]
    decimal = decide_decimal(numbers, language="en", file=file)
    columns = []
    for column in numbers:
        columns.append(column.cells.cast(pl.String).alias(f"{column.name}_cell"))
        columns.append(parse_numbers(column.cells, decimal=decimal).alias(column.name))
    columns += [cells[index[n]].cast(pl.String).alias(n) for n in _TEXTS if n in index]
    moment = cells[index["created_at"]].cast(pl.String).alias("created_at_cell")
    codes = money.by_row if money.by_row is not None else pl.Series([money.currency])
    at = pl.coalesce(
        pl.col("created_at_cell").str.to_datetime(f, strict=False, time_unit="us") for f in _MOMENTS
    )
    cancelled = (
        pl.col(index["cancelled_at"]).is_not_null()
        if "cancelled_at" in index
        else pl.lit(value=False)
    )
    rows = cells.with_columns(*columns, moment)
    codes = codes if len(codes) == rows.height else codes.new_from_index(0, rows.height)
    return (
        rows.with_columns(codes.cast(pl.String).alias("currency"))
        .with_columns(
            created_at=at,
            is_cancelled=cancelled,
            is_first=pl.col("created_at_cell").is_not_null(),
        )
        .with_columns(date=pl.col("created_at").dt.convert_time_zone(time_zone).dt.date())
    )


def _inherit(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, further lines of an order with the moment, day and state of its first line."""
    order = pl.col("is_first").cum_sum().alias("order")
    rows = rows.with_columns(order)
    shared = ("created_at", "date", "currency", "is_cancelled", "order_name")
    first = [pl.col(c).first().over("order").alias(f"{c}_first") for c in shared]
    rows = rows.with_columns(first)
    follows = ~pl.col("is_first") & (pl.col("order_name") == pl.col("order_name_first"))
    taken = [
        pl.when(follows).then(pl.col(f"{c}_first")).otherwise(pl.col(c)).alias(c)
        for c in shared
        if c != "order_name"
    ]
    return rows.with_columns(taken).with_columns(follows=follows.fill_null(value=False))


def _list_rules(header: HeaderMap, *, titles: tuple[str, ...], money: Money) -> list[RowRule]:
    title = {n: titles[i] for n, i in header.index.items()}
    moment = pl.format(
        "'{}' is not a moment with UTC offset", pl.col("created_at_cell").str.head(40)
    )
    no_order = pl.lit("no order name")
    orphan = pl.lit("a further line of an order whose first line is not above it")
    is_orphan = ~pl.col("is_first") & ~pl.col("follows")
    numbers = {n: title[n] for n in _NUMBERS if n in title}
    return [
        RowRule("missing_order", pl.col("order_name").is_null(), no_order),
        RowRule("unreadable_date", pl.col("is_first") & pl.col("created_at").is_null(), moment),
        RowRule("orphan_line", is_orphan, orphan),
        *text_rules({n: title[n] for n in _TEXTS if n in title}),
        *number_rules(numbers),
        *negative_rules(numbers, rule="negative_count"),
        *currency_rules(money),
    ]


def _mark_repeated_orders(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, where the first line of an order that came before gets a rule."""
    heads = rows.filter(pl.col("is_first") & pl.col("rule").is_null())
    values = [n for n in _NUMBERS if n in rows.columns]
    first = pl.col("line").first().over("order_name")
    same = pl.all_horizontal(
        pl.col(v).eq_missing(pl.col(v).first().over("order_name")) for v in (*values, "created_at")
    )
    twins = heads.select(
        "line",
        pl.when(same)
        .then(pl.lit("duplicate_row"))
        .otherwise(pl.lit("duplicate_key"))
        .alias("_rule"),
        pl.format("the order of line {} again", first).alias("_detail"),
        (pl.col("line") != first).alias("_later"),
    ).filter("_later")
    return (
        rows.join(twins, on="line", how="left", validate="m:1", maintain_order="left")
        .with_columns(rule=pl.coalesce("rule", "_rule"), detail=pl.coalesce("detail", "_detail"))
        .drop("_rule", "_detail", "_later")
    )


def _mark_orphans(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, where further lines of an order that is not accepted get its fate."""
    head = pl.col("rule").first().over("order")
    lost = pl.col("rule").is_null() & pl.col("follows") & head.is_not_null()
    detail = pl.lit("the first line of its order is not accepted")
    return rows.with_columns(
        rule=pl.when(lost).then(pl.lit("orphan_line")).otherwise("rule"),
        detail=pl.when(lost).then(detail).otherwise("detail"),
    )


def withhold_personal(grid: Grid) -> bytes:
    """The export as CSV that reads the same, line by line, without anything personal.

    Only the columns that are read keep their cells; a malformed line keeps its place alone.
    """
    header = read_header(grid.header, words=SHOP_WORDS)
    kept = [str(i) for i in sorted(header.index.values())]
    cells = grid.cells.with_columns(pl.col(pl.String).str.replace_all("\n", " "))
    lines: dict[int, list[str]] = {grid.header_line: [grid.header[int(c)] for c in kept]}
    lines |= {
        int(row[0]): [c or "" for c in row[1:]] for row in cells.select("line", *kept).iter_rows()
    }
    lines |= {int(n): ["[withheld]"] for n in grid.malformed["line"]}
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for number in range(1, max(lines) + 1):
        writer.writerow(lines.get(number, []))
    return buffer.getvalue().encode()
