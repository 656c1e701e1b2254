"""The champion watched day by day through the jobs, on a posterior drawn without sampling."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner, Result
from dagster._core.storage.dagster_run import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from mmm_orchestration.alerting.runs import find_retrains
from mmm_orchestration.cli import main
from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.monitoring.monitors import MONITORS
from mmm_orchestration.registry import CHAMPION, open_registry
from mmm_orchestration.runner import open_instance, run_daily
from mmm_orchestration.sensors.drift import build_drift_sensor
from mmm_orchestration.tables.contracts import DRIFT, FORECASTS, GOLD_KPI_DAILY, SCORECARD
from mmm_orchestration.training import keep_posterior, read_snapshot
from mmm_orchestration.watching import open_champion, read_rows
from tests.monitoring.drawn import draw_posterior

from .small_project import deliver_day, write_shop_day, write_small_project
from .test_schedules import request

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
TRAINED = DayWindow(FIRST, FIRST + timedelta(days=55))
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SETTINGS = """\
model: {grain: day, trend: none, yearly_order: 0, weekly_order: 1, max_lag_days: 7}
monitoring:
  {horizon_days: 7, min_days: 2, min_periods: 2, confirmations: 2, cool_down_days: 2, r2: -100}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project with a champion trained on 56 days, before which the job `monitor` ran once."""
    folder = tmp_path_factory.mktemp("watched")
    write_small_project(folder, first=FIRST, n_days=TRAINED.n_days)
    file = folder / "mmm.yaml"
    file.write_text(file.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    home = open_home(file)
    assert run_daily(home, window=TRAINED, say=lambda _: None).is_success
    assert run(home, "monitor").success
    make_champion(home)
    return home


def make_champion(home: Home) -> None:
    """A posterior of the accepted days, registered and named champion."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=home.mlflow_uri)
    place = (home.base / "mlflow_artifacts").absolute().as_uri()
    mlflow_run = client.create_run(client.create_experiment("small", place)).info.run_id
    snapshot = read_snapshot(home.open_lake(), project=home.one)
    record = keep_posterior(
        draw_posterior(snapshot.data, project=home.one, n_draws=400, scatter=0.05, sigma=0.04),
        folder=home.posteriors,
        snapshot=snapshot,
        dagster_run="run00001",
        mlflow_run=mlflow_run,
    )
    registry = open_registry(home)
    registry.register(record, period=None)
    registry.set_alias(CHAMPION, record.version, by="ann", reason="the first one")


