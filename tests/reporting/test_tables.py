"""The tables as numbers, Markdown, JSON and on a terminal."""

import io
import json
from dataclasses import replace

import polars as pl
import pytest
from rich.console import Console

from mmm_orchestration.insight.results import FitMetrics, Interval
from mmm_orchestration.reporting.tables import (
    convergence_table,
    findings_table,
    print_roi,
    provenance_table,
    roi_json,
    roi_table,
    shown_roi_table,
    to_markdown,
)

from .sample import CHANNELS, DOUBT, make_findings, make_results

pytestmark = pytest.mark.unit


def refuse_constant(name: str) -> None:
    """Fails where JSON holds NaN or an infinity."""
    raise AssertionError(name)


def test_roi_table_holds_the_numbers_of_the_results() -> None:
    """Every channel has one row whose numbers are the results' own."""
    results = make_results()
    rows = {row["channel"]: row for row in roi_table(results).to_dicts()}
    assert set(rows) == set(CHANNELS)
    for channel in results.channels:
        row = rows[channel.channel]
        assert row["contribution_low"] == channel.contribution.low
        assert row["roi"] == (channel.roi.median if channel.roi else None)
        assert row["doubt"] == channel.doubt


def test_roi_table_ranks_by_roi_and_puts_missing_last() -> None:
    """The highest ROI stands first, a channel without ROI last."""
    names = roi_table(make_results())["channel"].to_list()
    assert (names[0], names[-1]) == ("paid_search", "newsletter")


def test_roi_table_without_channels_keeps_its_columns() -> None:
    """An empty result has the columns and types of a full one."""
    full, empty = roi_table(make_results()), roi_table(replace(make_results(), channels=()))
    assert empty.schema == full.schema


def test_missing_roi_is_said_in_words() -> None:
    """A channel without spend says so instead of a number."""
    row = shown_roi_table(make_results()).row(-1, named=True)
    assert row["ROI"] == "none"
    assert "No spend is recorded" in row["Doubt"]


def test_markdown_shows_markup_instead_of_obeying_it() -> None:
    """Pipes, tags and emphasis in a cell are escaped and lines are joined."""
    text = to_markdown(pl.DataFrame({"a|b": ["<script>x</script>\n*y* `z` [l](u)"], "n": [1.0]}))
    assert text.splitlines() == [
        "| a\\|b | n |",
        "| --- | ---: |",
        "| &lt;script&gt;x&lt;/script&gt; \\*y\\* \\`z\\` \\[l\\](u) | 1.0 |",
    ]


def test_json_round_trips_without_nan() -> None:
    """The JSON document survives a round trip and holds None where a number is not finite."""
    broken = FitMetrics(r2=float("nan"), mape=float("inf"), wmape=0.1, coverage=0.9)
    results = replace(make_results(), fit=broken, convergence={"r_hat": float("nan")})
    document = roi_json(results, make_findings())
    again = json.loads(json.dumps(document), parse_constant=refuse_constant)
    assert again == document
    known = {k: v for k, v in again["fit"].items() if v is not None}
    assert known == {"wmape": 0.1, "coverage": 0.9}
    assert {"r2", "mape", "crps"} <= set(again["fit"])
    assert again["convergence"] == {"r_hat": None}


def test_json_keeps_project_order_and_provenance() -> None:
    """Channels keep their order, findings come worst first, provenance is whole."""
    results = make_results()
    document = roi_json(results, make_findings())
    assert [c["channel"] for c in document["channels"]] == list(CHANNELS)
    assert document["channels"][-1]["roi"] is None
    assert document["findings"][0]["severity"] == "error"
    assert document["provenance"]["seed"] == results.provenance.seed
    assert document["provenance"]["delta_versions"] == dict(results.provenance.delta_versions)


def test_terminal_shows_numbers_doubts_and_source() -> None:
    """The terminal output has the table, the doubt beneath it and the versions."""
    buffer = io.StringIO()
    print_roi(make_results(), make_findings(), Console(file=buffer, width=140))
    text = " ".join(buffer.getvalue().split())
    assert "3.2 (2.5 – 4.1)" in text
    assert DOUBT in text
    assert "model acme_shop/12" in text


def test_terminal_does_not_obey_markup_in_names() -> None:
    """A channel named like a style tag is printed as it is."""
    buffer = io.StringIO()
    print_roi(make_results(names=("[red]x[/red]",)), [], Console(file=buffer, width=140))
    assert "[red]x[/red]" in buffer.getvalue()


def test_side_tables_name_what_they_hold() -> None:
    """Convergence, findings and provenance are frames with one row per fact."""
    results = make_results()
    assert convergence_table(results).rows()[0][:2] == ("R-hat, worst parameter", "1.0042")
    assert findings_table(make_findings())["cause"][0] == "gap"
    assert findings_table([]).height == 0
    facts = dict(provenance_table(results).rows())
    assert facts["Data snapshot"] == results.provenance.snapshot
    assert facts["Seed"] == str(results.provenance.seed)


def test_intervals_that_are_not_finite_become_none() -> None:
    """An interval with NaN is None in each of its places."""
    nan = Interval(float("nan"), float("nan"), float("nan"))
    document = roi_json(replace(make_results(), baseline_share=nan), [])
    assert document["baseline_share"] == {"median": None, "low": None, "high": None}
