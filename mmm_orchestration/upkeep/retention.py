"""What is old and not in use, removed: runs with their events and logs, reports, posteriors.

Belongs here: what may go. Must not: when it goes (see `assets/upkeep.py`).
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import delete, select

from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.home import Home
from mmm_orchestration.project.operating import Upkeep
from mmm_orchestration.promotion.results import find_verdict
from mmm_orchestration.registry import CHAMPION, ModelVersion, open_registry
from mmm_orchestration.training import FitRecord, load_record
from mmm_orchestration.upkeep.mlflow_gc import Collection, collect_deleted
from mmm_orchestration.upkeep.vacuum import give_back_space

_DAY: Final = 86_400.0
_CHUNK: Final = 500


@dataclass(frozen=True)
class Removal:
    """What was removed, or would be, and how many runs are kept only because they are in use.

    `n_bytes` is what Dagster's own files gave back to the disk.
    """

    runs: tuple[str, ...]
    n_kept: int
    reports: tuple[str, ...]
    posteriors: tuple[str, ...]
    mlflow: Collection
    n_bytes: int = 0

    def __str__(self) -> str:
        said = (
            f"{len(self.runs)} runs, {len(self.reports)} reports and {len(self.posteriors)} "
            f"posteriors are old and not in use; {self.n_kept} old runs are kept, because the "
            "newest state of an asset or a check is theirs. Of the runs deleted in MLflow, "
            f"{len(self.mlflow.runs)} are old."
        )
        given = f"Dagster's files gave back {self.n_bytes / 1e6:.1f} MB." if self.n_bytes else ""
        return " ".join(part for part in (said, given, self.mlflow.said) if part)


def remove_old(
    home: Home,
    *,
    instance: dg.DagsterInstance,
    now: datetime,
    is_dry: bool = False,
) -> Removal:
    """What is older than the project keeps it and is not in use; with `is_dry` it stays."""
    settings = home.project.upkeep
    old = find_old_runs(instance, before=now - timedelta(days=settings.keep_runs_days))
    used = find_used_runs(instance) if old else frozenset()
    runs = tuple(run_id for run_id in old if run_id not in used)
    models = home.list_models()
    reports = [path for each in models for path in _list_old_reports(each, settings, now=now)]
    posteriors = [path for each in models for path in _list_old_posteriors(each, settings, now=now)]
    if not is_dry:
        for run_id in runs:
            instance.delete_run(run_id)
            instance.compute_log_manager.delete_logs(prefix=[run_id])
        _forget_checks(instance.event_log_storage, runs)
        for path in (*reports, *posteriors):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    folders = tuple(path.name for path in posteriors if path.suffix != ".json")
    pages = tuple(path.name for path in reports)
    collected = collect_deleted(home, keep_days=settings.keep_runs_days, is_dry=is_dry)
    n_bytes = 0 if is_dry else give_back_space(home.dagster_home)
    return Removal(runs, len(old) - len(runs), pages, folders, collected, n_bytes)


def find_old_runs(instance: dg.DagsterInstance, *, before: datetime) -> tuple[str, ...]:
    """Runs that have ended and were made before that moment."""
    records = instance.get_run_records(dg.RunsFilter(created_before=before))
    return tuple(r.dagster_run.run_id for r in records if r.dagster_run.is_finished)


def find_used_runs(instance: dg.DagsterInstance) -> frozenset[str]:
    """Runs that hold the newest materialisation of an asset or partition, or of a check."""
    storage, used = instance.event_log_storage, set[str]()
    for key in instance.all_asset_keys():
        newest = instance.get_latest_materialization_event(key)
        used |= {newest.run_id} if newest is not None else set()
        ids = sorted(
            storage.get_latest_storage_id_by_partition(
                key, dg.DagsterEventType.ASSET_MATERIALIZATION
            ).values()
        )
        for start in range(0, len(ids), _CHUNK):
            wanted = dg.EventRecordsFilter(
                event_type=dg.DagsterEventType.ASSET_MATERIALIZATION,
                asset_key=key,
                storage_ids=ids[start : start + _CHUNK],
            )
            used |= {record.run_id for record in storage.get_event_records(wanted)}
    latest = storage.get_latest_asset_check_execution_by_key(_list_checks(storage))
    return frozenset(used | {record.run_id for record in latest.values()})


def _list_checks(storage: EventLogStorage) -> list[dg.AssetCheckKey]:
    """Every check that was ever planned or evaluated."""
    if not isinstance(storage, SqlEventLogStorage):
        raise UpkeepError("Checks of this event log cannot be listed", got=type(storage).__name__)
    columns = AssetCheckExecutionsTable.c
    with storage.index_connection() as index:
        rows = index.execute(select(columns.asset_key, columns.check_name).distinct()).all()
    keys = [(dg.AssetKey.from_db_string(asset), check) for asset, check in rows]
    return [dg.AssetCheckKey(asset, check) for asset, check in keys if asset is not None]


def _forget_checks(storage: EventLogStorage, runs: Sequence[str]) -> None:
    """Removes the evaluations of runs that are gone, which Dagster leaves behind."""
    if not isinstance(storage, SqlEventLogStorage):
        return
    for start in range(0, len(runs), _CHUNK):
        chunk = runs[start : start + _CHUNK]
        with storage.index_connection() as index:
            index.execute(
                delete(AssetCheckExecutionsTable).where(
                    AssetCheckExecutionsTable.c.run_id.in_(chunk)
                )
            )


def remove_leftovers(home: Home) -> tuple[str, ...]:
    """Drafts and staging files that a crash left more than a day ago, now removed."""
    found = [path for path in _list_leftovers(home) if _is_older(path, days=1)]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return tuple(path.name for path in found)


def _list_leftovers(home: Home) -> Iterator[Path]:
    lake = Path(home.lake_uri)
    if lake.is_dir():
        yield from lake.rglob("*.parquet#*")
        yield from lake.glob(".link-*")
        yield from lake.glob("*/_manifests/*.part")
    yield from home.base.glob(".backup-*")
    yield from home.base.glob(".restore-*")
    for each in home.list_models():
        for folder in (each.posteriors, each.reports, each.searches):
            yield from (path for path in folder.glob(".*") if path.suffix != ".lock")


def _list_old_reports(home: Home, settings: Upkeep, *, now: datetime) -> Iterator[Path]:
    """Pages of single versions; the newest page has no version in its name."""
    for path in home.reports.glob("*_*.html"):
        age = now - datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        if age > timedelta(days=settings.keep_reports_days):
            yield path


def _list_old_posteriors(home: Home, settings: Upkeep, *, now: datetime) -> Iterator[Path]:
    """Folder and record of each version that is registered, so that MLflow has it, and not used."""
    versions = open_registry(home).list()
    records = [
        load_record(home.posteriors, version=each.version)
        for each in versions
        if (home.posteriors / f"{each.version}.json").is_file()
    ]
    used = _find_used_versions(home, versions)
    used |= {max(records, key=lambda record: record.fitted_at).version} if records else set()
    for record in records:
        if record.version not in used and _is_past(record, settings, now=now):
            yield home.posteriors / record.version
            yield home.posteriors / f"{record.version}.json"


def _find_used_versions(home: Home, versions: Sequence[ModelVersion]) -> set[str]:
    """Versions with an alias, the champion before, and those that still await a verdict.

    A version awaits one when it is newer than the champion and the gate has not judged it.
    """
    before = open_registry(home).find_before(CHAMPION)
    champion = max((each.number for each in versions if CHAMPION in each.aliases), default=0)
    return {
        each.version
        for each in versions
        if each.aliases
        or (before is not None and each.version == before.version)
        or (each.number > champion and find_verdict(home.posteriors, version=each.version) is None)
    }


def _is_past(record: FitRecord, settings: Upkeep, *, now: datetime) -> bool:
    age = now - datetime.fromisoformat(record.fitted_at)
    return age > timedelta(days=settings.keep_posteriors_days)


def _is_older(path: Path, *, days: float) -> bool:
    """Whether it was last written that long ago; what its owner has moved by now was not."""
    try:
        return time.time() - path.stat().st_mtime > days * _DAY
    except FileNotFoundError:
        return False
