"""The sensor, the job and the registry together, over a real project with short fits."""

import json
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.registry import CHALLENGER, open_registry
from mmm_orchestration.retraining import PERIOD_TAG, Request
from mmm_orchestration.runner import open_instance, run_daily, run_retrain
from mmm_orchestration.training import load_record

from .small_project import write_small_project

pytestmark = pytest.mark.flow

FIRST, N_DAYS = date(2026, 3, 2), 44
PERIOD = FIRST + timedelta(days=41)
SETTINGS = """\
model:
  grain: day
  trend: none
  yearly_order: 0
  weekly_order: 1
  max_lag_days: 7
  sampler: {draws: 400, tune: 500, chains: 2}
gates: {r_hat: 1.1, ess: 100, divergences: 200}
retrain: {new_days: 14, max_hours: 0.5, k8s: {container_config: {resources: {limits: {gpu: 1}}}}}
"""


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Forty-four accepted days, nothing fitted."""
    folder = tmp_path_factory.mktemp("retrain")
    write_small_project(folder, first=FIRST, n_days=N_DAYS)
    with (folder / "mmm.yaml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    home = open_home(folder / "mmm.yaml")
    window = DayWindow(FIRST, FIRST + timedelta(days=N_DAYS - 1))
    assert run_daily(home, window=window, say=lambda _: None).is_success
    return home


@pytest.fixture(scope="module")
def fitted(landed: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same after the retrain that the sensor asked for."""
    base = tmp_path_factory.mktemp("fitted") / "project"
    shutil.copytree(landed.base, base)
    home = Home(landed.project, base)
    (asked,) = look(home).run_requests or []
    outcome = run_retrain(home, asked=Request.from_tags(asked.tags), say=lambda _: None)
    assert outcome.is_success, outcome.failures
    return home


@pytest.fixture
def bare(landed: Home, tmp_path: Path) -> Home:
    """Its lake alone, under an instance without any run."""
    shutil.copytree(landed.base / "lake", tmp_path / "lake")
    return Home(landed.project, tmp_path)


def look(home: Home, *, cursor: str | None = None) -> dg.SensorResult:
    """What the sensor says now."""
    defs = build_defs(home=home)
    sensor = defs.resolve_sensor_def("retrain_sensor")
    with open_instance(home) as instance:
        context = dg.build_sensor_context(instance=instance, definitions=defs, cursor=cursor)
        data = sensor.evaluate_tick(context)
    return dg.SensorResult(
        run_requests=data.run_requests,
        skip_reason=dg.SkipReason(data.skip_message) if data.skip_message else None,
    )


def note_tries(home: Home, statuses: Sequence[DagsterRunStatus], *, first: int = 1) -> None:
    """Runs of the job for the period that ended, or did not, as they say."""
    with open_instance(home) as instance:
        for attempt, status in enumerate(statuses, start=first):
            tags = Request(period=PERIOD, attempt=attempt).to_tags()
            create_run_for_test(instance, job_name="retrain", status=status, tags=tags)


def test_the_first_period_is_asked_for(landed: Home) -> None:
    """Of forty-four days three periods of fourteen are whole, and the newest is asked for."""
    (asked,) = look(landed).run_requests or []
    assert asked.tags[PERIOD_TAG] == str(PERIOD)
    assert asked.run_key == f"retrain {PERIOD} try 1"


def test_the_fit_read_the_days_of_its_period_alone(fitted: Home) -> None:
    """The version is the challenger, and two later days were not read."""
    (version,) = open_registry(fitted).list()
    record = load_record(fitted.posteriors, version=version.version)
    assert (version.period, CHALLENGER in version.aliases) == (PERIOD, True)
    assert record.accepted_through == record.trained_through == record.period == str(PERIOD)


def test_a_period_is_fitted_once(fitted: Home) -> None:
    """The same run again, by whomever, fits nothing and leaves one version."""
    said = list[str]()
    outcome = run_retrain(fitted, asked=Request(period=PERIOD), say=said.append)
    assert outcome.is_success
    assert any("nothing was fitted" in line for line in said)
    assert not any("sampling" in line for line in said)
    assert len(open_registry(fitted).list()) == 1


@pytest.mark.parametrize("cursor", [None, "", "2199-01-01", "{"])
def test_a_lost_cursor_changes_nothing(fitted: Home, cursor: str | None) -> None:
    """Without a cursor or with a wrong one the sensor waits for the same number of days."""
    reason = look(fitted, cursor=cursor).skip_reason
    assert reason is not None
    assert "needs 12 more accepted days" in str(reason.skip_message)


def test_purged_run_records_change_nothing(fitted: Home) -> None:
    """With no run on record the period is still known to have its version."""
    with open_instance(fitted) as instance:
        for run in instance.get_runs():
            instance.delete_run(run.run_id)
    assert not look(fitted).run_requests


