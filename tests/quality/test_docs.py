"""Data Docs."""

import re
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.quality.docs import update_data_docs
from mmm_orchestration.quality.suites import build_suites
from mmm_orchestration.quality.validate import validate_frame
from tests.quality.frames import DAYS, make_project, make_silver_media, make_silver_outcomes, plant

pytestmark = [
    pytest.mark.unit,
    pytest.mark.filterwarnings("ignore:module 'sre_.*' is deprecated:DeprecationWarning"),
]

SUITES = {suite.table: suite for suite in build_suites(make_project())}


def update(frame: pl.DataFrame, *, table: str, folder: Path) -> str:
    """The text of the table's page after its validation."""
    page = update_data_docs(validate_frame(frame, suite=SUITES[table]), folder=folder)
    assert page == folder / f"{table}.html"
    return page.read_text(encoding="utf-8")


def test_the_index_tells_each_table(tmp_path: Path) -> None:
    """The index links every table validated so far and counts what failed."""
    bad = plant(make_silver_media(), DAYS[4], by="source", equals="google", spend=-1.0)
    update(make_silver_outcomes(), table="silver_outcomes", folder=tmp_path)
    text = update(bad, table="silver_media", folder=tmp_path)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "1 of 19 failed" in text
    assert "1 of 19 failed" in index
    assert "all 14 passed" in index
    assert 'href="silver_outcomes.html"' in index


def test_pages_need_no_network(tmp_path: Path) -> None:
    """The pages load nothing from elsewhere."""
    text = update(make_silver_media(), table="silver_media", folder=tmp_path)
    text += (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)


def test_delivered_text_is_not_run(tmp_path: Path) -> None:
    """Markup in delivered text is shown as text."""
    odd = plant(make_silver_media(), DAYS[4], by="source", equals="google", channel="<b>x</b>")
    text = update(odd, table="silver_media", folder=tmp_path)
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x</b>" not in text


def test_an_empty_table_is_red(tmp_path: Path) -> None:
    """Where nothing was evaluated the page says that everything failed."""
    text = update(make_silver_media().clear(), table="silver_media", folder=tmp_path)
    assert "19 of 19 failed" in text
    assert "fa-check-circle" not in text.split("</style>")[1]


def test_the_last_validation_counts(tmp_path: Path) -> None:
    """A later validation replaces the page, the result and the line in the index."""
    update(make_silver_media().clear(), table="silver_media", folder=tmp_path)
    text = update(make_silver_media(), table="silver_media", folder=tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert "all 19 passed" in text
    assert names == {"index.html", "silver_media.html", "silver_media.json"}
