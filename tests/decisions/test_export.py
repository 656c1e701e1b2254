"""Plans as files for other programs."""

import zipfile
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from mmm_orchestration.decisions.export import export_tables
from mmm_orchestration.errors import PlanError

pytestmark = pytest.mark.unit

PLAN = pl.DataFrame(
    {"period": ["2026-01-05"] * 3, "channel": ["tv", "=1+1", "@SUM(A1)"], "spend": [1.5, -2.0, 3.0]}
)
ABOUT = {"model": "2026-01-01-a-b", "money": "EUR", "note": "=cmd|' /C calc'!A0"}


def export(path: Path) -> Path:
    """The plan in the file."""
    return export_tables(path, plan=PLAN, channels=PLAN, about=ABOUT)


def test_a_book_holds_no_formula(tmp_path: Path) -> None:
    """Text stays text, numbers stay numbers, and what it is about has its sheet."""
    path = export(tmp_path / "plan.xlsx")
    book = fastexcel.read_excel(path)
    assert book.sheet_names == ["Plan", "Channels", "About"]
    frame = pl.read_excel(path, sheet_name="Plan")
    assert frame["channel"].to_list() == PLAN["channel"].to_list()
    assert frame["spend"].to_list() == [1.5, -2.0, 3.0]
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if "worksheets/sheet" in n]
    assert sheets
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_csv_defuses_what_looks_like_a_formula(tmp_path: Path) -> None:
    """An apostrophe stands before it; a negative number is one."""
    frame = pl.read_csv(export(tmp_path / "plan.csv"))
    assert frame["channel"].to_list() == ["tv", "'=1+1", "'@SUM(A1)"]
    assert frame["spend"].to_list() == [1.5, -2.0, 3.0]


def test_parquet_keeps_everything(tmp_path: Path) -> None:
    """Read back equal, with what it is about in its metadata."""
    path = export(tmp_path / "plan.parquet")
    assert pl.read_parquet(path).equals(PLAN)
    assert pl.read_parquet_metadata(path)["money"] == "EUR"


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """With those there are."""
    with pytest.raises(PlanError, match="CSV, Parquet or XLSX"):
        export(tmp_path / "plan.ods")