def test_a_run_records_what_the_fit_was(fitted: Home) -> None:
    """MLflow has parameters, metrics, figures, card and files, and nothing pickled."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=fitted.mlflow_uri)
    (version,) = open_registry(fitted).list()
    run = client.get_run(version.run_id)
    metrics = {"r2", "mape", "wmape", "rmse", "crps", "coverage", "elpd_loo", "max_r_hat"}
    assert metrics | {"min_ess_bulk", "min_ess_tail", "roi.search"} <= set(run.data.metrics)
    parameters = run.data.params
    assert parameters["seed"] == version.tags["seed"]
    assert parameters["lock_hash"] == version.tags["lock_hash"]
    assert parameters["accepted_through"] == str(PERIOD)
    assert int(parameters["delta_version.gold_kpi_daily"]) >= 0
    folders = {file.path for file in client.list_artifacts(version.run_id)}
    assert folders == {"card", "figures", "kept", "posterior"}
    stored = {path.suffix for path in (fitted.base / "mlflow_artifacts").rglob("*.*")}
    assert stored <= {".nc", ".json", ".png", ".md"}


def test_a_version_has_a_card(fitted: Home) -> None:
    """Beside the posterior, in words and as JSON, with every part."""
    (version,) = open_registry(fitted).list()
    base = fitted.posteriors / "cards" / version.version
    text = Path(f"{base}.md").read_text(encoding="utf-8")
    card = json.loads(Path(f"{base}.json").read_text(encoding="utf-8"))
    parts = ("Data", "Priors", "Settings", "Convergence", "Fit", "Evaluation", "ROI", "Findings")
    assert [p for p in (*parts, "Limits", "Provenance") if f"\n## {p}\n" not in text] == []
    assert {part.lower() for part in (*parts, "Limits", "Provenance")} <= set(card)
    assert "seed ± " in text
    assert card["roi"]["channels"][0]["seed_noise"]["roi"] > 0
    assert card["roi"]["channels"][0]["roi"]["low"] < card["roi"]["channels"][0]["roi"]["high"]
    assert card["provenance"]["lock_hash"] == version.tags["lock_hash"]


def test_a_failed_try_is_followed_by_the_next(bare: Home) -> None:
    """After a fit that failed the second is asked for under a key of its own."""
    limits = bare.project.gates.model_copy(update={"max_fit_minutes": 1e-6})
    home = Home(bare.project.model_copy(update={"gates": limits}), bare.base)
    outcome = run_retrain(home, asked=Request(period=PERIOD), say=lambda _: None)
    assert not outcome.is_success
    (asked,) = look(bare).run_requests or []
    assert asked.run_key == f"retrain {PERIOD} try 2"
    assert open_registry(bare).list() == ()


def test_after_three_tries_it_gives_up_in_words(bare: Home) -> None:
    """No fourth run is asked for, and the reason says so."""
    note_tries(bare, [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
    assert [r.tags["mmm/retrain_attempt"] for r in look(bare).run_requests or []] == ["3"]
    note_tries(bare, [DagsterRunStatus.FAILURE], first=3)
    result = look(bare)
    assert not result.run_requests
    assert f"Gave up on period {PERIOD} after 3 tries" in str(result.skip_reason)


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])
def test_a_try_that_goes_on_is_not_doubled(bare: Home, status: DagsterRunStatus) -> None:
    """While a run waits or works, nothing is asked for."""
    note_tries(bare, [status])
    assert "is going on" in str(look(bare).skip_reason)


def test_the_first_fit_waits_for_enough_rows(bare: Home) -> None:
    """With as many unknowns as days the sensor says what is lacking and asks for nothing."""
    model = bare.project.model.model_copy(update={"grain": "week"})
    home = Home(bare.project.model_copy(update={"model": model}), bare.base)
    result = look(home)
    assert not result.run_requests
    assert "No first fit yet: " in str(result.skip_reason)


def test_tracking_leaves_no_trace_in_the_environment(fitted: Home) -> None:
    """After a fit another project of the same process still tracks to its own place."""
    assert Home(fitted.project, Path("elsewhere")).mlflow_uri == "sqlite:///elsewhere/mlflow.db"


def test_the_job_has_its_limits(landed: Home) -> None:
    """Maximum runtime and what Kubernetes is told are tags of the job."""
    tags = build_defs(home=landed).resolve_job_def("retrain").tags
    assert tags["dagster/max_runtime"] == "1800"
    assert json.loads(tags["dagster-k8s/config"])["container_config"]["resources"]["limits"]


def test_stale_assets_are_shown(landed: Home) -> None:
    """Gold, posterior and report have a freshness policy, and the instance looks at them."""
    graph = build_defs(home=landed).resolve_asset_graph()
    for name in ("gold_kpi_daily", "gold_media_daily", "posterior", "roi_report"):
        assert graph.get(dg.AssetKey(name)).freshness_policy is not None
    with open_instance(landed) as instance:
        assert instance.freshness_enabled
