"""What the results mean in words."""

from dataclasses import replace

import pytest

from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.sentences import (
    describe_next_unit,
    describe_return,
    join_names,
    summarise,
)

from .sample import DOUBT, make_findings, make_results

pytestmark = pytest.mark.unit


def test_headline_adds_up_the_series() -> None:
    """The headline names the sum of the mean contributions and their share of the KPI."""
    results = make_results()
    share = results.series.media.sum() / results.series.kpi.sum()
    headline = summarise(results, []).headline
    assert f"{results.series.media.sum() / 1e6:.1f}m" in headline
    assert f"{100 * share:.0f}\u00a0%" in headline


def test_best_and_worst_leave_out_doubtful_channels() -> None:
    """A channel in doubt is not called the best, however high its number."""
    results = make_results()
    first = replace(results.channels[0], doubt="Not identified.")
    doubted = replace(results, channels=(first, *results.channels[1:]))
    titles = [s.title for s in summarise(doubted, []).statements]
    assert titles[:2] == ["Best return: meta", "Weakest return: linkedin"]


def test_overlapping_channels_are_named() -> None:
    """The best channel names those that may be as good."""
    best = summarise(make_results(), []).statements[0]
    assert "Not certainly ahead of meta." in best.text


def test_doubts_are_said_once_for_the_channels_that_share_them() -> None:
    """Radio and print share one sentence on the first screen."""
    statement = summarise(make_results(), []).statements[2]
    assert statement.details == (f"radio and print: {DOUBT}",)


def test_data_health_counts_and_quotes_the_worst() -> None:
    """Findings are counted by severity and the worst is quoted."""
    statement = summarise(make_results(), make_findings()).statements[3]
    assert statement.title == "Data: 1 error, 3 warnings and 2 notes"
    assert "tiktok reports no row" in statement.text


def test_results_without_any_roi_say_so() -> None:
    """Without an ROI there is no best channel but a sentence."""
    results = make_results(names=("newsletter",))
    assert "none has an ROI" in summarise(results, []).statements[0].text


@pytest.mark.parametrize(
    ("roi", "said"),
    [
        (Interval(2, 1.5, 3), "Brought in more than it cost."),
        (Interval(0.5, 0.1, 0.9), "Brought in less than it cost."),
        (Interval(1.2, 0.8, 2), "May or may not have brought in what it cost."),
    ],
)
def test_return_is_judged_by_the_whole_interval(roi: Interval, said: str) -> None:
    """A channel paid only where its whole interval lies above break-even."""
    channel = replace(make_results().channels[0], roi=roi)
    assert describe_return(channel, is_money=True) == said
    assert describe_return(channel, is_money=False) == ""


def test_next_unit_is_judged_by_marginal_roi() -> None:
    """More spend pays only where the whole marginal interval lies above break-even."""
    channel = replace(make_results().channels[0], marginal_roi=Interval(0.4, 0.1, 0.8))
    assert describe_next_unit(channel, is_money=True) == "More spend would not pay."


def test_kpi_in_units_is_not_called_money() -> None:
    """A KPI of orders without a value has no break-even and names its unit."""
    results = make_results()
    provenance = replace(results.provenance, kpi="orders", kpi_unit="orders")
    summary = summarise(replace(results, provenance=provenance), [])
    assert summary.headline.endswith("21.8m, 38\u00a0% of the 57.9m orders.")
    assert "brought back" not in summary.lede
    assert summary.statements[0].note == "orders per £ spent"


def test_names_are_joined_and_cut() -> None:
    """Up to four names are listed, of more only three."""
    assert join_names(["a"]) == "a"
    assert join_names(["a", "b", "c"]) == "a, b and c"
    assert join_names(list("abcdef")) == "a, b, c and 3 more"
