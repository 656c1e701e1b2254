"""What stands where in an export: its columns, and which of its lines are data.

Belongs here: mapping columns, setting totals and footers aside. Must not: understanding cells.
"""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source
from mmm_orchestration.sources.calendar_days import stated_window
from mmm_orchestration.sources.grid import Grid, check_unique
from mmm_orchestration.sources.numbers import share_numeric
from mmm_orchestration.sources.preamble import find_period_texts
from mmm_orchestration.sources.reading import ASIDE_SCHEMA
from mmm_orchestration.sources.vendors import VendorFormat
from mmm_orchestration.sources.vocabulary import (
    FOOTER,
    OTHER_PERIODS,
    TOTALS,
    HeaderMap,
    fold_name,
    read_header,
)

NOTHING = ("--", "-", "–", "—")
_ID_WORDS = frozenset({"id", "kennung", "identifiant", "identificador", "identificacao"})
_METRIC_SHARE = 0.9


@dataclass(frozen=True)
class Export:
    """One export while it is read: its rows and what its header and declaration say."""

    grid: Grid
    header: HeaderMap
    vendor: VendorFormat
    source: Source
    file: str

    def has(self, name: str) -> bool:
        """Whether the header holds the canonical column."""
        return name in self.header.index

    def cell(self, name: str) -> str:
        """The column of the grid that holds the canonical column."""
        return str(self.header.index[name])

    def title(self, name: str) -> str:
        """The canonical column as the file names it."""
        return self.grid.header[self.header.index[name]]

    @property
    def day_cell(self) -> str:
        """The column of the grid that holds the day."""
        return self.cell("date" if self.has("date") else "period_start")

    def number_cells(self, rows: pl.DataFrame, name: str) -> pl.Series:
        """The cells of a numeric canonical column, typed where the workbook types them."""
        cell = self.cell(name)
        return rows[f"{cell}#"] if f"{cell}#" in rows.columns else rows[cell]

    @property
    def measures(self) -> tuple[str, ...]:
        """The numeric columns the file holds."""
        return tuple(m for m in self.vendor.measures if self.has(m))

    @cached_property
    def dimensions(self) -> tuple[int, ...]:
        """The indexes of the columns without a canonical name that hold words or ids."""
        rest = self.header.rest(len(self.grid.header))
        return tuple(i for i in rest if self._is_dimension(i))

    def _is_dimension(self, index: int) -> bool:
        cells = self.grid.column(index)
        if cells.null_count() == len(cells):
            return False
        is_id = bool(_ID_WORDS & set(fold_name(self.grid.header[index]).split()))
        return is_id or share_numeric(cells) < _METRIC_SHARE


@dataclass(frozen=True)
class SortedLines:
    """The lines of an export by what they are: `rows` and `totals` keep the grid's columns."""

    rows: pl.DataFrame
    totals: pl.DataFrame
    malformed: pl.DataFrame
    set_aside: pl.DataFrame


def lay_out(grid: Grid, *, vendor: VendorFormat, source: Source, file: str) -> Export:
    """The export whose header is that of `grid`.

    Raises SourceError when a needed column is missing or stands twice, or when no column
    gives a day.
    """
    header = read_header(grid.header, words=vendor.words)
    export = Export(grid, header, vendor, source, file)
    twins = [n for n in grid.header if n in {export.title(name) for name in header.index}]
    check_unique(twins, file=file)
    if not export.has("date"):
        _check_one_day_rows(export)
    for name in vendor.required:
        if not export.has(name):
            expected = next(iter(vendor.words[name].values()))[0]
            raise SourceError(
                f"{file} has no column for {name}",
                available=grid.header,
                fix=f"{vendor.name} calls it '{expected}': export it again with that column",
            )
    return export


