"""Groups and stages as people read them."""

import dataclasses
from io import StringIO

import pytest
from rich.console import Console

from mmm_orchestration.insight.results import Interval, RoiResults, Rollup
from mmm_orchestration.reporting.report import render_report
from mmm_orchestration.reporting.rollups import shown_rollup_table
from mmm_orchestration.reporting.tables import print_roi, roi_json
from tests.reporting.sample import make_results

pytestmark = pytest.mark.unit


def make_grouped() -> RoiResults:
    """Results with a paid group and a stage without spend."""
    around = Interval(0.2, 0.1, 0.3)
    paid = Rollup("group", "on<line", ("meta", "search"), 1000.0, around, around, around)
    free = Rollup("stage", "lower", ("newsletter",), None, around, around, None)
    return dataclasses.replace(make_results(), rollups=(paid, free))


def test_the_page_shows_rollups_escaped() -> None:
    """The table names every roll-up and obeys no markup."""
    page = render_report(make_grouped(), findings=[])
    assert "Channels taken together" in page
    assert "Group on&lt;line" in page
    assert "Stage lower" in page
    assert "Channels taken together" not in render_report(make_results(), findings=[])


def test_pairs_and_treatments_are_told_apart_from_channels() -> None:
    """The page says what a pair and a treatment are, and names treatments in the heading."""
    around = Interval(0.2, 0.1, 0.3)
    pair = Rollup("pair", "tv + meta", ("tv", "meta"), None, around, around, None)
    price = Rollup("treatment", "price", (), None, around, around, None)
    page = render_report(dataclasses.replace(make_results(), rollups=(pair, price)), findings=[])
    assert "Channels taken together, and treatments" in page
    assert "Pair tv + meta" in page
    assert "what they add to each other" in page
    assert "beyond its baseline value" in page


def test_json_and_terminal_hold_rollups() -> None:
    """Both name the channels and leave ROI out where nothing is spent."""
    rows = roi_json(make_grouped(), [])["rollups"]
    assert [(r["kind"], r["channels"], r["roi"] is None) for r in rows] == [
        ("group", ["meta", "search"], False),
        ("stage", ["newsletter"], True),
    ]
    out = StringIO()
    print_roi(make_grouped(), [], Console(file=out, width=160))
    assert "Stage lower" in out.getvalue()


def test_the_table_has_one_row_per_rollup() -> None:
    """Groups come before stages."""
    table = shown_rollup_table(make_grouped())
    assert table["Taken together"].to_list() == ["Group on<line", "Stage lower"]
    assert table["ROI"][1] == "none"
