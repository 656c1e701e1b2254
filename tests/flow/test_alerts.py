"""People are told of what goes wrong in a real project: once, and once when it is over."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from mmm_orchestration.alerting.checks import find_failing_checks
from mmm_orchestration.alerting.outbox import FILE_NAME
from mmm_orchestration.alerting.runs import find_failed_runs, find_retrains
from mmm_orchestration.alerting.runs import find_stuck_runs as find_stuck
from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home
from mmm_orchestration.retraining import PERIOD_TAG
from mmm_orchestration.runner import open_instance, run_daily
from mmm_orchestration.sensors.alerts import build_alert_sensor
from tests.alerting.listener import Listener, add_alerts, listen

from .small_project import write_shop_day, write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
ALERTS = """
alerts:
  stale_after_days: 100000
  allow_internal: true
  targets: [{name: team, url_env: TEAM_URL}]
"""

type Tick = Callable[..., str]


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """The web server of the team."""
    with listen() as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project with two days, the second of which the shop has not delivered."""
    folder = tmp_path_factory.mktemp("alerts")
    home = write_small_project(folder, first=FIRST, n_days=2)
    (folder / "landing" / "shop" / f"shop_{FIRST + timedelta(days=1)}.csv").unlink()
    return add_alerts(home, ALERTS)


@pytest.fixture
def tick(home: Home, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tick]:
    """One tick of the sensor without a cursor, as after a restart; what it says."""
    monkeypatch.setenv("TEAM_URL", listener.url)
    listener.got.clear()
    with open_instance(home) as instance:
        repository = build_defs(home=home).get_repository_def()

        def go(told: Home = home) -> str:
            context = dg.build_sensor_context(instance=instance, repository_def=repository)
            data = build_alert_sensor(told).evaluate_tick(context)
            assert data.run_requests == []
            return data.skip_message or ""

        yield go


def allow_silence(home: Home, *, days: int) -> Home:
    """The home whose sources may be silent for so many days."""
    alerts = home.project.alerts.model_copy(update={"stale_after_days": days})
    return replace(home, project=home.project.model_copy(update={"alerts": alerts}))


def run(home: Home, *, day: int) -> bool:
    """Whether the daily job for that day of the project succeeded."""
    first = FIRST + timedelta(days=day)
    return run_daily(home, window=DayWindow(first, first), say=lambda _: None).is_success


def test_a_failing_check_is_told_once_and_recovers(
    home: Home, listener: Listener, tick: Tick
) -> None:
    """A day without the shop is told by its check, once; when it has come, it is over, once."""
    assert run(home, day=0)
    tick()
    listener.got.clear()
    assert not run(home, day=1)
    for _ in range(3):
        tick()
    (told,) = (message for message in listener.got if "Over" not in message["title"])
    assert "ailed check" in told["title"]
    (line,) = (li for li in told["message"].splitlines() if "days_are_accepted" in li)
    assert "What to do: the table lists the days held back" in line
    assert "(check silver_outcomes.days_are_accepted, run " in line
    write_shop_day(home.base, FIRST + timedelta(days=1))
    assert run(home, day=1)
    for _ in range(3):
        tick()
    ends = [message for message in listener.got if "Over" in message["title"]]
    assert sum("days_are_accepted" in message["message"] for message in ends) == 1


def test_a_lost_outbox_tells_what_is_wrong_and_no_more(
    home: Home, listener: Listener, tick: Tick
) -> None:
    """Without its file the sensor tells each open problem once more; with it, nothing."""
    silent = allow_silence(home, days=3)
    tick(silent)
    listener.got.clear()
    assert "0 sent" in tick(silent)
    (home.dagster_home / FILE_NAME).unlink()
    tick(silent)
    stale = [title for title in listener.titles if "Stale source" in title]
    assert len(stale) == len(home.project.sources)
    assert not any("Over" in title for title in listener.titles)
    assert "0 sent" in tick(silent)


def test_without_targets_the_sensor_says_so(home: Home) -> None:
    """The sensor looks at nothing where nobody is to be told."""
    silent = replace(
        home, project=home.project.model_copy(update={"alerts": type(home.project.alerts)()})
    )
    data = build_alert_sensor(silent).evaluate_tick(dg.build_sensor_context())
    assert "names no target" in (data.skip_message or "")


def test_stale_sources_are_told(home: Home, tick: Tick, listener: Listener) -> None:
    """Where days are expected, each required source that ended is told with its last day."""
    from mmm_orchestration.alerting.states import find_stale_sources

    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    project = allow_silence(home, days=3).project
    found = find_stale_sources(home.open_lake(), project=project, now=now)
    assert [p.id for p in found] == [f"stale_source/{s.name}" for s in project.sources]
    assert "17 days ago" in found[0].what
    assert found[0].since == datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A new Dagster instance."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def make_run(
    instance: dg.DagsterInstance,
    *,
    job: str = "daily",
    is_good: bool,
    **tags: str,
) -> str:
    """The id of a run of a job with one step, which fails or not."""

    @dg.op
    def step() -> None:
        if not is_good:
            raise ValueError("no disk\nis left")

    @dg.job(name=job)
    def made() -> None:
        step()

    named = {key.replace("__", "/"): value for key, value in tags.items()}
    return made.execute_in_process(instance=instance, raise_on_error=False, tags=named).run_id