def sort_lines(export: Export) -> SortedLines:
    """Every line of the export as data, totals, malformed or recognised as no data."""
    kind = (
        pl.when(pl.all_horizontal(pl.exclude("line").is_null()))
        .then(pl.lit("blank"))
        .when(_is_header_expr(export))
        .then(pl.lit("header"))
        .when(_is_footer_expr(export))
        .then(pl.lit("footer"))
        .when(_is_totals_expr(export))
        .then(pl.lit("totals"))
    )
    cells = export.grid.cells.with_columns(kind.alias("kind"))
    bare = pl.col("raw").str.strip_chars(' "')
    is_comment = bare.str.starts_with("#") & pl.lit(export.vendor.has_comments)
    malformed = export.grid.malformed.with_columns(
        pl.when(bare.str.contains(FOOTER))
        .then(pl.lit("footer"))
        .when(is_comment)
        .then(pl.lit("comment"))
        .alias("kind")
    )
    named = [
        f.filter(pl.col("kind").is_not_null()).select(ASIDE_SCHEMA.names())
        for f in (cells, malformed)
    ]
    return SortedLines(
        rows=cells.filter(pl.col("kind").is_null()).drop("kind"),
        totals=cells.filter(pl.col("kind") == "totals").drop("kind"),
        malformed=malformed.filter(pl.col("kind").is_null()).drop("kind"),
        set_aside=pl.concat([export.grid.set_aside, *named]).sort("line"),
    )


def _check_one_day_rows(export: Export) -> None:
    """Nothing when every row starts and ends on one day, else the refusal of a period total."""
    fix = f"Export it from {export.vendor.name} with one row per day"
    if not (export.has("period_start") and export.has("period_end")):
        texts = find_period_texts(export.grid.preamble)
        window = stated_window(texts, order="mdy") or stated_window(texts, order="dmy")
        over = f" for {window}" if window else ""
        other = [n for n in export.grid.header if fold_name(n) in OTHER_PERIODS]
        instead = f" but '{other[0]}'" if other else ""
        raise SourceError(
            f"{export.file} has no day column{instead}: it is a period total only{over}, "
            "so it cannot be read as a time series",
            available=export.grid.header,
            fix=fix,
        )
    cells = export.grid.cells
    if (cells[export.cell("period_start")] != cells[export.cell("period_end")]).any():
        raise SourceError(
            f"{export.file} has no Day column and its rows start and end on different days "
            f"('{export.title('period_start')}' != '{export.title('period_end')}'): it is a "
            "period total only, so it cannot be read as a time series",
            fix=fix,
        )


def _is_header_expr(export: Export) -> pl.Expr:
    """Whether the line repeats the header."""
    cells = (export.cell(n) for n in export.header.index)
    return pl.all_horizontal(
        pl.col(c).cast(pl.String) == pl.lit(export.grid.header[int(c)]) for c in cells
    )


def _is_footer_expr(export: Export) -> pl.Expr:
    """Whether the line holds one cell and that is a copyright mark or a ruler."""
    texts = _text_columns(export)
    is_alone = pl.sum_horizontal(pl.exclude("line").is_not_null()) == 1
    return is_alone & pl.coalesce(texts).str.contains(FOOTER)


def _is_totals_expr(export: Export) -> pl.Expr:
    """Whether the line sums others up: no day, and a word or (by declaration) no name says so."""
    day = pl.col(export.day_cell).cast(pl.String)
    texts = _text_columns(export)
    has_no_day = day.is_null() | day.is_in(NOTHING)
    says_so = pl.any_horizontal(pl.col(c).str.contains(TOTALS) for c in texts)
    is_total = day.str.contains(TOTALS) | (has_no_day & says_so)
    if not export.vendor.has_blank_totals:
        return is_total
    named = [export.cell(t) for t in export.vendor.texts if export.has(t)]
    named += [str(i) for i in export.dimensions]
    nameless = [pl.col(c).is_null() | pl.col(c).cast(pl.String).is_in(NOTHING) for c in named]
    return is_total | (has_no_day & pl.all_horizontal(pl.lit(value=True), *nameless))


def _text_columns(export: Export) -> list[str]:
    cells = export.grid.cells
    return [c for c in cells.columns if cells[c].dtype == pl.String and not c.endswith("#")]
