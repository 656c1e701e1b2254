"""Cells to numbers: which mark is the decimal one, and what every cell then says.

Belongs here: decimal and thousands marks, currency signs. Must not: which columns are numbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from mmm_orchestration.errors import SourceError

Decimal = Literal[".", ","]

_SIGN = r"(?:\p{Sc}|[A-Z]{2,3}\p{Sc}?|kr\.?|%)"
_GAP = r" \u00a0\u2007\u2009\u202f'’"
_MIXED_SHARE = 0.1


@dataclass(frozen=True)
class NumberColumn:
    """One numeric column as received; `is_count` where fractions cannot occur."""

    name: str
    cells: pl.Series
    is_count: bool = False


def decide_decimal(
    columns: Sequence[NumberColumn],
    *,
    witnesses: Sequence[NumberColumn] = (),
    language: str | None,
    file: str,
) -> Decimal:
    """The decimal mark of a file, from all cells of its text columns.

    `witnesses` are asked where no cell of `columns` tells. "1,234" alone may be either; it is
    settled by a cell that is not ambiguous, by a count column (a count has no fraction), or by
    the language of the header where that makes the mark a thousands mark. Raises SourceError
    when nothing settles it, or when both marks are used as decimals.
    """
    texts = [_take_marked(c) for c in columns if c.cells.dtype == pl.String]
    point = sum(_count_votes(c, mark=".") for c in texts)
    comma = sum(_count_votes(c, mark=",") for c in texts)
    if not point and not comma and _has_open(texts):
        others = [_take_marked(c) for c in witnesses if c.cells.dtype == pl.String]
        point = sum(_count_votes(c, mark=".") for c in others)
        comma = sum(_count_votes(c, mark=",") for c in others)
    if point and comma:
        if min(point, comma) > _MIXED_SHARE * (point + comma):
            raise SourceError(
                f"{file} mixes decimal points ({point} cells) and decimal commas ({comma} cells)",
                fix="Export it again with one number format",
            )
        return "." if point > comma else ","
    if point or comma:
        return "." if point else ","
    return _decide_by_language(texts, language=language, file=file)


def parse_numbers(cells: pl.Series, *, decimal: Decimal) -> pl.Series:
    """Float64 values of the cells; null where blank or unreadable, inf where beyond Float64."""
    if cells.dtype.is_numeric() or cells.dtype in {pl.Boolean, pl.Null}:
        return cells.cast(pl.Float64)
    if cells.dtype != pl.String:
        return pl.Series(cells.name, [None] * len(cells), dtype=pl.Float64)
    plain = cells.str.replace(",", ".", literal=True) if decimal == "," else cells
    values = plain.cast(pl.Float64, strict=False)
    if decimal == ",":
        values = values.set(cells.str.contains(".", literal=True).fill_null(value=False), None)
    if values.null_count() == cells.null_count():
        return values
    left = (cells.is_not_null() & values.is_null()).arg_true()
    return values.scatter(left, _parse_written(cells.gather(left), decimal=decimal))


def _parse_written(cells: pl.Series, *, decimal: Decimal) -> pl.Series:
    """Values of cells with thousands marks, currency signs or brackets for below zero."""
    group = "," if decimal == "." else r"\."
    mark = re.escape(decimal)
    whole = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d{{1,3}}(?:[{_GAP}]\d{{3}})+|\d+"
    core = rf"((?:(?:{whole})(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d{{1,5}})?)"
    pattern = rf"^\(?\s*[-−+]?\s*{_SIGN}?\s*[-−+]?\s*{core}\s*{_SIGN}?\s*\)?$"
    bare = cells.str.extract(pattern, 1).str.replace_all(rf"{group}|[{_GAP}]", "")
    values = bare.str.replace(mark, ".").cast(pl.Float64, strict=False)
    is_negative = cells.str.contains(r"^[^\d]*[-−(]")
    return pl.select(pl.when(is_negative).then(-values).otherwise(values)).to_series()


def share_numeric(cells: pl.Series) -> float:
    """Share of the cells that are not blank and read as a number under some convention."""
    if cells.dtype != pl.String:
        return 1.0 if cells.dtype.is_numeric() else 0.0
    filled = cells.drop_nulls()
    if filled.is_empty():
        return 1.0
    sign = r"(?:\p{Sc}|[A-Z]{3}\s|%)"
    body = rf"\d[\d.,{_GAP}]*(?:[eE][+-]?\d+)?"
    pattern = rf"^\(?[-−+]?\s*{sign}?\s*[-−+]?{body}\s*(?:{sign}|[A-Z]{{3}})?\)?$|^--$"
    return float(filled.str.contains(pattern).sum()) / len(filled)


def _count_votes(column: NumberColumn, *, mark: Decimal) -> int:
    """Number of cells that can only be read with `mark` as the decimal one."""
    other = "," if mark == "." else "."
    this, that = re.escape(mark), re.escape(other)
    certain = [
        rf"\d{that}\d{{3}}{this}\d",
        rf"^\d{{1,3}}(?:{that}\d{{3}}){{2,}}$",
        rf"^\d+{this}(?:\d{{1,2}}|\d{{4,}})$",
        rf"^(?:0|\d{{4,}}){this}\d+$",
        rf"^\d{{1,3}}(?:[{_GAP}]\d{{3}})+{this}\d+$",
    ]
    if column.is_count:
        certain.append(rf"^[1-9]\d{{0,2}}{that}\d{{3}}$")
    return int(column.cells.str.contains("|".join(certain)).sum())


def _count_open(column: NumberColumn, *, mark: str) -> int:
    """Number of cells in which `mark` may part thousands or decimals."""
    return int(column.cells.str.contains(rf"^[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}$").sum())


def _has_open(columns: Sequence[NumberColumn]) -> bool:
    return any(_count_open(c, mark=mark) for c in columns for mark in (".", ","))


def _take_marked(column: NumberColumn) -> NumberColumn:
    """The cells that hold a point or comma, without sign, currency, per cent and outer blanks."""
    edge = rf"^[\s(+−-]*{_SIGN}?[\s+−-]*|[\s)]*{_SIGN}?[\s)]*$"
    marked = column.cells.filter(column.cells.str.contains("[.,]"))
    is_plain = marked.str.contains(r"^\d.*\d$")
    bare = pl.concat([marked.filter(is_plain), marked.filter(~is_plain).str.replace_all(edge, "")])
    return replace(column, cells=bare)


def _decide_by_language(
    columns: Sequence[NumberColumn], *, language: str | None, file: str
) -> Decimal:
    points = sum(_count_open(c, mark=".") for c in columns)
    commas = sum(_count_open(c, mark=",") for c in columns)
    if not points and not commas:
        return "."
    usual: Decimal | None = None
    if language is not None:
        usual = "." if language == "en" else ","
    if usual and not (points if usual == "." else commas):
        return usual
    mark = "." if points else ","
    culprit = next(c for c in columns if _count_open(c, mark=mark))
    raise SourceError(
        f"{file} does not tell whether '{mark}' in column '{culprit.name}' parts thousands or "
        "decimals: every such number could be both",
        fix="Export it with two decimals, or with plain numbers such as 1234.56",
    )
