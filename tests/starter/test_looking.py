"""Looking at a file: kinds, delimiters, encodings, decimal marks, dates and shape."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.errors import SourceError
from mmm_orchestration.starter.dates import find_dates
from mmm_orchestration.starter.looking import (
    find_decimal,
    find_separator,
    look_at,
    read_numbers,
)
from mmm_orchestration.starter.shape import find_shape

pytestmark = pytest.mark.unit

MONDAYS = [date(2023, 1, 2) + timedelta(weeks=i) for i in range(30)]


def write_csv(path: Path, columns: dict[str, list[str]]) -> Path:
    """A CSV file with the columns."""
    pl.DataFrame(columns).write_csv(path)
    return path


def write_dates(path: Path, date_format: str) -> Path:
    """A CSV file of 30 Mondays written in one format."""
    days = [day.strftime(date_format) for day in MONDAYS]
    return write_csv(path, {"when": days, "n": [str(i * i) for i in range(30)]})


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(separator: str) -> None:
    """The delimiter that cuts all lines alike is found."""
    lines = [separator.join(row) for row in (["a", "b", "c"], ["1", "2", "3"], ["x, y", "5", "6"])]
    assert find_separator("\n".join(lines[:2])) == separator


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_give_the_same_names(tmp_path: Path, encoding: str) -> None:
    """A text file in any usual encoding gives the names it was written with."""
    path = tmp_path / "a.csv"
    path.write_bytes("Tag;Umsatz größer\n2023-01-02;1\n2023-01-03;2\n".encode(encoding))
    assert look_at(path).names == ("Tag", "Umsatz größer")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".json", ".jsonl"])
def test_every_kind_gives_the_same_cells(tmp_path: Path, suffix: str) -> None:
    """Each kind of file gives the same text and numbers."""
    frame = pl.DataFrame({"day": MONDAYS, "n": [float(i) for i in range(30)]})
    path = tmp_path / f"a{suffix}"
    writers = {
        ".csv": frame.write_csv,
        ".xlsx": frame.write_excel,
        ".parquet": frame.write_parquet,
        ".json": frame.with_columns(pl.col("day").cast(pl.String)).write_json,
        ".jsonl": frame.with_columns(pl.col("day").cast(pl.String)).write_ndjson,
    }
    writers[suffix](path)
    look = look_at(path)
    numbers = look.columns[1].numbers
    assert numbers is not None
    assert numbers.to_list() == frame["n"].to_list()
    assert find_dates(look).days.to_list() == MONDAYS


def test_second_sheet_is_named(tmp_path: Path) -> None:
    """The first sheet that holds a table is chosen, and the number of sheets is told."""
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Read me").write(0, 0, "hello")
        pl.DataFrame({"a": [1, 2], "b": [3, 4]}).write_excel(book, worksheet="Media")
    look = look_at(path)
    assert (look.sheet, look.n_sheets) == ("Media", 2)


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["1.234,56", "7"], ","),
        (["12,5"], ","),
        (["0,125"], ","),
        (["1,234.56"], "."),
        (["1,234"], "."),
        (["02.01.2023"], "."),
        (["3.5", "1,234"], "."),
    ],
)
def test_decimal_mark(cells: list[str], decimal: str) -> None:
    """The decimal mark is a comma only where a cell can be read in no other way."""
    assert find_decimal([pl.Series(cells)]) == decimal


@pytest.mark.parametrize(
    ("cells", "decimal", "expected"),
    [
        (["1.234,56 €", None], ",", [1234.56, None]),
        (["1,234.5", "NA"], ".", [1234.5, None]),
        (["1", "two"], ".", None),
        (["", "n/a"], ".", None),
        (["1e400"], ".", None),
    ],
)
def test_numbers(cells: list[str], decimal: str, expected: list[float] | None) -> None:
    """Cells are numbers when every filled one is a finite number, and else they are words."""
    numbers = read_numbers(pl.Series(cells), decimal=decimal)  # type: ignore[arg-type]
    assert (None if numbers is None else numbers.to_list()) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "has 1 rows"),
        (b"a\n1\n2\n", "1 columns"),
    ],
)
def test_file_that_is_no_table(tmp_path: Path, content: bytes, words: str) -> None:
    """A file without a table is refused in one sentence."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        look_at(path)


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", b"{]"), ("a.parquet", b"no"), ("a.xyz", b"a")]
)
def test_broken_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that is not of its kind is refused without a traceback of a library."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name):
        look_at(tmp_path / name)


