"""One data file as named columns, whatever its kind, delimiter, encoding or decimal mark.

Belongs here: what is in the file. Must not: what its columns mean (see `dates`, `roles`).
"""

import csv
import io
import json
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Literal

import polars as pl

from mmm_orchestration.errors import SourceError, nearest
from mmm_orchestration.sources.text import decode_text

Decimal = Literal[".", ","]

NOTHING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "false", "no", "0"})
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".json", ".jsonl", ".ndjson")

_SEPARATORS = (",", ";", "\t", "|")
_MISSING = ("", "na", "n/a", "nan", "null", "none", "-")
_COMMA = r"^\D{0,3}(\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|0,\d+)\D{0,3}$"
_POINT = r"^\D{0,3}(\d{1,3}(,\d{3})+\.\d+|\d+\.(\d{1,2}|\d{4,})|0\.\d+)\D{0,3}$"


@dataclass(frozen=True)
class Column:
    """One column: its cells as text, and as numbers where every filled cell is a number.

    Both series have one entry per row of the file; a missing cell is null.
    """

    name: str
    text: pl.Series
    numbers: pl.Series | None


@dataclass(frozen=True)
class Look:
    """What one file holds; `n_sheets` is 0 for a file that is no workbook."""

    path: Path
    columns: tuple[Column, ...]
    unreadable: tuple[str, ...] = ()
    decimal: Decimal = "."
    sheet: str | None = None
    n_sheets: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the file."""
        return tuple(c.name for c in self.columns)

    def column(self, name: str, *, flag: str) -> Column:
        """The column called `name`, which `flag` asked for; raises SourceError when absent."""
        for column in self.columns:
            if column.name == name:
                return column
        close = nearest(name, self.names)
        fix = f"Did you mean {flag} '{close}'" if close else f"Correct {flag}"
        what = f"{flag}: {self.path.name} has no column '{name}'"
        raise SourceError(what, available=self.names, fix=fix)


def look_at(path: Path) -> Look:
    """The columns of the file at `path`; raises SourceError when it is no table of data."""
    if not path.is_file():
        raise SourceError(f"There is no file {path}", fix="Give the path of one data file")
    try:
        frame, sheet, n_sheets = _read_frame(path)
    except (pl.exceptions.PolarsError, json.JSONDecodeError, csv.Error, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise SourceError(
            f"{path.name} cannot be read as {path.suffix or 'a table'}: {reason}"
        ) from error
    if frame.height < 2 or frame.width < 2:
        raise SourceError(
            f"{path.name} has {frame.height} rows and {frame.width} columns",
            fix="A project needs a table with one row per day or week and its names in line 1",
        )
    nested = tuple(n for n, t in frame.schema.items() if t.is_nested())
    frame = frame.drop(nested)
    decimal = find_decimal([s for s in frame if s.dtype == pl.String])
    columns = tuple(_to_column(s, decimal=decimal) for s in frame)
    return Look(path, columns, nested, decimal, sheet, n_sheets)


def find_decimal(texts: list[pl.Series]) -> Decimal:
    """',' when cells such as '1.234,56' or '0,5' are there and none such as '1,234.56'."""
    has_comma = any(bool(s.str.contains(_COMMA).any()) for s in texts)
    has_point = any(bool(s.str.contains(_POINT).any()) for s in texts)
    return "," if has_comma and not has_point else "."


def read_numbers(text: pl.Series, *, decimal: Decimal) -> pl.Series | None:
    """The cells as floats, null where missing, or None when a filled cell is no number."""
    if text.dtype.is_numeric():
        return text.cast(pl.Float64)
    bare = text.str.strip_chars().str.to_lowercase()
    filled = text.set(bare.is_in(_MISSING), None)
    thousands, mark = (",", ".") if decimal == "." else (".", ",")
    digits = (
        filled.str.replace_all(r"[\s\u00a0\u202f€$£]", "")
        .str.replace_all(thousands, "", literal=True)
        .str.replace_all(mark, ".", literal=True)
    )
    numbers = digits.cast(pl.Float64, strict=False)
    if numbers.null_count() > filled.null_count() or filled.null_count() == len(filled):
        return None
    return numbers if bool(numbers.is_finite().all()) else None


def find_separator(text: str) -> str:
    """The delimiter that cuts most of the first lines into the same number of cells."""
    head = text.splitlines()[:20]

    def score(separator: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=separator) if row]
        width = max(set(widths), key=widths.count, default=1)
        return (widths.count(width) if width > 1 else 0, width)

    return max(_SEPARATORS, key=score)


def _read_frame(path: Path) -> tuple[pl.DataFrame, str | None, int]:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return _read_text_table(path), None, 0
        case ".parquet":
            return pl.read_parquet(path), None, 0
        case ".json":
            return _read_json(path), None, 0
        case ".jsonl" | ".ndjson":
            return pl.read_ndjson(path, infer_schema_length=None), None, 0
        case ".xlsx":
            return _read_workbook(path)
    raise SourceError(f"{path.name} is of an unknown kind", available=SUFFIXES)


def _read_text_table(path: Path) -> pl.DataFrame:
    text = decode_text(path.read_bytes(), file=path.name)
    rows = csv.reader(io.StringIO(text), delimiter=find_separator(text))
    header, *cells = [row for row in rows if any(cell.strip() for cell in row)]
    columns = zip_longest(*(row[: len(header)] for row in cells))
    names = [name.strip() for name in header]
    return pl.DataFrame(
        dict(zip(names, columns, strict=False)), schema=dict.fromkeys(names, pl.String)
    )


def _read_json(path: Path) -> pl.DataFrame:
    content = json.loads(decode_text(path.read_bytes(), file=path.name))
    if isinstance(content, dict):
        content = next((v for v in content.values() if isinstance(v, list)), content)
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise SourceError(f"{path.name} holds no list of objects", fix="Write one object per row")
    return pl.from_dicts(content, infer_schema_length=None)


def _read_workbook(path: Path) -> tuple[pl.DataFrame, str | None, int]:
    sheets = pl.read_excel(path, sheet_id=0, raise_if_empty=False)
    filled = {name: frame for name, frame in sheets.items() if frame.height and frame.width > 1}
    if not filled:
        raise SourceError(f"No sheet of {path.name} holds a table")
    name, frame = next(iter(filled.items()))
    return frame, name, len(sheets)


def _to_column(series: pl.Series, *, decimal: Decimal) -> Column:
    match series.dtype:
        case pl.Datetime():
            is_day = bool((series.dt.truncate("1d") == series).all())
            text = series.dt.date().cast(pl.String) if is_day else series.dt.to_string("iso")
        case _:
            text = series.cast(pl.String)
    text = text.str.strip_chars()
    is_number = series.dtype.is_numeric()
    numbers = read_numbers(series if is_number else text, decimal=decimal)
    return Column(series.name, text.set(text == "", None), numbers)
