"""Excel workbooks as rows under a header.

Belongs here: opening sheets, the place of the header. Must not: the meaning of a column.
"""

import fastexcel
import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.grid import (
    HEADER_SEARCH,
    SPACES,
    CountKnown,
    Grid,
    blank_to_null,
)
from mmm_orchestration.sources.reading import ASIDE_SCHEMA, QUARANTINE_SCHEMA


def is_workbook(content: bytes) -> bool:
    """Whether the bytes begin like an XLSX file, which is a zip archive."""
    return content.startswith(b"PK\x03\x04")


def read_workbook_grid(
    content: bytes, *, file: str, count_known: CountKnown, n_needed: int, sheet: str | None = None
) -> Grid | None:
    """The rows of a sheet, the first one unless named, or None when no row is a header.

    A column whose cells under the header are all numbers is kept twice: as text, and typed
    under its index and "#". Raises SourceError where the workbook is damaged or has no such sheet.
    """
    try:
        book = fastexcel.read_excel(content)
        chosen = _choose_sheet(book.sheet_names, sheet=sheet, file=file)
        texts = book.load_sheet(chosen, header_row=None, skip_rows=0, dtypes="string").to_polars()
        found = _find_header(texts, count_known=count_known, n_needed=n_needed)
        if found is None:
            return None
        typed = (
            book.load_sheet(
                chosen, header_row=None, skip_rows=found + 1, schema_sample_rows=None
            ).to_polars()
            if texts.height > found + 1
            else texts.clear()
        )
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{file} is a damaged workbook ({_first_line(error)})") from error
    return _to_grid(texts, typed=typed, found=found)


def _choose_sheet(names: list[str], *, sheet: str | None, file: str) -> str:
    if sheet is not None and sheet not in names:
        raise SourceError(f"{file} has no sheet '{sheet}'", available=names)
    if not names:
        raise SourceError(f"{file} has no sheet")
    return sheet or names[0]


def _find_header(texts: pl.DataFrame, *, count_known: CountKnown, n_needed: int) -> int | None:
    rows = texts.head(HEADER_SEARCH).iter_rows()
    counts = [count_known([c or "" for c in row]) for row in rows]
    most = max(counts, default=0)
    return next((i for i, n in enumerate(counts) if n >= n_needed and 2 * n >= most), None)


def _to_grid(texts: pl.DataFrame, *, typed: pl.DataFrame, found: int) -> Grid:
    names = [c.strip(SPACES) if c else "" for c in texts.row(found)]
    while names and not names[-1]:
        names.pop()
    width = len(names)
    body = texts.slice(found + 1).select(
        pl.nth(i).alias(str(i)).cast(pl.String) for i in range(width)
    )
    numeric = [
        typed.to_series(i).alias(f"{i}#")
        for i in range(min(width, typed.width))
        if typed.height == body.height and typed.to_series(i).dtype.is_numeric()
    ]
    line = pl.Series("line", range(found + 2, found + 2 + body.height), pl.Int64)
    above = [" ".join(c for c in row if c) for row in texts.head(found).iter_rows()]
    aside = [(i + 1, "preamble" if t.strip(SPACES) else "blank") for i, t in enumerate(above)]
    return Grid(
        header=tuple(names),
        header_line=found + 1,
        cells=blank_to_null(pl.DataFrame([line, *body.get_columns(), *numeric])),
        malformed=pl.DataFrame(schema=QUARANTINE_SCHEMA),
        set_aside=pl.DataFrame([*aside, (found + 1, "header")], schema=ASIDE_SCHEMA, orient="row"),
        preamble=tuple(t for t in above if t.strip(SPACES)),
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
