"""Old posteriors that must stay, and what was deleted in MLflow, in a real MLflow."""

import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from mlflow import MlflowClient

from mmm_orchestration.home import MLFLOW_ENV, Home
from mmm_orchestration.promotion.results import conclude, keep_verdict
from mmm_orchestration.registry import CHAMPION, open_registry
from mmm_orchestration.registry.restoring import restore_posterior
from mmm_orchestration.upkeep.mlflow_gc import collect_deleted
from mmm_orchestration.upkeep.retention import Removal, remove_old
from tests.registry.stored import keep, make_home

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an MLflow that holds nothing."""
    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def home(tmp_path: Path, empty: Path) -> Home:
    """A project of one model with nothing registered."""
    shutil.copy(empty, tmp_path / "mlflow.db")
    return make_home(tmp_path)


def register(home: Home, number: int) -> str:
    """The name of the version of that number, fitted and registered."""
    record = keep(home, number)
    open_registry(home).register(record, period=date.fromisoformat(record.accepted_through))
    return record.version


def judge(home: Home, version: str) -> None:
    """The gate's verdict that the version passed."""
    verdict = conclude((), version=version, champion=None, judged_at="2026-01-01T00:00:00+00:00")
    keep_verdict(verdict, folder=home.posteriors)


def prune(home: Home, *, days: int = 400) -> Removal:
    """What goes, `days` from now."""
    with dg.DagsterInstance.ephemeral() as instance:
        return remove_old(home, instance=instance, now=datetime.now(UTC) + timedelta(days=days))


def test_posteriors_in_use_stay_whatever_their_age(home: Home) -> None:
    """Of six old versions only those go that are no champion, no way back and judged."""
    passed = [register(home, number) for number in range(1, 5)]
    for version in passed:
        judge(home, version)
    _, before, champion, _ = passed
    for version in (before, champion):
        open_registry(home).set_alias(CHAMPION, version, by="test", reason="test")
    awaiting, challenger = register(home, 5), register(home, 6)
    removed = prune(home)
    assert set(removed.posteriors) == {passed[0], passed[3]}
    kept = {path.stem for path in home.posteriors.glob("*.json")}
    assert kept == {before, champion, awaiting, challenger}
    gone = open_registry(home).get("1")
    assert restore_posterior(home, gone).is_dir()


def test_young_posteriors_and_those_of_no_registry_stay(home: Home) -> None:
    """A version of this year stays, and so does a fit that MLflow has not registered."""
    versions = [register(home, number) for number in (1, 2)]
    for version in versions:
        judge(home, version)
    unregistered = keep(home, 3).version
    assert prune(home, days=300).posteriors == ()
    assert prune(home).posteriors == (versions[0],)
    assert (home.posteriors / unregistered).is_dir()


def delete_run(home: Home, run_id: str, *, days_ago: int) -> Path:
    """The files of an MLflow run that was deleted so many days ago."""
    client = MlflowClient(tracking_uri=home.mlflow_uri)
    place = Path(client.get_run(run_id).info.artifact_uri.removeprefix("file://"))
    client.delete_run(run_id)
    then = int((time.time() - days_ago * 86_400) * 1000)
    with closing(sqlite3.connect(home.base / "mlflow.db")) as file, file:
        file.execute("UPDATE runs SET deleted_time = ? WHERE run_uuid = ?", (then, run_id))
    return place


def test_what_was_deleted_in_mlflow_goes_once_it_is_old(home: Home) -> None:
    """An old deleted run goes with its files; a young one and those that live stay."""
    old, young, living = (keep(home, number).mlflow_run for number in (1, 2, 3))
    gone = delete_run(home, old, days_ago=100)
    stays = delete_run(home, young, days_ago=10)
    assert collect_deleted(home, keep_days=90, is_dry=True).runs == (old,)
    assert gone.is_dir()
    found = collect_deleted(home, keep_days=90)
    assert (found.runs, found.said) == ((old,), "")
    assert not gone.exists()
    assert stays.is_dir()
    client = MlflowClient(tracking_uri=home.mlflow_uri)
    assert client.get_run(young).info.lifecycle_stage == "deleted"
    assert client.get_run(living).info.lifecycle_stage == "active"
    assert collect_deleted(home, keep_days=90).runs == ()


def test_a_deleted_run_that_a_version_needs_stays(home: Home) -> None:
    """While the run of a registered version is marked as deleted nothing goes, and it is said."""
    register(home, 1)
    named = open_registry(home).get("1").run_id
    places = [
        delete_run(home, run_id, days_ago=100) for run_id in (named, keep(home, 2).mlflow_run)
    ]
    found = collect_deleted(home, keep_days=90)
    assert found.runs == ()
    assert f"needs {named}" in found.said
    assert all(place.is_dir() for place in places)


def test_a_server_removes_its_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a remote tracking server nothing is removed here, and the words say whose work it is."""
    monkeypatch.setenv(MLFLOW_ENV, "https://mlflow.example")
    found = collect_deleted(home, keep_days=90)
    assert found.runs == ()
    assert "on its server" in found.said
