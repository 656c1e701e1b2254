"""A delivery as numbered rows under a header, before any cell is understood.

Belongs here: delimiters, quotes, the place of the header row, CSV and TSV text. Must not: the
meaning of a column (see `vocabulary`) or of a cell (see `numbers`, `calendar_days`).
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.reading import ASIDE_SCHEMA, QUARANTINE_SCHEMA, RAW_LENGTH, Rule

DELIMITERS = (",", ";", "\t", "|")
HEADER_SEARCH = 100
SPACES = " \t\n\r\u00a0\u2007\u202f\u200b\ufeff"
_OVERLONG = 100_000

CountKnown = Callable[[Sequence[str]], int]
# The first line of a record, counted from 1, and its cells, None where quotes are broken.
_Record = tuple[int, list[str] | None]


@dataclass(frozen=True)
class Grid:
    """Rows under a header.

    `cells` has `line` and one column per header cell, named "0", "1", …: stripped text with
    null for blank, or the type of the workbook's column. `malformed` has the quarantine
    columns; `set_aside` names preamble, header and blank lines; `preamble` is their text.
    """

    header: tuple[str, ...]
    header_line: int
    cells: pl.DataFrame
    malformed: pl.DataFrame
    set_aside: pl.DataFrame
    preamble: tuple[str, ...] = ()

    def column(self, index: int) -> pl.Series:
        """The cells of the column at `index`."""
        return self.cells[str(index)]


@dataclass(frozen=True)
class _Place:
    """Where the header row stands and what separates its cells."""

    index: int
    delimiter: str


def read_text_grid(text: str, *, count_known: CountKnown, n_needed: int) -> Grid | None:
    """The rows of a CSV or TSV text, or None when no line looks like its header.

    `count_known` counts the header names it knows in a list of cells; the header is the first
    line with the most, at least `n_needed`.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    place = _find_header(lines[:HEADER_SEARCH], count_known=count_known, n_needed=n_needed)
    if place is None:
        return None
    header = _split_line(lines[place.index], delimiter=place.delimiter)
    while header and not header[-1].strip(SPACES):
        header.pop()
    records = _split_records(
        lines, start=place.index + 1, delimiter=place.delimiter, width=len(header)
    )
    return _to_grid(tuple(c.strip(SPACES) for c in header), records, lines=lines, place=place)


def check_unique(names: Sequence[str], *, file: str) -> None:
    """Nothing, or SourceError when a column that is needed stands twice in the header."""
    twice = [n for i, n in enumerate(names) if n in names[:i]]
    if twice:
        raise SourceError(f"{file} has two columns named '{twice[0]}'", fix="Remove one of them")


def _find_header(lines: Sequence[str], *, count_known: CountKnown, n_needed: int) -> _Place | None:
    """The first line that knows at least half as many names as the line that knows most.

    A fuller header further down belongs to a second export: rows above it are still rows.
    """
    counts: list[tuple[int, _Place]] = []
    for i, line in enumerate(lines):
        marks = [mark for mark in DELIMITERS if mark in line] or [DELIMITERS[0]]
        by_mark = [(count_known(_split_line(line, delimiter=d)), _Place(i, d)) for d in marks]
        counts.append(max(by_mark, key=lambda known: known[0]))
    most = max((n for n, _ in counts), default=0)
    return next((place for n, place in counts if n >= n_needed and 2 * n >= most), None)


def _split_line(line: str, *, delimiter: str) -> list[str]:
    if len(line) > _OVERLONG:
        return []
    return next(csv.reader([line], delimiter=delimiter), [])


def _split_records(
    lines: Sequence[str], *, start: int, delimiter: str, width: int
) -> Iterable[_Record]:
    """Every record from index `start` on; a line that breaks the quoting is a record of its own."""
    reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error:
        return _split_carefully(lines, start=start, delimiter=delimiter, width=width)
    if reader.line_num > len(rows):
        return _split_carefully(lines, start=start, delimiter=delimiter, width=width)
    return enumerate(rows, start + 1)


def _split_carefully(
    lines: Sequence[str], *, start: int, delimiter: str, width: int
) -> Iterator[_Record]:
    """As `_split_records`, where quotes are broken or hold line ends.

    A record that runs over lines without filling the row is a quote that was never closed:
    each of its lines is broken.
    """
    position = start
    while position < len(lines):
        feed = (lines[i] + "\n" for i in range(position, len(lines)))
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        origin = begin = position
        try:
            for cells in reader:
                end = origin + reader.line_num
                if end - begin > 1 and len(cells) != width:
                    yield from ((i + 1, None) for i in range(begin, end))
                else:
                    yield begin + 1, cells
                begin = end
        except csv.Error:
            yield begin + 1, None
            position = begin + 1
        else:
            return


def _to_grid(
    header: tuple[str, ...], records: Iterable[_Record], *, lines: Sequence[str], place: _Place
) -> Grid:
    width = len(header)
    rows: list[list[str]] = []
    numbers: list[int] = []
    broken: list[tuple[int, Rule, str, str]] = []
    aside = [(i + 1, "preamble" if lines[i].strip(SPACES) else "blank") for i in range(place.index)]
    aside.append((place.index + 1, "header"))
    for line, record in records:
        cells = record
        if cells is not None and len(cells) > width and not any(c.strip() for c in cells[width:]):
            cells = cells[:width]
        if cells is not None and len(cells) == width:
            rows.append(cells)
            numbers.append(line)
        elif cells == [] or not lines[line - 1].strip(SPACES):
            aside.append((line, "blank"))
        else:
            broken.append(_explain_broken(line, cells=cells, raw=lines[line - 1], width=width))
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    cells_frame = pl.DataFrame(
        [pl.Series("line", numbers, pl.Int64)]
        + [pl.Series(str(i), list(c), pl.String) for i, c in enumerate(columns)]
    )
    return Grid(
        header=header,
        header_line=place.index + 1,
        cells=blank_to_null(cells_frame),
        malformed=pl.DataFrame(broken, schema=QUARANTINE_SCHEMA, orient="row"),
        set_aside=pl.DataFrame(aside, schema=ASIDE_SCHEMA, orient="row"),
        preamble=tuple(line for line in lines[: place.index] if line.strip(SPACES)),
    )


def blank_to_null(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with surrounding white space removed and null where nothing is left."""
    stripped = pl.col(pl.String).str.strip_chars(SPACES)
    return cells.with_columns(stripped).with_columns(
        pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
    )


def _explain_broken(
    line: int, *, cells: list[str] | None, raw: str, width: int
) -> tuple[int, Rule, str, str]:
    if len(raw) > _OVERLONG:
        return line, "text_too_long", f"the line has {len(raw)} characters", raw[:RAW_LENGTH]
    if cells is None:
        return line, "broken_quotes", "a quote is opened and not closed", raw[:RAW_LENGTH]
    detail = f"{len(cells)} cells under {width} column names"
    return line, "ragged_row", detail, raw[:RAW_LENGTH]
