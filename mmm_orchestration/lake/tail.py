"""Opening a local table: what a crash or a power cut left broken at its end is set aside.

A commit is trusted once its manifest is written, which happens after the sync; only later
commits and the newest one are looked at here. Damage in older ones is for `verify` to find.
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import polars as pl

from mmm_orchestration.lake.durable import flush_file_system, lock_table
from mmm_orchestration.lake.log import (
    LAST_CHECKPOINT,
    AddedFile,
    BrokenCommitError,
    LoggedCommit,
    commit_path,
    list_checkpoints,
    list_versions,
    log_folder,
    read_commit,
)
from mmm_orchestration.lake.manifest import find_acknowledged, manifest_path

RepairKind = Literal["commit", "data_file", "manifest", "checkpoint", "checkpoint_hint", "staging"]
QUARANTINE: Final = "_quarantine"

_STAGING = re.compile(r".*#\d+")
_STAGING_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Repair:
    """A broken part that was found at opening; `path` is where it lay, relative to the table."""

    table: str
    kind: RepairKind
    path: str
    reason: str
    moved_to: str | None = None

    def __str__(self) -> str:
        done = f"moved to {self.moved_to}" if self.moved_to else "removed"
        return f"Table '{self.table}': {self.path} was {done}, because {self.reason}."


def repair_table(folder: Path, *, table: str) -> tuple[Repair, ...]:
    """What was broken in the table and is now set aside; nothing is deleted but old staging."""
    if not log_folder(folder).is_dir() or not _list_repairs(folder, table=table):
        return ()
    with lock_table(folder):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        done = tuple(
            _apply(repair, folder=folder, stamp=stamp)
            for repair in _list_repairs(folder, table=table)
        )
    flush_file_system(folder)
    return done


def _list_repairs(folder: Path, *, table: str) -> list[Repair]:
    acknowledged = find_acknowledged(folder)
    cut, reason = _find_cut(folder, acknowledged=acknowledged)
    found = [(kind, path, reason) for kind, path in _list_after(folder, cut=cut)]
    found += _list_bad_checkpoints(folder, cut=cut, acknowledged=acknowledged)
    oldest = time.time() - _STAGING_SECONDS
    found += [
        ("staging", path, "an interrupted write left it more than a day ago")
        for path in folder.rglob("*#*")
        if _STAGING.fullmatch(path.name) and _is_older(path, than=oldest)
    ]
    return [
        Repair(table, kind, path.relative_to(folder).as_posix(), why) for kind, path, why in found
    ]


def _is_older(path: Path, *, than: float) -> bool:
    """Whether the file was last written before; one that its writer has moved by now was not."""
    try:
        return path.stat().st_mtime < than
    except FileNotFoundError:
        return False


def _find_cut(folder: Path, *, acknowledged: int) -> tuple[int | None, str]:
    """The first version to drop with all later ones, None where the tail is sound."""
    versions = list_versions(folder)
    trusted = min(acknowledged, versions[-1] - 1) if versions else acknowledged
    cut, reason = None, ""
    while broken := _find_broken(folder, versions, trusted=trusted, acknowledged=acknowledged):
        cut, reason = broken
        versions = [v for v in versions if v < cut]
    return cut, reason


def _find_broken(
    folder: Path, versions: list[int], *, trusted: int, acknowledged: int
) -> tuple[int, str] | None:
    """The first broken version after the `trusted` one, with the reason."""
    suspects = [v for v in versions if v > trusted]
    commits: list[LoggedCommit] = []
    for version in suspects:
        if version != versions[0] and version - 1 not in versions:
            return version, f"version {version - 1} before it is missing"
        try:
            commits.append(read_commit(folder, version))
        except BrokenCommitError as error:
            return version, f"of the commit of version {version} {error}"
    removed = frozenset[str]().union(*(commit.removed for commit in commits))
    for commit in commits:
        for added in commit.added:
            if added.path not in removed and (
                why := _find_fault(folder, added, is_known=commit.version <= acknowledged)
            ):
                return commit.version, f"version {commit.version} names {added.path}, which {why}"
    return None


def _find_fault(folder: Path, added: AddedFile, *, is_known: bool) -> str | None:
    """What is wrong with a data file; one that was never acknowledged is read in full."""
    path = folder / added.path
    if not path.exists():
        return "is missing"
    if path.stat().st_size != added.size:
        return f"has {path.stat().st_size} of {added.size} bytes"
    if is_known:
        return None
    try:
        n_rows = pl.read_parquet(path, glob=False, hive_partitioning=False).height
    except pl.exceptions.PolarsError:
        return "cannot be read"
    return None if added.n_rows in {None, n_rows} else f"has {n_rows} of {added.n_rows} rows"


def _list_after(folder: Path, *, cut: int | None) -> Iterator[tuple[RepairKind, Path]]:
    """Everything that belongs to version `cut` and later, newest commit first."""
    if cut is None:
        return
    for version in reversed([v for v in list_versions(folder) if v >= cut]):
        yield from (("data_file", path) for path in _list_wrong_sized(folder, version))
        yield "commit", commit_path(folder, version)
        if manifest_path(folder, version).exists():
            yield "manifest", manifest_path(folder, version)


def _list_wrong_sized(folder: Path, version: int) -> list[Path]:
    try:
        added = read_commit(folder, version).added
    except BrokenCommitError:
        return []
    paths = [(folder / a.path, a.size) for a in added]
    return [path for path, size in paths if path.exists() and path.stat().st_size != size]


def _list_bad_checkpoints(
    folder: Path, *, cut: int | None, acknowledged: int
) -> list[tuple[RepairKind, Path, str]]:
    bad: list[tuple[RepairKind, Path, str]] = []
    sound: set[int] = set()
    for version, path in list_checkpoints(folder):
        if cut is not None and version >= cut:
            bad.append(("checkpoint", path, f"it holds version {cut}, which is set aside"))
        elif not _is_sound_checkpoint(path, is_known=version <= acknowledged):
            bad.append(("checkpoint", path, "it is cut or cannot be read"))
        else:
            sound.add(version)
    hint = log_folder(folder) / LAST_CHECKPOINT
    if hint.exists() and _read_hint(hint) not in sound:
        bad.append(("checkpoint_hint", hint, "it points to no sound checkpoint"))
    return bad


def _is_sound_checkpoint(path: Path, *, is_known: bool) -> bool:
    """Whether the file begins and ends as Parquet; one never acknowledged is read in full."""
    with path.open("rb") as file:
        begins = file.read(4) == b"PAR1"
        file.seek(-min(4, path.stat().st_size), 2)
        if not begins or file.read(4) != b"PAR1":
            return False
    if is_known:
        return True
    try:
        return pl.read_parquet(path, glob=False).height > 0
    except pl.exceptions.PolarsError:
        return False


def _read_hint(path: Path) -> int | None:
    try:
        return int(json.loads(path.read_bytes())["version"])
    except (ValueError, KeyError, TypeError):
        return None


def _apply(repair: Repair, *, folder: Path, stamp: str) -> Repair:
    source = folder / repair.path
    if repair.kind == "staging":
        source.unlink(missing_ok=True)
        return repair
    target = folder / QUARANTINE / stamp / repair.path
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    moved_to = target.relative_to(folder).as_posix()
    return Repair(repair.table, repair.kind, repair.path, repair.reason, moved_to)
