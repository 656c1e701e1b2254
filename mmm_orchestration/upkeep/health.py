"""How well an installation is kept: the lines of `mmm doctor` about upkeep.

Belongs here: looking, and what to do about it. Must not: doing it, the machine (see `doctor`).
"""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import dagster as dg

from mmm_orchestration.doctor import Check
from mmm_orchestration.home import Home
from mmm_orchestration.lake.location import Location
from mmm_orchestration.upkeep.backup import RECORD_FILE
from mmm_orchestration.upkeep.heartbeats import STALE_SECONDS, read_beats
from mmm_orchestration.upkeep.holding import FOLDER
from mmm_orchestration.upkeep.locks import read_holder, take_lock

MAINTENANCE: Final = dg.AssetKey("maintenance")
GOOD_BACKUP_DAYS: Final = 7.0
GOOD_MAINTENANCE_DAYS: Final = 2.0
GOOD_RUN_KB: Final = 200.0
ROOM_RUNS: Final = 10
_DAY: Final = 86_400.0


def examine_upkeep(home: Home, *, instance: dg.DagsterInstance, now: datetime) -> tuple[Check, ...]:
    """Every check of how the project is kept, as it is at `now`."""
    beats = read_beats(instance)
    need, free = measure_need(home), shutil.disk_usage(home.base).free
    return (
        check_backup(_find_days(_read_backup(home), now=now)),
        check_maintenance(_find_days(_read_maintenance(instance), now=now)),
        check_room(free / 1e9, need_gb=need / 1e9),
        check_locks(_count_stale_locks(home)),
        check_daemon(_find_seconds(beats[0].at if beats else None, now=now)),
        check_store(_measure_store_kb(home, n_runs=instance.get_runs_count())),
    )


def check_backup(days: float | None) -> Check:
    """Whether the last backup is young enough."""
    name = "last backup"
    found = "none was ever made" if days is None else f"{days:.1f} days ago"
    if days is not None and days <= GOOD_BACKUP_DAYS:
        return Check(name, "fine", found)
    follows = "a lost disk loses all days and models since then"
    return Check(name, "limited", found, follows, "mmm backup FILE, each night, to another disk")


def check_maintenance(days: float | None) -> Check:
    """Whether the nightly maintenance runs."""
    name = "last maintenance"
    found = "it never ran" if days is None else f"{days:.1f} days ago"
    if days is not None and days <= GOOD_MAINTENANCE_DAYS:
        return Check(name, "fine", found)
    follows = "small files, old runs and damage that nobody sees pile up"
    mend = "keep 'mmm ui' running, and look at the newest run of maintenance_job"
    return Check(name, "limited", found, follows, mend)


def check_room(free_gb: float, *, need_gb: float) -> Check:
    """Whether the disk has room for a run that writes its largest table and a posterior again."""
    name = "room for runs"
    found = f"{free_gb:.1f} GB free; a run may write {need_gb:.2f} GB"
    if free_gb >= ROOM_RUNS * need_gb:
        return Check(name, "fine", found)
    follows = "a run that fills the disk fails, and its day is missing until it is run again"
    mend = "free space, or lower the days under 'upkeep' in mmm.yaml, then mmm upkeep prune"
    return Check(name, "limited" if free_gb >= need_gb else "missing", found, follows, mend)


def check_locks(n_stale: int) -> Check:
    """Whether runs that are in progress have their process."""
    name = "locks of runs"
    if not n_stale:
        return Check(name, "fine", "none is left by a process that is gone")
    found = f"{n_stale} left by processes that are gone"
    follows = "their runs hold their place in the queue until they are marked as failed"
    return Check(name, "limited", found, follows, "mmm upkeep reap")


def check_daemon(seconds: float | None) -> Check:
    """Whether a daemon lives."""
    name = "daemon"
    if seconds is not None and seconds <= STALE_SECONDS:
        return Check(name, "fine", f"alive {max(seconds, 0):.0f} s ago")
    found = "none ever ran" if seconds is None else f"last alive {seconds / 3600:.1f} hours ago"
    follows = "no schedule and no sensor runs: no new day, no retrain, no alert"
    return Check(name, "limited", found, follows, "start 'mmm ui' and keep it running")


def check_store(kb_per_run: float | None) -> Check:
    """Whether Dagster keeps little enough of each run."""
    name = "Dagster's records"
    if kb_per_run is None:
        return Check(name, "fine", "none in the Dagster home")
    found = f"{kb_per_run:,.0f} kB per run"
    if kb_per_run <= GOOD_RUN_KB:
        return Check(name, "fine", found)
    follows = "a year of runs takes much of the disk, and the UI gets slow"
    mend = "mmm upkeep prune, or lower upkeep.keep_runs_days in mmm.yaml"
    return Check(name, "limited", found, follows, mend)


def measure_need(home: Home) -> int:
    """Bytes a run may write: its largest table and its largest posterior once more."""
    lake = Location.parse(home.lake_uri).folder
    tables = [_measure(path) for path in _list_folders(lake)] if lake is not None else []
    posteriors = [
        _measure(p) for each in home.list_models() for p in _list_folders(each.posteriors)
    ]
    return max(tables, default=0) + max(posteriors, default=0)


def _list_folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _measure(folder: Path) -> int:
    """Bytes of all files below; one that goes meanwhile counts for nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def _measure_store_kb(home: Home, *, n_runs: int) -> float | None:
    history = home.dagster_home / "history"
    return _measure(history) / 1e3 / n_runs if n_runs and history.is_dir() else None


def _count_stale_locks(home: Home) -> int:
    """Locks that processes of this machine left."""
    return sum(_is_stale(path) for path in (home.dagster_home / FOLDER).glob("*.lock"))


def _is_stale(path: Path) -> bool:
    holder = read_holder(path)
    if holder is None or not holder.is_here or (descriptor := take_lock(path)) is None:
        return False
    os.close(descriptor)
    return True


def _read_maintenance(instance: dg.DagsterInstance) -> datetime | None:
    newest = instance.get_latest_materialization_event(MAINTENANCE)
    return None if newest is None else datetime.fromtimestamp(newest.timestamp, tz=UTC)


def _read_backup(home: Home) -> datetime | None:
    try:
        row = json.loads((home.dagster_home / RECORD_FILE).read_text(encoding="utf-8"))
        return datetime.fromisoformat(row["made_at"])
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


def _find_seconds(then: datetime | None, *, now: datetime) -> float | None:
    return None if then is None else (now - then).total_seconds()


def _find_days(then: datetime | None, *, now: datetime) -> float | None:
    return None if then is None else (now - then).total_seconds() / _DAY
