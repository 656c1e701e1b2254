"""A project whose model is registered and champion, without a fit; and a server over it.

Belongs here: what stands on disk before a request. The tests ask.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path

import httpx

from mmm_orchestration.api.keys import make_key
from mmm_orchestration.home import Home
from mmm_orchestration.model.posterior import save_posterior
from mmm_orchestration.registry import open_registry
from mmm_orchestration.registry.promoting import promote
from mmm_orchestration.registry.restoring import KEPT, RECORD_FILE
from mmm_orchestration.training import FitRecord, write_record
from tests.decisions.drawn import make_posterior
from tests.flow.small_project import write_small_project

ROOT = Path(__file__).resolve().parents[2]
SERVE = "from mmm_orchestration.cli import main; main()"
START_SECONDS = 60
SCOPES = ("read", "plan", "approve")


def make_home(folder: Path, *, extra: str = "") -> Home:
    """A project without a model; `extra` are more sections of its mmm.yaml."""
    write_small_project(folder, first=date(2026, 3, 2), n_days=1)
    file = folder / "mmm.yaml"
    file.write_text(file.read_text(encoding="utf-8") + extra, encoding="utf-8")
    from mmm_orchestration.home import open_home

    return open_home(file)


def keep_version(
    home: Home, *, seed: int, n_channels: int = 4, n_geos: int = 2, n_draws: int = 50
) -> str:
    """The name of a posterior that is saved and registered, and the challenger then."""
    from mlflow import MlflowClient

    posterior = make_posterior(n_channels=n_channels, n_geos=n_geos, n_draws=n_draws, seed=seed)
    client = MlflowClient(tracking_uri=home.mlflow_uri)
    experiment = client.get_experiment_by_name("fits")
    place = (home.base / "mlflow_artifacts").absolute().as_uri()
    name = experiment.experiment_id if experiment else client.create_experiment("fits", place)
    run = client.create_run(name)
    record = FitRecord(
        version=f"2023-02-26-{posterior.data.snapshot[:8]}-{seed:08}",
        fitted_at=f"2023-02-27T00:00:{seed:02}+00:00",
        first_day="2022-01-03",
        trained_through="2023-02-26",
        snapshot=posterior.data.snapshot,
        delta_versions={},
        code_version="0",
        dagster_run="",
        mlflow_run=run.info.run_id,
    )
    save_posterior(posterior, home.posteriors / record.version)
    write_record(record, folder=home.posteriors)
    client.log_dict(run.info.run_id, asdict(record), f"{KEPT}/{RECORD_FILE}")
    client.log_artifacts(run.info.run_id, str(home.posteriors / record.version), "posterior")
    open_registry(home).register(record, period=None)
    return record.version


def crown(home: Home, version: str) -> None:
    """Nothing; the version is champion."""
    promote(home, version=version, by="Ann", reason="tested", is_waived=True)


def make_keys(home: Home) -> dict[str, str]:
    """One key for each scope, and one with all of them under 'all'."""
    keys = {scope: make_key(home, name=scope, scopes=[scope]) for scope in SCOPES}
    return {**keys, "all": make_key(home, name="all", scopes=SCOPES)}


def find_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def run_server(home: Home, *, core: int | None = None) -> Iterator[tuple[str, int]]:
    """The address and the process of `mmm serve` over the project, on one core where it is told."""
    port = find_port()
    command = [sys.executable, "-c", SERVE, "--project", str(home.base), "serve"]
    pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
    log = home.base / "serve.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*pinned, *command, "--port", str(port)],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
    try:
        wait_for(f"http://127.0.0.1:{port}", process=process, log=log)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, *, process: subprocess.Popen[bytes], log: Path) -> None:
    """Nothing, once the server answers at all; RuntimeError with its last words where it ended."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}/healthz", timeout=5)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def read_audit(home: Home) -> list[dict[str, object]]:
    """The lines of the audit log, oldest first."""
    files = sorted((home.base / "audit").glob("api-*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def reset_peak(pid: int) -> int:
    """Resident bytes of the process now, from which its peak is counted again."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return read_peak(pid)


def read_peak(pid: int) -> int:
    """The most resident bytes of the process since its peak was counted again."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])
