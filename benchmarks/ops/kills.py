"""Whether dead runs are cleared by the daemon that users start, and how long that takes.

`mmm ui` serves a real project with its sensors on; thirteen processes of their own hold runs in
progress, and all but one are killed with SIGKILL. Nothing here calls the reaper.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import psutil

from benchmarks.history import clear_folder
from benchmarks.ops.figure import Figure
from benchmarks.processes import MMM, OWN_SETTINGS
from mmm_orchestration.home import Home
from mmm_orchestration.runner import open_instance
from mmm_orchestration.upkeep.holding import lock_path
from tests.flow.small_project import write_small_project

N_RUNS = 13
LIMIT = 120.0
PATIENCE = 300.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class State:
    """What is on record of the killed runs and of the one that lives."""

    n_failed: int
    n_locks: int
    n_slots: int
    is_spared: bool

    def is_clear(self, n_killed: int) -> bool:
        """Whether every killed run has failed and holds nothing."""
        return (self.n_failed, self.n_locks, self.n_slots) == (n_killed, 0, 0)


def look(instance: dg.DagsterInstance, *, home: Home, killed: Sequence[str], spared: str) -> State:
    """The state now; the killed runs hold the only slot of the pool 'gpu'."""
    runs = {run.run_id: run.status for run in instance.get_runs()}
    slots = instance.event_log_storage.get_concurrency_info("gpu").active_slot_count
    return State(
        n_failed=sum(runs[run_id] is dg.DagsterRunStatus.FAILURE for run_id in killed),
        n_locks=sum(lock_path(home.dagster_home, run_id).exists() for run_id in killed),
        n_slots=slots,
        is_spared=runs[spared] is dg.DagsterRunStatus.STARTED
        and lock_path(home.dagster_home, spared).exists(),
    )


def judge(seconds: float, *, before: State, after: State, n_killed: int) -> Figure:
    """The row; where nothing was held before, nothing was freed."""
    was_held = (before.n_failed, before.n_locks, before.n_slots) == (0, n_killed, 1)
    is_ok = was_held and after.is_clear(n_killed) and after.is_spared and seconds <= LIMIT
    return Figure(
        f"{n_killed} runs killed in flight",
        f"cleared within {LIMIT:.0f} s, a living one untouched",
        f"{after.n_failed} marked as failed, {after.n_locks} locks and {after.n_slots} slots left "
        f"after {seconds:.0f} s; the living one "
        + ("goes on" if after.is_spared else "was not left alone"),
        is_ok,
        "`kill -9` of processes that hold runs, one of them the slot of the pool `gpu`, under the "
        "daemon of `mmm ui` with the sensor `reaper_sensor`",
    )


def measure(folder: Path) -> tuple[Figure, ...]:
    """Seconds from the kill until nothing of the killed runs is left."""
    home = write_small_project(clear_folder(folder), first=date(2026, 3, 2), n_days=1)
    with open_instance(home) as instance, serve(home) as log, hold_runs(home) as pids:
        wait_for_reaper(instance, log=log)
        *killed, spared = pids
        before = look(instance, home=home, killed=killed, spared=spared)
        for run_id in killed:
            os.kill(pids[run_id], signal.SIGKILL)
        began = time.monotonic()
        while True:
            after = look(instance, home=home, killed=killed, spared=spared)
            seconds = time.monotonic() - began
            if after.is_clear(len(killed)) or seconds > PATIENCE:
                return (judge(seconds, before=before, after=after, n_killed=len(killed)),)
            time.sleep(0.5)


def wait_for_reaper(instance: dg.DagsterInstance, *, log: Path) -> None:
    """Nothing, once the daemon has looked at the runs at least once."""
    deadline = time.monotonic() + PATIENCE
    while not any(
        state.instigator_name == "reaper_sensor"
        and instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        for state in instance.all_instigator_state()
    ):
        if time.monotonic() > deadline:
            raise RuntimeError(f"The daemon asked no reaper:\n{log.read_text()[-2000:]}")
        time.sleep(0.5)


@contextmanager
def serve(home: Home) -> Iterator[Path]:
    """The log of `mmm ui` over the project, which runs meanwhile with all that it starts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    log = home.base / "ui.log"
    command = [MMM, "--project", str(home.base / "mmm.yaml"), "ui", "--port", str(port)]
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=settings | {"PYTHONPATH": str(ROOT)}, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield log
        finally:
            end_family(server)


def end_family(process: "subprocess.Popen[bytes]") -> None:
    """Nothing; the process and all below it have ended."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    process.kill()
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()


@contextmanager
def hold_runs(home: Home) -> Iterator[Mapping[str, int]]:
    """The processes of the runs in flight by run; the first holds the slot of the pool."""
    files = [home.base / f"run_{number}" for number in range(N_RUNS)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.upkeep.zombie", *map(str, files)],
        cwd=ROOT,
        env=os.environ | {"DAGSTER_HOME": str(home.dagster_home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as parent:
        try:
            deadline = time.monotonic() + PATIENCE
            while not all(file.exists() and file.read_text() for file in files):
                if parent.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("The runs did not start")
                time.sleep(0.1)
            pids = (file.read_text().split() for file in files)
            yield {run_id: int(pid) for run_id, pid in pids}
        finally:
            for child in psutil.Process(parent.pid).children() if parent.poll() is None else []:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
