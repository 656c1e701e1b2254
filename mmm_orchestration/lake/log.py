"""The Delta log of one local table, read file by file without delta-rs."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint.*\.parquet")
LAST_CHECKPOINT = "_last_checkpoint"


class BrokenCommitError(Exception):
    """A commit file that is empty, cut or not a list of Delta actions."""


@dataclass(frozen=True)
class AddedFile:
    """A data file that a commit names; `n_rows` is None where it carries no statistics."""

    path: str
    size: int
    n_rows: int | None


@dataclass(frozen=True)
class LoggedCommit:
    """What one commit file says."""

    version: int
    added: tuple[AddedFile, ...]
    removed: frozenset[str]


def log_folder(folder: Path) -> Path:
    """The folder of the log of the table in `folder`."""
    return folder / "_delta_log"


def commit_path(folder: Path, version: int) -> Path:
    """The commit file of `version`."""
    return log_folder(folder) / f"{version:020}.json"


def list_versions(folder: Path) -> list[int]:
    """Versions that have a commit file, in order."""
    return sorted(version for version, _ in _list_log(folder, _COMMIT))


def list_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Checkpoint files with their version, in order."""
    return sorted(_list_log(folder, _CHECKPOINT))


def _list_log(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[int, Path]]:
    for path in log_folder(folder).iterdir():
        if found := pattern.fullmatch(path.name):
            yield int(found.group(1)), path


def read_commit(folder: Path, version: int) -> LoggedCommit:
    """What the commit file of `version` says; raises BrokenCommitError where it says nothing."""
    content = commit_path(folder, version).read_bytes()
    if not content.strip(b"\0 \n"):
        raise BrokenCommitError("it is empty")
    try:
        actions = [json.loads(line) for line in content.splitlines() if line.strip()]
        added = tuple(_read_add(a["add"]) for a in actions if "add" in a)
        removed = frozenset(str(a["remove"]["path"]) for a in actions if "remove" in a)
        infos = [a["commitInfo"] for a in actions if "commitInfo" in a]
        metrics = infos[0].get("operationMetrics", {}) if infos else {}
        n_expected = metrics.get("num_added_files", len(added))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenCommitError("it cannot be parsed") from error
    if n_expected != len(added):
        raise BrokenCommitError(f"it names {len(added)} of {n_expected} data files")
    return LoggedCommit(version=version, added=added, removed=removed)


def _read_add(action: dict[str, str | int]) -> AddedFile:
    stats = json.loads(str(action.get("stats") or "{}"))
    return AddedFile(str(action["path"]), int(action["size"]), stats.get("numRecords"))
