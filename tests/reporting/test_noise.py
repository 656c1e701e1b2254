"""Seed noise beside the numbers, and the refresh report as people read it."""

from dataclasses import replace

import pytest
from rich.console import Console

from mmm_orchestration.insight.results import RoiResults, SeedNoise
from mmm_orchestration.promotion.results import Gate, conclude
from mmm_orchestration.reporting.refresh import (
    movement_table,
    print_refresh,
    print_verdict,
    read_movement,
    refresh_markdown,
    render_refresh,
    say_headline,
)
from mmm_orchestration.reporting.report import render_report
from mmm_orchestration.reporting.tables import roi_json, shown_roi_table
from tests.refresh.sample import make_report, move

from .sample import make_results

pytestmark = pytest.mark.unit


def make_noisy() -> RoiResults:
    """Results with the seed noise of one channel."""
    return replace(make_results(), noise=(SeedNoise("tv", 1000.0, 0.021, None, 0.01),))


def plain(text: str) -> str:
    """The text with ordinary spaces."""
    return text.replace("\xa0", " ")


def test_noise_stands_beside_the_numbers() -> None:
    """Table, page and JSON show it for the channel whose noise is known, and not elsewhere."""
    results = make_noisy()
    rows = {row["Channel"]: row for row in shown_roi_table(results).to_dicts()}
    assert "seed ± 0.021)" in rows["tv"]["ROI"]
    assert "seed ± £1.1m)" in rows["tv"]["Contribution"]
    assert "seed" not in rows["tv"]["Marginal ROI"] + rows["meta"]["ROI"]
    page = render_report(results, findings=[])
    assert "seed ± 0.021" in page
    assert "Seed ± is how far" in page
    own = {row["channel"]: row["seed_noise"] for row in roi_json(results, [])["channels"]}
    assert own["meta"] is None
    assert own["tv"] is not None
    assert own["tv"]["contribution"] == pytest.approx(1000.0 * 156 * 7)


def test_without_noise_nothing_is_said_of_it() -> None:
    """A report whose noise is not known is as it was."""
    assert "seed ±" not in str(shown_roi_table(make_results()).to_dicts())
    assert "Seed ± is" not in render_report(make_results(), findings=[])


def test_a_movement_is_read_in_words() -> None:
    """Within seed noise, explained by data, or by something else."""
    assert read_movement(move("tv", {"seed": 0.02})) == "Within seed noise."
    assert plain(read_movement(move("tv", {"new_days": 0.4, "seed": 0.1}))) == "80 % new days."
    assert plain(read_movement(move("tv", {"settings": 0.4}))) == "100 % settings. Not by data."
    assert read_movement(move("tv", {})) == "Did not move."


def test_a_headline_counts_what_moved() -> None:
    """It tells how many channels moved beyond noise and what moved them most."""
    report = make_report(move("tv", {"new_days": 0.3, "seed": 0.1}), move("radio", {}))
    assert plain(say_headline(report)) == (
        "The ROI of 1 of 2 channels moved beyond seed noise: 75 % of all movement is new days."
    )
    assert "No ROI moved further" in say_headline(make_report(move("tv", {})))


def test_the_table_has_a_column_for_each_cause_that_changed() -> None:
    """Parts have signs and as many decimals as tell them apart."""
    report = make_report(move("tv", {"new_days": 0.031, "seed": -0.002}))
    (row,) = movement_table(report, "roi").to_dicts()
    assert {key: plain(cell) for key, cell in row.items()} == {
        "Channel": "tv",
        "Champion": "2.000",
        "Now": "2.029",
        "Moved": "+0.029",
        "New days": "+0.031",
        "Seed": "−0.002",
        "Uncertainty": "± 0.200",
        "Seed noise": "± 0.010",
        "Reading": "94 % new days.",
    }


def test_amounts_tell_their_movement_apart() -> None:
    """A contribution has the digits that its movement and noise need, and one scale for all."""
    small = move("tv", {"new_days": 17.39}, quantity="contribution", before=1087.4, noise=4.1)
    large = move("tv", {"new_days": 31_400.0}, quantity="contribution", before=1.2e6, noise=9000.0)
    for movement, cells in (
        (small, ("£1,087", "£1,105", "+£17", "± £4")),
        (large, ("£1,200k", "£1,231k", "+£31k", "± £9k")),
    ):
        (row,) = movement_table(make_report(movement), "contribution").to_dicts()
        assert tuple(row[n] for n in ("Champion", "Now", "Moved", "Seed noise")) == cells


def test_a_number_without_a_spread_has_no_column_for_it() -> None:
    """The split has no uncertainty of its own, and its points have one decimal."""
    part = move("tv", {"new_days": 0.034}, quantity="split", before=0.456, noise=0.001, spread=None)
    (row,) = movement_table(make_report(part), "split").to_dicts()
    assert "Uncertainty" not in row
    assert plain(row["Now"] + row["Moved"] + row["Seed noise"]) == "49.0 %+3.4 %± 0.1 %"


def test_the_page_needs_nothing_else_and_escapes() -> None:
    """No script, no outside address, markup shown as text, the same page twice."""
    report = make_report(
        move("<b>tv</b>", {"new_days": 0.3}),
        move("tv", {"new_days": 9.0}, quantity="contribution"),
        notes=("Say <script>alert(1)</script>.",),
        new_channels=("tiktok",),
    )
    page = render_refresh(report)
    assert page == render_refresh(report)
    assert "<script" not in page
    assert "&lt;b&gt;tv&lt;/b&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "2026-05-02 to 2026-05-03" in page
    assert "&#39;tiktok&#39; is new" in page


def test_terminal_and_markdown_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Both have headline, causes, each quantity and what could not be told apart."""
    report = make_report(
        move("tv", {"restated": 0.3}),
        move("tv", {"restated": 0.02}, quantity="split"),
        gone_channels=("radio",),
    )
    print_refresh(report, Console(width=200))
    gate = Gate("stability", "failed", "It moved.", {}, ("It moved.",))
    print_verdict(
        conclude((gate,), version="new", champion="old", judged_at="now"), Console(width=200)
    )
    printed = capsys.readouterr().out
    for text in map(plain, (printed, refresh_markdown(report))):
        assert "100 % of all movement is restated days" in text
        assert "about restated" in text
        assert "Recommended split" in text
        assert "'radio' is gone" in text
    assert "new does not become the champion" in printed
