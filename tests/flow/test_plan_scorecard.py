"""The plan of record beside what was spent, in the lake and in the weekly report."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
import time_machine

from mmm_orchestration.approving import follow
from mmm_orchestration.days import DayWindow
from mmm_orchestration.decisions.record import Approval, PlannedCell, Promise, keep_approval
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.errors import PlanError
from mmm_orchestration.examining import FitFindings, keep_findings
from mmm_orchestration.home import Home
from mmm_orchestration.model.posterior import save_posterior
from mmm_orchestration.runner import open_instance, run_daily
from mmm_orchestration.tables.plan_scorecard import PLAN_SCORECARD
from mmm_orchestration.training import FitRecord
from mmm_orchestration.weekly import prepare_weekly
from tests.decisions.drawn import make_posterior

from .small_project import spend_of, write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
VERSION = "2026-03-02-0000000a-0000000b"
CHANNELS = ("search", "pmax", "meta")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Ten accepted days, a posterior that never saw them, and a plan of two weeks for them.

    Search is spent as planned, pmax is half as much again, and meta was not planned at all.
    """
    home = write_small_project(tmp_path_factory.mktemp("scored"), first=FIRST, n_days=10)
    window = DayWindow(FIRST, FIRST + timedelta(days=9))
    assert run_daily(home, window=window, say=lambda _: None).is_success
    posterior = make_posterior(n_channels=3)
    save_posterior(posterior, home.posteriors / VERSION)
    record = FitRecord(
        version=VERSION,
        fitted_at="2026-03-02T00:00:00+00:00",
        first_day="2022-01-03",
        trained_through="2023-02-26",
        snapshot=posterior.data.snapshot,
        delta_versions={},
        code_version="0",
        dagster_run="",
        mlflow_run="",
    )
    (home.posteriors / f"{VERSION}.json").write_text(json.dumps(asdict(record)), encoding="utf-8")
    keep_findings(FitFindings(before=(), after=()), folder=home.posteriors, version=VERSION)
    keep_approval(make_approval(posterior.data.snapshot), folder=home.plans)
    return home


def spend_in_week(channel: int) -> float:
    """What the channel spent in the first week."""
    return sum(spend_of(FIRST + timedelta(days=i), campaign=channel) for i in range(7))


def make_approval(snapshot: str) -> Approval:
    """The plan, of two weeks."""
    planned = (spend_in_week(0), spend_in_week(1) / 1.5, 0.0)
    promise = Promise(100.0, 80.0, 120.0)
    return Approval(
        by="Ann",
        reason="as the board asked",
        at="2026-03-01T09:00:00+00:00",
        model_version=VERSION,
        snapshot=snapshot,
        currency="GBP",
        unit="GBP",
        first=FIRST,
        period_days=7,
        n_periods=2,
        cells=tuple(
            PlannedCell(FIRST + timedelta(days=7 * week), "national", channel, money)
            for week in range(2)
            for channel, money in zip(CHANNELS, planned, strict=True)
        ),
        promised=promise,
        brings=promise,
        channels=dict.fromkeys(CHANNELS, promise),
    )


@pytest.fixture
def after() -> Iterator[None]:
    """The morning after the tenth day."""
    moment = datetime(2026, 3, 12, 8, tzinfo=ZoneInfo("Europe/London"))
    with time_machine.travel(moment, tick=True):
        yield


def materialize(home: Home) -> dg.ExecuteInProcessResult:
    """The asset, made once."""
    with open_instance(home) as instance:
        graph = build_defs(home=home).resolve_asset_graph()
        asset = graph.get(dg.AssetKey(PLAN_SCORECARD.name)).assets_def
        return dg.materialize([asset], instance=instance, raise_on_error=False)


@pytest.mark.usefixtures("after")
def test_the_first_week_is_compared_and_kept(home: Home) -> None:
    """The second is not over: three of its days are accepted and count for nothing."""
    (check,) = materialize(home).get_asset_check_evaluations()
    assert not check.passed
    assert "pmax (+50\N{NO-BREAK SPACE}%), meta (nothing was planned) and all" in str(
        check.description
    )
    rows = home.open_lake().read(PLAN_SCORECARD.name, contract=PLAN_SCORECARD).collect()
    by_channel = {row["channel"]: row for row in rows.iter_rows(named=True)}
    assert set(by_channel) == {*CHANNELS, "all"}
    assert {row["through"] for row in by_channel.values()} == {FIRST + timedelta(days=6)}
    for place, channel in enumerate(CHANNELS):
        assert by_channel[channel]["spent"] == pytest.approx(spend_in_week(place))
    assert by_channel["all"]["promised_low"] == 80.0
    assert by_channel["all"]["brought"] is None
    assert materialize(home).success
    again = home.open_lake().read(PLAN_SCORECARD.name, contract=PLAN_SCORECARD).collect()
    assert again.height == rows.height


@pytest.mark.usefixtures("after")
def test_the_weekly_report_tells_of_the_plan(home: Home) -> None:
    """How far it is, what was spent, and which channels left it."""
    (page,) = prepare_weekly(home, today=date(2026, 3, 12)).pages
    told = " ".join(page.plan)
    assert "approved by Ann; 1 of its 2 periods are over." in told
    assert "away from the plan in: pmax" in told


@pytest.mark.usefixtures("after")
def test_an_altered_approval_is_told(home: Home) -> None:
    """The asset fails aloud, and the report says that nothing is known."""
    (file,) = (home.plans / "approved").glob("*.json")
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("Ann", "Bob"), encoding="utf-8")
    try:
        assert not materialize(home).success
        (page,) = prepare_weekly(home, today=date(2026, 3, 12)).pages
        assert "is not known" in page.plan[0]
        with pytest.raises(PlanError):
            follow(home, today=date(2026, 3, 12))
    finally:
        file.write_text(before, encoding="utf-8")
