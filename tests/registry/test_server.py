"""A tracking server named by MLFLOW_TRACKING_URI, on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.home import Home
from mmm_orchestration.registry import CHALLENGER, CHAMPION, open_registry
from mmm_orchestration.registry.promoting import promote, rollback
from mmm_orchestration.resources import MlflowResource

from .stored import keep, make_home

pytestmark = [pytest.mark.flow, pytest.mark.long]

START_SECONDS = 120


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A project that tracks to a server, which is stopped afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{tmp_path}/server.db"),
            *("--artifacts-destination", str(tmp_path / "server_artefacts")),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    try:
        wait_for(uri)
        yield make_home(tmp_path / "project")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_for(uri: str) -> None:
    """Nothing, once the server answers."""
    for _ in range(START_SECONDS * 2):
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=5):  # noqa: S310 - on loopback
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the tracking server did not start within {START_SECONDS} s")


def test_a_server_keeps_versions_and_artefacts(home: Home) -> None:
    """Versions, aliases and a posterior that is missing here come from the server."""
    registry = open_registry(home)
    records = [keep(home, number) for number in (1, 2)]
    for record in records:
        registry.register(record, period=None)
        promote(home, version=record.version, by="Ann", reason="tested", is_waived=True)
    assert [one.aliases for one in registry.list()] == [(CHALLENGER, CHAMPION), ()]
    shutil.rmtree(home.posteriors / records[0].version)
    assert rollback(home, by="Ann", reason="back").number == 1
    assert (home.posteriors / records[0].version / "MANIFEST.json").is_file()
    assert not (home.base / "mlflow.db").exists()


def test_a_dead_server_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens at the address; the error names what to look at and not the password."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:hunter2@127.0.0.1:9")
    with pytest.raises(RegistryError, match="MLFLOW_TRACKING_URI") as caught:
        open_registry(make_home(tmp_path)).list()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_fit_that_no_server_takes_is_told_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of the run is the one clear error, and its causes are not logged with it."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    address = "http://ann:hunter%402@127.0.0.1:9"
    resource = MlflowResource(tracking_uri=address, experiment="x", artifacts=str(tmp_path))
    with dg.build_init_resource_context() as context:
        resource.setup_for_execution(context)
        opened = resource.open_run(model=None)
        with pytest.raises(RegistryError, match="cannot be recorded in MLflow") as caught:
            opened.__enter__()
    info = serializable_error_info_from_exc_info((type(caught.value), caught.value, caught.tb))
    for secret in ("hunter%402", "hunter@2"):
        assert secret not in info.to_string()
        assert secret not in "".join(traceback.format_exception(caught.value))
