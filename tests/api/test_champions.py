"""Champions exchanged under a running server, and servers that may not start."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from click.testing import CliRunner

from mmm_orchestration.api.serving import is_loopback
from mmm_orchestration.cli import main
from mmm_orchestration.model.posterior import DRAWS
from mmm_orchestration.registry import CHAMPION, open_registry

from .project import ROOT, crown, keep_version, make_home, make_keys, run_server

pytestmark = pytest.mark.flow


def wait_until(is_so: Callable[[], bool], *, seconds: float = 30) -> bool:
    """Whether it came to be so in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def test_champions_are_exchanged_and_a_corrupt_one_is_not_served(tmp_path: Path) -> None:
    """None at first; then the first, the second; a third that was altered leaves the second."""
    home = make_home(tmp_path / "project")
    headers = {"authorization": f"Bearer {make_keys(home)['read']}"}
    versions = [keep_version(home, seed=seed) for seed in (1, 2, 3)]
    with (
        run_server(home) as (url, pid),
        httpx.Client(base_url=url, headers=headers, timeout=30) as client,
    ):

        def is_served(version: str) -> bool:
            return client.get("/v1/roi").headers.get("x-model-version") == version

        waiting = client.get("/v1/roi")
        assert (waiting.status_code, client.get("/healthz").status_code) == (503, 503)
        assert "no champion" in waiting.json()["error"]["what"]
        for version in versions[:2]:
            crown(home, version)
            assert wait_until(lambda v=version: is_served(v))
        file = home.posteriors / versions[2] / DRAWS
        file.write_bytes(file.read_bytes()[:-1] + b"x")
        open_registry(home).set_alias(CHAMPION, versions[2], by="Ann", reason="a mistake")

        def read_note() -> str:
            note: str = client.get("/v1/models").json()["models"][0]["note"]
            return note

        assert wait_until(lambda: "is altered" in read_note())
        assert str(home.base) not in read_note()
        assert is_served(versions[1])
        assert client.get("/healthz").status_code == 200
        (child,) = psutil.Process(pid).children()
        child.kill()
        crown(home, versions[0])
        assert wait_until(lambda: is_served(versions[0]), seconds=60)
        assert read_note() == ""
    assert not psutil.pid_exists(child.pid)
    assert "is altered" in (home.base / "serve.log").read_text(encoding="utf-8")


def test_the_process_that_reads_the_registry_ends_with_the_server(tmp_path: Path) -> None:
    """Also where the server is killed."""
    home = make_home(tmp_path / "project")
    make_keys(home)
    with run_server(home) as (_, pid):
        (child,) = psutil.Process(pid).children()
        os.kill(pid, signal.SIGKILL)
        child.wait(timeout=20)


def test_other_machines_are_not_listened_to_without_keys(tmp_path: Path) -> None:
    """The address is refused with what to do, and loopback is known in every spelling."""
    make_home(tmp_path / "project")
    call = ["--project", str(tmp_path / "project"), "serve", "--host", "0.0.0.0"]  # noqa: S104
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 2
    assert "mmm keys new" in result.stderr
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.com", "")))  # noqa: S104


ANSWER_ALL = """
import asyncio, sys
from pathlib import Path
import httpx
from mmm_orchestration.api.app import create_app
from mmm_orchestration.api.champion import load_champion
from mmm_orchestration.home import open_home
home = open_home(Path(sys.argv[1]))
app = create_app(home)
app.app.state.shelf.places[0].champion = load_champion(
    home, version=sys.argv[3], snapshot=sys.argv[4]
)
async def ask():
    from anyio import CapacityLimiter
    app.app.state.limiter = CapacityLimiter(1)
    headers = {"authorization": f"Bearer {sys.argv[2]}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as c:
        row = {"date": "2023-03-06", "channel": "channel_1", "spend": 1}
        change = {"name": "less", "changes": [{"kind": "scale", "percent": -1}]}
        for path, body in (
            ("/v1/models", None), ("/v1/roi", None), ("/v1/contributions", None),
            ("/v1/curves", None), ("/v1/plans", None), ("/v1/scenarios", None),
            ("/v1/optimize", {"periods": 2}), ("/v1/simulate", {"rows": [row]}),
            ("/v1/scenarios", {"scenarios": [change]}),
        ):
            answer = await (c.get(path) if body is None else c.post(path, json=body))
            assert answer.status_code == 200, answer.text
asyncio.run(ask())
heavy = "pymc pytensor jax numba arviz numpyro nutpie mlflow dagster matplotlib".split()
print([name for name in heavy if name in sys.modules])
"""


def test_the_process_that_answers_is_small(tmp_path: Path) -> None:
    """No answer imports PyMC, JAX, Numba, MLflow or Dagster."""
    home = make_home(tmp_path / "project")
    key, version = make_keys(home)["all"], keep_version(home, seed=1)
    snapshot = open_registry(home).get(version).tags["snapshot"]
    done = subprocess.run(
        [sys.executable, "-c", ANSWER_ALL, str(home.base / "mmm.yaml"), key, version, snapshot],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr[-2000:]