def test_a_failed_run_is_over_when_a_later_one_makes_it_good(
    instance: dg.DagsterInstance,
) -> None:
    """The same day again, or a range that holds it, makes it good; another day does not."""
    for day in ("2026-03-02", "2026-03-03"):
        make_run(instance, is_good=False, dagster__partition=day)
    make_run(instance, is_good=True, dagster__partition="2026-03-04")
    failed = find_failed_runs(instance)
    assert {p.id for p in failed} == {f"run_failed/daily/2026-03-0{i}" for i in (2, 3)}
    assert failed[0].what == "The job 'daily' failed: ValueError: no disk is left"
    make_run(instance, is_good=True, dagster__partition="2026-03-02")
    assert [p.id for p in find_failed_runs(instance)] == ["run_failed/daily/2026-03-03"]
    span = {
        "dagster__asset_partition_range_start": "2026-03-01",
        "dagster__asset_partition_range_end": "2026-03-05",
    }
    make_run(instance, is_good=True, **span)
    assert find_failed_runs(instance) == []


def test_a_check_that_runs_anew_keeps_its_verdict(instance: dg.DagsterInstance) -> None:
    """While the next run of a failed check is planned or was killed, it is still told as failed."""

    @dg.asset
    def thing() -> None:
        """Nothing."""

    @dg.asset_check(asset=thing)
    def is_well() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    defs = dg.Definitions([thing], jobs=[dg.define_asset_job("daily")], asset_checks=[is_well])
    job, graph = defs.resolve_job_def("daily"), defs.resolve_asset_graph()
    assert find_failing_checks(instance, graph=graph) == []
    failed = job.execute_in_process(instance=instance).run_id
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    (key,) = graph.asset_check_keys
    newest = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert newest.run_id == run.run_id
    (told,) = find_failing_checks(instance, graph=graph)
    assert (told.id, failed in told.where) == ("check/thing.is_well", True)


def test_a_day_that_a_range_made_good_stays_good(instance: dg.DagsterInstance) -> None:
    """A later range that no longer holds the day does not bring its failure back."""
    make_run(instance, is_good=False, dagster__partition="2026-03-02")
    for first, last in (("2026-03-01", "2026-03-05"), ("2026-03-03", "2026-03-30")):
        span = {
            "dagster__asset_partition_range_start": first,
            "dagster__asset_partition_range_end": last,
        }
        make_run(instance, is_good=True, **span)
    assert find_failed_runs(instance) == []


def test_a_retrain_is_told_after_its_last_try(instance: dg.DagsterInstance) -> None:
    """Two failed tries are silent, the third is a problem, and a later success an event."""
    tags = {PERIOD_TAG.replace("/", "__"): "2026-03-31"}
    for n_tries in (1, 2, 3):
        make_run(instance, job="retrain", is_good=False, **tags)
        assert len(find_retrains(instance, max_attempts=3)) == int(n_tries == 3)
    assert find_failed_runs(instance) == []
    assert find_retrains(instance, max_attempts=3)[0].severity == "critical"
    make_run(instance, job="retrain", is_good=True, **tags)
    (done,) = find_retrains(instance, max_attempts=3)
    assert done.is_event
    assert "2026-03-31" in done.what


def test_a_later_period_ends_the_trouble_of_an_earlier_one(instance: dg.DagsterInstance) -> None:
    """A period that failed three times is no problem once the next one succeeded."""
    for _ in range(3):
        make_run(instance, job="retrain", is_good=False, mmm__retrain_period="2026-03-31")
    make_run(instance, job="retrain", is_good=True, mmm__retrain_period="2026-04-30")
    assert [p.is_event for p in find_retrains(instance, max_attempts=3)] == [True]


def test_a_run_that_does_not_end_is_stuck(instance: dg.DagsterInstance) -> None:
    """A run whose process died stays started, and is told after the time that is allowed."""
    run = instance.create_run_for_job(_sleeping, status=dg.DagsterRunStatus.STARTED)
    now = datetime.fromtimestamp(time.time(), UTC)
    allowed = timedelta(hours=5)
    assert find_stuck(instance, now=now + timedelta(hours=4), after=allowed) == []
    (stuck,) = find_stuck(instance, now=now + timedelta(hours=6), after=allowed)
    assert run.run_id in stuck.where
    assert "6 hours" in stuck.what


@dg.job
def _sleeping() -> None:
    """A job that nobody runs."""
