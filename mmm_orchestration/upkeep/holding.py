"""The lock that the process of a run holds from the run's first event to its last.

Belongs here: taking and giving back the lock. Must not: judging runs (see `reaping`).
"""

import os
from pathlib import Path
from typing import Final

import dagster as dg

from mmm_orchestration.upkeep.locks import sign_lock, take_lock

FOLDER: Final = "alive"
_ENDS: Final = frozenset(
    {
        dg.DagsterEventType.RUN_SUCCESS,
        dg.DagsterEventType.RUN_FAILURE,
        dg.DagsterEventType.RUN_CANCELED,
    }
)
_UP: Final = "Started process for run"  # the first event of a process that a code server started

_held: dict[Path, int] = {}


def lock_path(home: Path, run_id: str) -> Path:
    """The lock file of a run in the Dagster home."""
    return home / FOLDER / f"{run_id}.lock"


def follow_event(entry: dg.EventLogEntry, *, home: Path) -> None:
    """Nothing; the run's lock is held from the event that begins it to the one that ends it.

    Only the process that executes a run stores the event that begins it, whoever launched the
    run, so the lock is held before the run is seen as started.
    """
    event = entry.dagster_event
    if event is None:
        return
    path = lock_path(home, entry.run_id)
    is_up = event.event_type is dg.DagsterEventType.ENGINE_EVENT and (
        (event.message or "").startswith(_UP)
    )
    if (is_up or event.event_type is dg.DagsterEventType.RUN_START) and path not in _held:
        descriptor = take_lock(path)
        if descriptor is not None:
            sign_lock(descriptor)
            _held[path] = descriptor


def follow_end(entry: dg.EventLogEntry, *, home: Path) -> None:
    """Nothing; the lock of a run of this process that has ended is given back."""
    event = entry.dagster_event
    if event is None or event.event_type not in _ENDS:
        return
    path = lock_path(home, entry.run_id)
    if (descriptor := _held.pop(path, None)) is not None:
        path.unlink(missing_ok=True)
        os.close(descriptor)
