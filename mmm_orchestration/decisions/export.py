"""A plan as a table for other programs: CSV, Parquet or XLSX, without live formulas.

Belongs here: writing such files. Must not: what stands in a plan.

A spreadsheet takes text that begins with one of a few signs for a formula, so no text of a user
begins with one: in XLSX it is written as text, in CSV an apostrophe stands before it.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from mmm_orchestration.errors import PlanError

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
FORMATS = (".csv", ".parquet", ".xlsx")


def export_tables(
    path: Path,
    *,
    plan: pl.DataFrame,
    channels: pl.DataFrame,
    about: Mapping[str, str],
    second: str = "Channels",
) -> Path:
    """The file `path`, of the format that its ending names.

    XLSX has three sheets, Plan, `second` with `channels`, and About; CSV and Parquet hold the
    plan, with `about` in the metadata of the latter. Raises PlanError for another ending.
    """
    if path.suffix.lower() not in FORMATS:
        raise PlanError(
            "A plan is written as CSV, Parquet or XLSX", got=path.name, available=FORMATS
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix.lower():
        case ".csv":
            defuse(plan).write_csv(path)
        case ".parquet":
            plan.write_parquet(path, metadata=dict(about))
        case _:
            _write_book(path, sheets={"Plan": plan, second: channels}, about=about)
    return path


def defuse(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with an apostrophe before texts that a spreadsheet would take for a formula."""
    text = pl.col(pl.String)
    starts = text.str.slice(0, 1).is_in(FORMULA_SIGNS)
    return frame.with_columns(pl.when(starts).then("'" + text).otherwise(text).name.keep())


def _write_book(
    path: Path, *, sheets: Mapping[str, pl.DataFrame], about: Mapping[str, str]
) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        for name, frame in sheets.items():
            frame.write_excel(book, worksheet=name, autofit=True)
        sheet = book.add_worksheet("About")
        for row, (what, value) in enumerate(about.items()):
            sheet.write_string(row, 0, what)
            sheet.write_string(row, 1, value)
