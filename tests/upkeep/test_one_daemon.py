"""`mmm ui` as real processes: started twice, beside an orphaned daemon and beside a foreign one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from mmm_orchestration.home import DAGSTER_HOME_ENV, PROJECT_ENV, Home
from mmm_orchestration.runner import open_instance
from mmm_orchestration.upkeep.daemon import LOCK_FILE, find_daemons
from mmm_orchestration.upkeep.heartbeats import read_beats
from mmm_orchestration.upkeep.locks import read_holder
from tests.flow.small_project import write_small_project

pytestmark = [pytest.mark.flow, pytest.mark.long]

START_SECONDS = 240
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A project with a Dagster home of its own."""
    return write_small_project(tmp_path, first=date(2026, 3, 2), n_days=1)


@pytest.fixture
def ui(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """`mmm ui` over the project once its daemon runs; nothing of it is left afterwards."""
    log = home.base / "ui.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(home), cwd=ROOT, stdout=out, stderr=out, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not find_daemons(home.dagster_home):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def command(home: Home) -> list[str]:
    """`mmm ui` over the project on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = "from mmm_orchestration.cli import main; main()"
    project = str(home.base / "mmm.yaml")
    return [sys.executable, "-c", program, "--project", project, "ui", "--port", port]


def start_another(home: Home) -> subprocess.CompletedProcess[str]:
    """A second `mmm ui`, which must come to its end by itself."""
    return subprocess.run(
        command(home), cwd=ROOT, capture_output=True, text=True, check=False, timeout=START_SECONDS
    )


def test_a_second_ui_is_refused(home: Home, ui: subprocess.Popen[bytes]) -> None:
    """The second names the process of the first and ends, and the first goes on."""
    second = start_another(home)
    assert second.returncode != 0
    assert f"process {ui.pid} on" in second.stderr
    assert "already runs over this Dagster home" in second.stderr
    assert ui.poll() is None


def test_an_orphaned_daemon_is_found(home: Home, ui: subprocess.Popen[bytes]) -> None:
    """The daemon of a UI that was killed is found although the lock is free, and is named."""
    (daemon,) = find_daemons(home.dagster_home)
    ui.kill()
    ui.wait()
    second = start_another(home)
    assert second.returncode != 0
    assert daemon in second.stderr
    holder = read_holder(home.dagster_home / LOCK_FILE)
    assert holder is not None
    assert holder.pid == ui.pid


@pytest.fixture
def foreign(home: Home, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon without a lock whose home has another name, as on another machine; it lives."""
    with open_instance(home):  # Dagster makes new records badly where two processes do at once
        (elsewhere := tmp_path / "elsewhere").symlink_to(home.dagster_home)
    names = {DAGSTER_HOME_ENV: str(elsewhere), PROJECT_ENV: str(home.base / "mmm.yaml")}
    log = home.base / "daemon.log"
    words = ["-m", "dagster._daemon", "run", "-m", "mmm_orchestration.definitions"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=os.environ | names,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        with open_instance(home) as instance:
            deadline = time.monotonic() + START_SECONDS
            while not read_beats(instance):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.5)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_daemon_that_only_its_signs_tell_of(home: Home, foreign: subprocess.Popen[bytes]) -> None:
    """A daemon that neither lock nor /proc shows is refused for the signs of life it leaves."""
    assert find_daemons(home.dagster_home) == ()
    second = start_another(home)
    assert second.returncode != 0
    assert "on another machine or in another Dagster home" in second.stderr
    assert foreign.poll() is None
