"""A file with suffixes for spend, impressions and clicks, text events and a free newsletter."""

from pathlib import Path

import pytest

from mmm_orchestration.diagnosis.causes import AFTER, BEFORE

from .chain import (
    Chain,
    check_gates,
    check_nothing_is_lost,
    check_spend_to_the_cent,
    run_whole_chain,
)

pytestmark = pytest.mark.truth

SPEND = {
    "tv": "tv_S",
    "ooh": "ooh_S",
    "print": "print_S",
    "facebook": "facebook_S",
    "search": "search_S",
}


@pytest.fixture(scope="module")
def chain(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The whole chain, on guesses alone."""
    return run_whole_chain(
        shared_data / "weekly_national_robyn" / "dt_simulated_weekly.csv",
        *("--currency", "EUR", "--time-zone", "Europe/Berlin"),
        day="DATE",
        folder=tmp_path_factory.mktemp("robyn"),
    )


def test_gates_are_kept(chain: Chain) -> None:
    """The default sampler converges on all 208 weeks."""
    check_gates(chain.report)
    assert chain.report.results.provenance.n_periods == 208


def test_spend_is_that_of_the_file(chain: Chain) -> None:
    """Nothing is lost, doubled or rounded on the way to gold."""
    check_nothing_is_lost(chain, n_rows=208)
    check_spend_to_the_cent(chain, columns=SPEND)


def test_a_channel_without_spend_has_no_roi_and_says_so(chain: Chain) -> None:
    """The newsletter has a contribution, no ROI, and the report says why."""
    results = chain.report.results
    assert {c.channel for c in results.channels if c.roi is None} == {"newsletter"}
    sentence = "Channel 'newsletter' has no spend, so it has no ROI."
    assert sentence in results.notes
    assert "newsletter" in chain.page


def test_findings_name_what_a_person_would_see(chain: Chain) -> None:
    """Old data, undeclared tax, a free channel, and a week of ads on Facebook for nothing."""
    of_the_fit = {*BEFORE, *AFTER}
    findings = [f for f in chain.report.findings if f.cause not in of_the_fit]
    causes = {(f.cause, f.channel) for f in findings}
    assert causes == {
        ("stale_source", None),
        ("tax_undeclared", None),
        ("model_note", None),
        ("delivery_without_spend", "facebook"),
    }
