"""A retailer's file with 80 columns of cryptic names and 13 media."""

from pathlib import Path

import pytest

from .chain import (
    Chain,
    check_gates,
    check_nothing_is_lost,
    check_spend_to_the_cent,
    run_whole_chain,
)

pytestmark = pytest.mark.truth

PAID = ("dm", "inst", "nsp", "auddig", "audtr", "vidtr", "viddig", "so", "on", "sem")
FREE = ("em", "sms", "aff")


@pytest.fixture(scope="module")
def chain(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The whole chain, on guesses alone."""
    return run_whole_chain(
        shared_data / "retail_messy_wide" / "data.csv",
        *("--currency", "USD", "--time-zone", "America/New_York"),
        day="wk_strt_dt",
        folder=tmp_path_factory.mktemp("retail"),
    )


def test_gates_are_kept(chain: Chain) -> None:
    """The default sampler converges on 13 channels and 21 controls."""
    check_gates(chain.report)


def test_every_row_is_accounted_for(chain: Chain) -> None:
    """All 209 rows, and all money, reach gold."""
    check_nothing_is_lost(chain, n_rows=209)
    assert chain.read("gold_kpi_daily")["kpi"].sum() == pytest.approx(chain.file["sales"].sum())
    check_spend_to_the_cent(chain, columns={name: f"mdsp_{name}" for name in PAID})


def test_weeks_begin_on_sunday(chain: Chain) -> None:
    """The calendar of the file is kept."""
    first = chain.report.results.series.periods[0].item()
    assert first.isoformat() == "2014-08-03"
    assert first.weekday() == 6


def test_channels_without_spend_have_no_roi(chain: Chain) -> None:
    """Three media have impressions alone."""
    channels = chain.report.results.channels
    assert {c.channel for c in channels if c.roi is None} == set(FREE)
    assert {c.channel for c in channels} == {*PAID, *FREE}


def test_what_the_data_cannot_tell_is_said(chain: Chain) -> None:
    """Where the interval is mostly the prior, the report says so."""
    doubts = {c.channel: c.doubt for c in chain.report.results.channels}
    assert "Not identified" in doubts["so"]
    assert "Not identified" in chain.page


def test_findings_name_spend_without_delivery(chain: Chain) -> None:
    """Four media spent in weeks without a single impression."""
    found = chain.report.findings
    without = {f.channel for f in found if f.cause == "spend_without_delivery"}
    assert without == {"so", "viddig", "audtr", "dm"}
