"""A demo project, the Dagster UI over it and a browser; each is started once."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from .served import Served, is_serving

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 240
STOP_SECONDS = 30
WAIT_SECONDS = 60


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo project with a report: the one that MMM_DEMO names, else a new one."""
    named = os.environ.get("MMM_DEMO")
    folder = Path(named).absolute() if named else tmp_path_factory.mktemp("ui") / "demo"
    if not (folder / "reports" / "roi.html").is_file():
        command = ["demo", "--folder", str(folder), "--years", "2", "--to", "2026-06-30"]
        run = subprocess.run(
            [*_mmm(), *command], env=_environment(), capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr[-3000:]
    return folder


@pytest.fixture(scope="session")
def served(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`mmm ui` over the demo project on a free port; nothing of it is left afterwards."""
    log = tmp_path_factory.mktemp("log") / "ui.log"
    port = _find_free_port()
    command = [*_mmm(), "--project", str(demo / "mmm.yaml"), "ui", "--port", str(port)]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, env=_environment(), stdout=out, stderr=out, start_new_session=True
        )
    ui = Served(url=f"http://127.0.0.1:{port}", group=process.pid, log=log, project=demo)
    try:
        _wait_until_served(ui, process)
        yield ui
    finally:
        _stop(ui, process)
    assert not ui.list_processes()


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """Headless Chromium with an empty profile."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=list(FLAGS)
        )
        context.set_default_timeout(WAIT_SECONDS * 1000)
        expect.set_options(timeout=WAIT_SECONDS * 1000)
        yield context
        context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """An empty page of 1400 × 900."""
    page = browser.new_page()
    page.set_viewport_size({"width": 1400, "height": 900})
    yield page
    page.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go: the folder that MMM_PICTURES names, else a temporary one."""
    named = os.environ.get("MMM_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _mmm() -> list[str]:
    return [str(Path(sys.executable).with_name("mmm"))]


def _environment() -> dict[str, str]:
    """The environment without settings of another project; with bytecode, starts are faster."""
    names = {"DAGSTER_HOME", "MMM_PROJECT", "MLFLOW_TRACKING_URI"}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | {"PYTHONDONTWRITEBYTECODE": ""}


def _find_free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_until_served(ui: Served, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_serving(ui):
        assert process.poll() is None, ui.log.read_text()
        assert time.monotonic() < deadline, ui.log.read_text()
        time.sleep(1)


def _stop(ui: Served, process: subprocess.Popen[bytes]) -> None:
    """Asks all processes of the group to end, and ends those that do not."""
    for order in (signal.SIGTERM, signal.SIGKILL):
        if ui.list_processes():
            os.killpg(ui.group, order)
        deadline = time.monotonic() + STOP_SECONDS
        while ui.list_processes() and time.monotonic() < deadline:
            process.poll()
            time.sleep(0.5)
    process.wait(STOP_SECONDS)