@pytest.mark.parametrize(
    "date_format", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d %b %Y"]
)
def test_date_format_is_found(tmp_path: Path, date_format: str) -> None:
    """The format in which all dates can be read is found, and ISO needs none."""
    dates = find_dates(look_at(write_dates(tmp_path / "a.csv", date_format)))
    assert dates.date_format == (None if date_format == "%Y-%m-%d" else date_format)
    assert dates.days.to_list() == MONDAYS
    assert (dates.period, dates.week_start) == ("week", "monday")


def test_two_readings_are_not_guessed(tmp_path: Path) -> None:
    """Dates that can be read in two ways are refused with both, and --date-format decides."""
    path = tmp_path / "a.csv"
    path.write_text("day,n\n01/02/2023,1\n03/05/2023,2\n04/09/2023,3\n")
    with pytest.raises(SourceError, match="more than one way"):
        find_dates(look_at(path), period="month")
    dates = find_dates(look_at(path), date_format="%d/%m/%Y", period="month")
    assert dates.first == date(2023, 2, 1)


@pytest.mark.parametrize(("step", "period"), [(1, "day"), (7, "week")])
def test_period_is_the_usual_step(tmp_path: Path, step: int, period: str) -> None:
    """The period is the step between most dates, even where one is missing."""
    days = [date(2023, 1, 1) + timedelta(days=step * i) for i in range(40) if i != 20]
    cells = {"day": [str(d) for d in days], "n": [str(i * i) for i in range(39)]}
    assert find_dates(look_at(write_csv(tmp_path / "a.csv", cells))).period == period


def test_uneven_steps_are_refused(tmp_path: Path) -> None:
    """Dates that follow by no period are refused and --period is named."""
    days = [str(date(2023, 1, 1) + timedelta(days=i * i)) for i in range(30)]
    path = write_csv(tmp_path / "a.csv", {"day": days, "n": ["1"] * 30})
    with pytest.raises(SourceError, match="--period"):
        find_dates(look_at(path))


@pytest.mark.parametrize(
    ("extra", "geo", "medium"),
    [
        ({"region": ["north", "south"]}, "region", None),
        ({"shop": ["a", "b"]}, "shop", None),
        ({"channel": ["tv", "search"]}, None, "channel"),
    ],
)
def test_shape(
    tmp_path: Path, extra: dict[str, list[str]], geo: str | None, medium: str | None
) -> None:
    """What tells the rows of one date apart is a geo or, by its name, a medium."""
    cells = {"day": [str(d) for d in MONDAYS for _ in range(2)], "n": [str(i) for i in range(60)]}
    cells |= {name: words * 30 for name, words in extra.items()}
    look = look_at(write_csv(tmp_path / "a.csv", cells))
    shape = find_shape(look, find_dates(look))
    assert (shape.geo, shape.medium) == (geo, medium)


def test_repeated_rows_are_refused(tmp_path: Path) -> None:
    """Rows that nothing tells apart are refused and the flags are named."""
    cells = {"day": [str(d) for d in MONDAYS] * 2, "n": [str(i) for i in range(60)]}
    look = look_at(write_csv(tmp_path / "a.csv", cells))
    with pytest.raises(SourceError, match="--geo COLUMN"):
        find_shape(look, find_dates(look))