def run(
    home: Home, job: str, *, tags: Mapping[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    """The result of one run of the job in the project's own instance."""
    with open_instance(home) as instance:
        definition = build_defs(home=home).resolve_job_def(job)
        return definition.execute_in_process(
            instance=instance, tags=dict(tags or {}), run_config=QUIET, raise_on_error=False
        )


def go_on(home: Home, *, revenue: str | None = None, skipped: int = 0) -> date:
    """The next day, delivered, accepted and watched; `revenue` in place of the usual one.

    So many days are skipped before it.
    """
    last = home.open_lake().last_day("gold_kpi_daily", GOLD_KPI_DAILY)
    assert last is not None
    day = last + timedelta(days=1 + skipped)
    deliver_day(home.base, day)
    if revenue is not None:
        write_shop_day(home.base, day, revenue=revenue)
    assert run_daily(home, window=DayWindow(day, day), say=lambda _: None).is_success
    assert run(home, "monitor").success
    return day


def ask_sensor(home: Home, instance: dg.DagsterInstance | None = None) -> list[dg.RunRequest]:
    """What the drift sensor asks for at one tick, on a new instance where none is given."""
    found = tick(home, instance or dg.DagsterInstance.ephemeral())
    return list(found.run_requests or [])


def tick(home: Home, instance: dg.DagsterInstance) -> dg.SensorResult:
    """What the drift sensor says at one tick."""
    sensor = build_drift_sensor(home, job=build_defs(home=home).resolve_job_def("retrain"))
    with instance, dg.build_sensor_context(instance) as context:
        found = sensor(context)
    assert isinstance(found, dg.SensorResult)
    return found


def run_mmm(home: Home, *arguments: str) -> Result:
    """The result of `mmm` on the project."""
    return CliRunner().invoke(main, ["--project", str(home.base), *arguments])


def test_a_champion_is_watched_until_it_drifts(home: Home) -> None:
    """A usual day is well; then the shop stops selling, and on the second such day drift asks."""
    go_on(home)
    go_on(home, revenue="10.00")
    rows = read_rows(home.open_lake(), SCORECARD, model=None)
    assert rows["date"].to_list() == [TRAINED.last + timedelta(days=k) for k in (1, 2)]
    assert rows["made_on"].to_list() == [None, TRAINED.last + timedelta(days=1)]
    assert rows["is_in_94_given"].to_list() == [True, False]
    assert not read_rows(home.open_lake(), DRIFT, model=None)["is_confirmed"].any()
    assert ask_sensor(home) == []
    day = go_on(home, revenue="10.00")
    drift = read_rows(home.open_lake(), DRIFT, model=None)
    red = drift.filter(day=day).filter("is_confirmed")["monitor"].to_list()
    assert red == ["coverage"]
    (asked,) = ask_sensor(home)
    assert asked.run_key == f"drift {day} try 1"
    assert asked.tags == {
        "mmm/drift_judged_through": str(day),
        "mmm/retrain_period": str(day),
        "mmm/retrain_attempt": "1",
        "mmm/retrain_reason": "drift",
    }


def test_a_failed_retrain_is_tried_three_times_and_told(home: Home, tmp_path: Path) -> None:
    """Each failed or cancelled try is followed by the next, the third by an alert and a pause."""
    ended = [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED, DagsterRunStatus.FAILURE]
    for number, status in enumerate(ended, start=1):
        (asked,) = ask_sensor(home, dg.DagsterInstance.local_temp(str(tmp_path)))
        assert asked.run_key is not None
        assert asked.run_key.endswith(f" try {number}")
        with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
            assert find_retrains(instance, max_attempts=3) == []
            create_run_for_test(instance, job_name="retrain", status=status, tags=asked.tags)
    found = tick(home, dg.DagsterInstance.local_temp(str(tmp_path)))
    assert not found.run_requests
    assert "after 3 tries" in str(found.skip_reason)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        (told,) = find_retrains(instance, max_attempts=3)
    assert (told.severity, told.is_event) == ("critical", False)


def test_a_retrain_that_goes_on_is_not_doubled(home: Home, tmp_path: Path) -> None:
    """While a try works, drift asks for nothing."""
    (asked,) = ask_sensor(home)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        create_run_for_test(
            instance, job_name="retrain", status=DagsterRunStatus.STARTED, tags=asked.tags
        )
    found = tick(home, dg.DagsterInstance.local_temp(str(tmp_path)))
    assert "is going on" in str(found.skip_reason)


def test_watching_again_writes_nothing(home: Home) -> None:
    """A second run on the same days keeps every table as it is."""
    names = [contract.name for contract in (FORECASTS, SCORECARD, DRIFT)]
    before = [home.open_lake().version(name) for name in names]
    assert run(home, "monitor").success
    assert [home.open_lake().version(name) for name in names] == before


def test_a_missing_day_is_waited_for(home: Home) -> None:
    """When a day is skipped, what lies after it is not judged before it has come."""
    last = go_on(home, skipped=1) - timedelta(days=2)
    judged = read_rows(home.open_lake(), DRIFT, model=None)["day"].max()
    assert judged == last
    assert read_rows(home.open_lake(), SCORECARD, model=None)["date"].max() == last


def test_every_monitor_is_a_check(home: Home) -> None:
    """The run says of each monitor whether it is well, and warns of those that are not."""
    evaluations = run(home, "monitor").get_asset_check_evaluations()
    found = {c.check_name: c for c in evaluations if c.asset_key == dg.AssetKey("scorecard")}
    assert set(found) == set(MONITORS)
    assert {c.check_name for c in evaluations} == {*MONITORS, "plan_is_followed"}
    assert [name for name, check in found.items() if not check.passed] == ["coverage"]
    assert found["coverage"].severity is dg.AssetCheckSeverity.WARN
    assert (found["coverage"].description or "").startswith("Confirmed")


def test_shocking_days_are_no_update(home: Home) -> None:
    """After the shop stopped selling the update is refused, and no version was registered."""
    told = run_mmm(home, "update", "--json")
    assert told.exit_code == 1
    document = json.loads(told.stdout)
    assert (document["kind"], document["is_accepted"]) == ("update", False)
    assert "A refit is due" in document["says"]
    assert all(row["roi_seed_noise"] > 0 for row in document["channels"])
    champion = open_champion(home)
    assert champion is not None
    assert document["name"].startswith(f"{champion.record.version}+")
    assert (home.updates / f"{document['name']}.json").is_file()
    assert len(open_registry(home).list()) == 1


def test_the_scorecard_is_told(home: Home) -> None:
    """The command prints scores and monitors, and all rows as JSON."""
    told = run_mmm(home, "scorecard", "--by", "quarter")
    assert told.exit_code == 0, told.output
    assert "2026-04-01" in told.stdout
    assert "confirmed" in told.stdout
    document = json.loads(run_mmm(home, "scorecard", "--json").stdout)
    assert len(document["periods"]) == 3
    assert {row["monitor"] for row in document["monitors"]} == set(MONITORS)


def test_a_quarter_is_reviewed(home: Home) -> None:
    """The page of the tagged quarter names drift and the promotion, as HTML and Markdown."""
    assert run(home, "review", tags={"mmm/reviewed_day": "2026-06-30"}).success
    text = (home.reports / "review_2026q2.md").read_text(encoding="utf-8")
    assert "Drift of 'coverage' was confirmed" in text
    page = (home.reports / "review_2026q2.html").read_text(encoding="utf-8")
    assert "Quarterly review" in page


def test_models_are_watched_after_the_chain(home: Home) -> None:
    """At eight every model is asked for once; on the first of a quarter the review of the last."""
    asked = request(home, "monitor_at_eight", now=datetime(2026, 5, 4, 7, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "monitor 2026-05-03"
    asked = request(home, "review_each_quarter", now=datetime(2026, 7, 1, 8, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["mmm/reviewed_day"] == "2026-06-30"
