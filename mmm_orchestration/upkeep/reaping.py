"""Runs whose process is gone, marked as failed so that the queue goes on.

A run is dead when its lock can be taken (see `holding`). Of a run that has none yet, the code
server that was to start its process must be gone. A lock that nobody signed may be of another
machine whose write has not come yet, so it is not judged while young. Any other run is left alone.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.storage.tags import GRPC_INFO_TAG

from mmm_orchestration.upkeep.holding import FOLDER, lock_path
from mmm_orchestration.upkeep.locks import read_holder, take_lock

EVERY_SECONDS: Final = 30
UNSIGNED_SECONDS: Final = 300.0
_GOING: Final = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Reaped:
    """A run that was marked as failed, and why."""

    run_id: str
    job: str
    reason: str

    def __str__(self) -> str:
        return f"Run {self.run_id[:8]} of '{self.job}' failed: {self.reason}"


@dataclass(frozen=True)
class Sweep:
    """What one look at the runs in progress came to; `unjudged` are runs of unknown processes."""

    reaped: tuple[Reaped, ...]
    n_alive: int
    unjudged: tuple[str, ...]

    def __str__(self) -> str:
        said = [str(each) for each in self.reaped]
        said += [f"{self.n_alive} runs in progress have their process."]
        if self.unjudged:
            said.append(
                f"Of {len(self.unjudged)} runs the process is not known here; the maximum runtime "
                f"ends them: {', '.join(run_id[:8] for run_id in self.unjudged)}."
            )
        return " ".join(said)


def reap_runs(instance: dg.DagsterInstance) -> Sweep:
    """The runs that were marked as failed because their process is gone.

    Their slots in pools are free then, and runs that are limited by a tag go on.
    """
    home = Path(instance.root_directory)
    reaped, unjudged, n_alive = list[Reaped](), list[str](), 0
    runs = instance.get_runs(dg.RunsFilter(statuses=_GOING))
    for run in runs:
        with _judge(run, home=home) as (verdict, reason):
            if verdict == "dead" and _fail(instance, run.run_id, reason=reason):
                reaped.append(Reaped(run.run_id, run.job_name, reason))
            n_alive += verdict == "alive"
            if verdict == "unknown":
                unjudged.append(run.run_id)
    _clear_locks(instance, home=home)
    return Sweep(tuple(reaped), n_alive, tuple(unjudged))


@contextmanager
def _judge(run: dg.DagsterRun, *, home: Path) -> Iterator[tuple[str, str]]:
    """Whether the run is 'alive', 'dead' or 'unknown', and why; a dead one's lock is held here."""
    path = lock_path(home, run.run_id)
    holder = read_holder(path)
    if holder is None and not path.exists():
        yield _judge_unheld(run)
        return
    if holder is not None and not holder.is_here:
        yield "unknown", f"its process is on {holder.host}"
        return
    if holder is None and _read_age(path) < UNSIGNED_SECONDS:
        yield "unknown", "nobody has signed its lock yet"
        return
    descriptor = take_lock(path)
    if descriptor is None:
        yield "alive", ""
        return
    try:
        yield "dead", f"its process is gone ({holder or 'before it could say which'})"
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _read_age(path: Path) -> float:
    """Seconds since the file was written, 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _judge_unheld(run: dg.DagsterRun) -> tuple[str, str]:
    """The verdict on a run that no process took up: it can still come while its server lives."""
    server = run.tags.get(GRPC_INFO_TAG)
    if run.status is dg.DagsterRunStatus.STARTED or server is None:
        return "unknown", "no process is known"
    if _answers(server):
        return "alive", "its code server is starting it"
    return "dead", "the code server that was to start its process is gone"


def _answers(server: str) -> bool:
    """Whether the code server of a run's tag answers."""
    from dagster._core.errors import DagsterUserCodeUnreachableError
    from dagster._grpc.client import DagsterGrpcClient

    told = json.loads(server)
    client = DagsterGrpcClient(
        host=told.get("host"),
        port=told.get("port"),
        socket=told.get("socket"),
        use_ssl=bool(told.get("use_ssl")),
    )
    try:
        client.ping("")
    except DagsterUserCodeUnreachableError:
        return False
    return True


def _fail(instance: dg.DagsterInstance, run_id: str, *, reason: str) -> bool:
    """Whether the run was marked as failed; not when it ended while it was looked at."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    instance.report_run_failed(run, f"Marked as failed: {reason}. Start the run again.")
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return True


def _clear_locks(instance: dg.DagsterInstance, *, home: Path) -> None:
    """Nothing; lock files of runs that ended otherwise, or were deleted, are gone."""
    for path in (home / FOLDER).glob("*.lock"):
        run = instance.get_run_by_id(path.stem)
        if (run is None or run.is_finished) and (descriptor := take_lock(path)) is not None:
            path.unlink(missing_ok=True)
            os.close(descriptor)
