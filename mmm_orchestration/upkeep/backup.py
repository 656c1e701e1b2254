"""The project in one file, taken while it works, and put back.

Databases are copied through SQLite's backup, tables at their newest acknowledged version.
Results are copied after the databases that name them, and tables from the last made to the
first, so that nothing in the backup refers to what it lacks. Belongs here: what is in a backup.
"""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import FILE_NAME, Home, open_home
from mmm_orchestration.lake.location import Location
from mmm_orchestration.lake.log import (
    commit_path,
    list_checkpoints,
    list_versions,
    read_commit,
)
from mmm_orchestration.lake.manifest import find_acknowledged, list_manifests, manifest_path
from mmm_orchestration.upkeep.archive import Manifest, unpack_archive, write_archive
from mmm_orchestration.upkeep.daemon import hold_daemon_lock

PROJECT, LAKE, DAGSTER = "project", "lake", "dagster"
RESULTS: Final = (
    *("posteriors", "updates", "reports", "searches", "scenarios", "plans", "audit"),
    "mlflow_artifacts",
)
RECORD_FILE: Final = "last_backup.json"  # in the Dagster home, for `mmm doctor`
MLFLOW_DB: Final = "mlflow.db"
_ORDER: Final = ("gold", "silver", "bronze")


@dataclass(frozen=True)
class Backup:
    """An archive, the versions of its tables and what is not in it, in sentences."""

    path: Path
    manifest: Manifest
    left_out: tuple[str, ...]


def back_up(home: Home, *, target: Path) -> Backup:
    """The backup of the project at `target`, which must not exist yet."""
    if target.exists():
        raise UpkeepError("A backup overwrites nothing", got=str(target), fix="Name another file")
    target.parent.mkdir(parents=True, exist_ok=True)
    lake = Location.parse(home.lake_uri).folder
    versions = _pin_versions(home, lake) if lake is not None and lake.is_dir() else {}
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch:
        databases = list(_copy_databases(home, Path(scratch)))
        files = [*databases, *_list_results(home), *_list_tables(lake, versions)]
        about = {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "base": str(home.base),
            "versions": versions,
        }
        manifest = write_archive(target, files=files, about=about)
    row = {"made_at": manifest.made_at, "path": str(target.absolute())}
    write_whole(home.dagster_home / RECORD_FILE, json.dumps(row))
    return Backup(target, manifest, tuple(_say_left_out(home, lake)))


def restore(source: Path, *, project_file: Path, is_forced: bool = False) -> Manifest:
    """What was restored from `source` into the folder of `project_file`.

    Everything is checked before anything is put in its place. What is there already is refused,
    or with `is_forced` set aside beside it.
    """
    base = project_file.absolute().parent
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix=".restore-") as scratch:
        folder = Path(scratch)
        manifest = unpack_archive(source, folder=folder, roots=(PROJECT, LAKE, DAGSTER))
        home = Home(open_home(folder / PROJECT / FILE_NAME).project, base)
        places = _place(folder, home=home)
        taken = sorted(str(to) for _, to in places if to.exists())
        if taken and not is_forced:
            raise UpkeepError(
                "A restore overwrites nothing",
                available=taken,
                fix="Restore into an empty folder, or set what is there aside with --force",
            )
        _move_paths(folder / PROJECT / MLFLOW_DB, old=manifest.base, new=str(base))
        with hold_daemon_lock(home.dagster_home.absolute()):
            stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
            for origin, to in places:
                if to.exists():
                    to.rename(to.with_name(f"{to.name}.before-{stamp}"))
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(origin, to)
    return manifest


def _pin_versions(home: Home, lake: Path) -> dict[str, int]:
    """The newest acknowledged version of each table, from the tables made last to the first."""
    tables = [folder.name for folder in lake.iterdir() if (folder / "_delta_log").is_dir()]
    last = len(_ORDER)
    rank = {n: next((i for i, p in enumerate(_ORDER) if n.startswith(p)), last) for n in tables}
    opened = home.open_lake()
    for name in tables:
        opened.open(name)
    found = {
        name: find_acknowledged(lake / name)
        for name in sorted(tables, key=lambda name: (rank[name], name))
    }
    return {name: version for name, version in found.items() if version >= 0}


