"""A file with a published truth: two channels, two one-week events."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from .chain import Chain, check_gates, check_nothing_is_lost, run_days, run_mmm, run_whole_chain

pytestmark = pytest.mark.truth

TRUE_SHARE = {"x1": 0.2905, "x2": 0.0697}
TRUE_RETURN = {"x1": 4967.83, "x2": 2274.88}
TABLES = ("bronze_mmm_example", "silver_media", "gold_media_daily", "gold_kpi_daily")


@pytest.fixture(scope="module")
def chain(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The whole chain, with the columns that names alone do not tell given by flags."""
    return run_whole_chain(
        shared_data / "weekly_national_two_channels" / "mmm_example.csv",
        *("--currency", "EUR", "--time-zone", "UTC"),
        *("--kpi", "y", "--spend", "x1", "--spend", "x2"),
        day="date_week",
        folder=tmp_path_factory.mktemp("two_channels"),
    )


def test_events_are_controls(chain: Chain) -> None:
    """The two columns that are one for a single week become controls."""
    assert {c.name for c in chain.home.project.controls} == {"event_1", "event_2"}


def test_every_week_is_modelled(chain: Chain) -> None:
    """All 179 rows are accepted and all weeks reach the model."""
    check_nothing_is_lost(chain, n_rows=179)
    assert chain.report.results.provenance.n_periods == 179


def test_gates_are_kept(chain: Chain) -> None:
    """The sampler that `mmm init` leaves to its default converges."""
    check_gates(chain.report)


@pytest.mark.parametrize("name", ["x1", "x2"])
def test_intervals_cover_the_truth(chain: Chain, name: str) -> None:
    """Share of KPI and return per unit of spend cover what made the data."""
    (channel,) = (c for c in chain.report.results.channels if c.channel == name)
    assert channel.share.covers(TRUE_SHARE[name])
    assert channel.roi is not None
    assert channel.roi.covers(TRUE_RETURN[name])


def test_roi_as_json(chain: Chain) -> None:
    """`mmm roi --json` prints the numbers of the report."""
    printed = json.loads(run_mmm("--project", str(chain.home.base), "roi", "--json"))
    medians = [c["roi"]["median"] for c in printed["channels"]]
    assert medians == [c.roi.median for c in chain.report.results.channels if c.roi]


def test_findings(chain: Chain) -> None:
    """`mmm findings` says that data are old, tax undeclared and one curve left to the prior."""
    printed = json.loads(run_mmm("--project", str(chain.home.base), "findings", "--json"))
    assert [f["cause"] for f in printed] == ["stale_source", "tax_undeclared", "prior_dominates"]


@pytest.mark.parametrize("day", [date(2021, 7, 7), date(2021, 9, 15)])
def test_a_day_without_a_weekly_row_is_not_red(chain: Chain, day: date) -> None:
    """A Wednesday, within the weeks delivered or after them, succeeds and changes nothing."""
    before = {name: chain.home.open_lake().version(name) for name in TABLES}
    outcome = run_days(chain.home, first=day, last=day)
    assert outcome.is_success, outcome.failures
    assert {name: chain.home.open_lake().version(name) for name in TABLES} == before


def test_weeks_can_be_replayed(chain: Chain) -> None:
    """A range that begins and ends within weeks succeeds and changes nothing."""
    before = {name: chain.home.open_lake().version(name) for name in TABLES}
    last = date(2021, 8, 26)
    outcome = run_days(chain.home, first=last - timedelta(days=27), last=last)
    assert outcome.is_success, outcome.failures
    assert {name: chain.home.open_lake().version(name) for name in TABLES} == before
