"""Dagster and MLflow over a real Postgres server."""

import threading
import time
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.home import MLFLOW_ENV, POSTGRES_ENV, Home
from mmm_orchestration.runner import open_instance, run_daily
from mmm_orchestration.upkeep.heartbeats import refuse_living_daemon
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.postgres

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 4)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Home:
    """A project of three days whose range run is recorded in Postgres."""
    home = write_small_project(tmp_path_factory.mktemp("project"), first=FIRST, n_days=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(POSTGRES_ENV, postgres_url)
        assert run_daily(home, window=DayWindow(FIRST, LAST), say=lambda _: None).is_success
    return home


def test_a_range_run_is_recorded(
    home: Home, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every day of every gold table is materialised, and no check stays planned."""
    monkeypatch.setenv(POSTGRES_ENV, postgres_url)
    gold = dg.AssetKey("gold_kpi_daily")
    check = dg.AssetCheckKey(dg.AssetKey("silver_outcomes"), "days_are_accepted")
    with open_instance(home) as instance:
        assert len(instance.get_materialized_partitions(gold)) == 3
        storage = instance.event_log_storage
        (record,) = storage.get_asset_check_execution_history(check, limit=10)
        assert record.status.value == "SUCCEEDED"
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.SUCCESS
    assert not (home.dagster_home / "history" / "runs.db").exists()
    assert not list((home.dagster_home / "alive").glob("*.lock"))


def test_a_daemon_of_another_home_is_seen(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two homes over one database the second is refused while a daemon of the first lives."""
    monkeypatch.setenv(POSTGRES_ENV, postgres_url)
    first, second = (write_small_project(tmp_path / n, first=FIRST, n_days=1) for n in "ab")
    with open_instance(first) as living:
        living.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SENSOR", "elsewhere"))
        ref = living.get_ref()
    with open_instance(second) as instance, dg.DagsterInstance.from_ref(ref) as living:
        sign = DaemonHeartbeat(time.time() + 1, "SENSOR", "elsewhere")
        later = threading.Timer(0.3, living.add_daemon_heartbeat, args=(sign,))
        later.start()
        with pytest.raises(UpkeepError, match=r"daemon elsewher"):
            refuse_living_daemon(instance, say=lambda _: None, watch_seconds=10)
        later.join()
        living.wipe_daemon_heartbeats()
        refuse_living_daemon(instance, say=lambda _: None)


def test_the_address_is_in_no_file(home: Home, postgres_url: str) -> None:
    """The settings name the variable; what it holds is written nowhere in the Dagster home."""
    settings = (home.dagster_home / "dagster.yaml").read_text()
    assert f"env: {POSTGRES_ENV}" in settings
    files = [path for path in home.dagster_home.rglob("*") if path.is_file()]
    assert not any(postgres_url.encode() in path.read_bytes() for path in files)


def test_mlflow_keeps_its_registry_there(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is recorded and read again from the database that MLFLOW_TRACKING_URI names."""
    from mlflow import MlflowClient

    monkeypatch.setenv(MLFLOW_ENV, postgres_url.replace("/postgres?", "/mlflow?"))
    home = write_small_project(tmp_path, first=FIRST, n_days=1)
    client = MlflowClient(tracking_uri=home.mlflow_uri, registry_uri=home.mlflow_uri)
    client.create_registered_model("small")
    run = client.create_run("0")
    client.create_model_version("small", source=run.info.artifact_uri, run_id=run.info.run_id)
    client.set_registered_model_alias("small", "champion", "1")
    assert client.get_model_version_by_alias("small", "champion").run_id == run.info.run_id
    assert not (home.base / "mlflow.db").exists()