def _list_tables(lake: Path | None, versions: dict[str, int]) -> Iterator[tuple[str, Path]]:
    """The log through the version of each table, and every data file of it that still exists."""
    for name, version in versions.items():
        folder = (lake or Path()) / name
        through = [v for v in list_versions(folder) if v <= version]
        files = [commit_path(folder, v) for v in through]
        files += [path for v, path in list_checkpoints(folder) if v <= version]
        files += [manifest_path(folder, v) for v in list_manifests(folder) if v <= version]
        named = {added.path for v in through for added in read_commit(folder, v).added}
        files += [folder / path for path in sorted(named)]
        for path in files:
            if path.is_file():
                yield f"{LAKE}/{name}/{path.relative_to(folder).as_posix()}", path


def _copy_databases(home: Home, scratch: Path) -> Iterator[tuple[str, Path]]:
    """The project file, and copies of the databases as each is at one moment."""
    yield f"{PROJECT}/{FILE_NAME}", home.base / FILE_NAME
    dagster = home.dagster_home.absolute()
    kept = sorted(dagster.rglob("*.db"))
    found = [(f"{PROJECT}/{MLFLOW_DB}", home.base / MLFLOW_DB)]
    found += [(f"{DAGSTER}/{path.relative_to(dagster).as_posix()}", path) for path in kept]
    for number, (name, path) in enumerate(found):
        if path.is_file() and not path.is_symlink():
            copy = scratch / f"{number}.db"
            with (
                closing(sqlite3.connect(path, timeout=60)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            yield name, copy
    if (dagster / "dagster.yaml").is_file():
        yield f"{DAGSTER}/dagster.yaml", dagster / "dagster.yaml"


def _list_results(home: Home) -> Iterator[tuple[str, Path]]:
    """Every file of the results but drafts and locks."""
    for name in RESULTS:
        for path in sorted((home.base / name).rglob("*")):
            parts = path.relative_to(home.base).parts
            is_draft = any(part.startswith(".") for part in parts)
            if path.is_file() and not path.is_symlink() and not is_draft:
                yield f"{PROJECT}/{'/'.join(parts)}", path


def _say_left_out(home: Home, lake: Path | None) -> Iterator[str]:
    yield "Raw exports are not in the backup, nor are the logs of steps."
    if lake is None:
        yield "The lake is in an object store: copy it with the tools of that store."
    if not home.mlflow_uri.startswith("sqlite:"):
        yield "MLflow keeps its records elsewhere: back up that database (pg_dump)."
    if not (home.dagster_home / "history" / "runs.db").exists():
        yield "There is no run of Dagster in its home; for Postgres use pg_dump."


def _place(folder: Path, *, home: Home) -> list[tuple[Path, Path]]:
    """Each thing that was unpacked below `folder`, and where it goes."""
    lake = Location.parse(home.lake_uri).folder
    places = [(path, home.base / path.name) for path in (folder / PROJECT).iterdir()]
    if (folder / LAKE).is_dir():
        inside = lake is not None and lake.resolve().is_relative_to(home.base.resolve())
        if lake is None or not inside or lake.resolve() == home.base.resolve():
            raise UpkeepError(
                "The lake of this backup does not lie beside its mmm.yaml",
                got=home.lake_uri,
                fix="Unpack the folder 'lake' of the archive there by hand",
            )
        places.append((folder / LAKE, lake))
    if (folder / DAGSTER).is_dir():
        dagster = home.dagster_home.absolute()
        places += [(path, dagster / path.name) for path in (folder / DAGSTER).iterdir()]
    return places


def _move_paths(database: Path, *, old: str, new: str) -> None:
    """Nothing; the artefacts of MLflow are named where they lie now."""
    if old == new or not database.is_file():
        return
    columns = (
        *(("runs", "artifact_uri"), ("experiments", "artifact_location")),
        *(("model_versions", "source"), ("model_versions", "storage_location")),
    )
    before, after = Path(old).as_uri() + os.sep, Path(new).as_uri() + os.sep
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            for table, column in columns:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - ours
                    f"WHERE substr({column}, 1, ?) = ?",
                    (after, len(before) + 1, len(before), before),
                )
    except sqlite3.DatabaseError as error:
        raise UpkeepError(
            "The database of MLflow in this backup cannot be read",
            got=str(error),
            fix="Nothing was restored; take another backup",
        ) from error
