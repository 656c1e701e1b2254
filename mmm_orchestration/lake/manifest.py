"""SHA-256 of every data file and commit, kept beside the table and recorded once it is synced."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mmm_orchestration.lake.durable import flush_file_system
from mmm_orchestration.lake.log import commit_path, list_versions, read_commit

DamageKind = Literal["altered", "missing", "without_checksum"]


@dataclass(frozen=True)
class Damage:
    """A file of a table that is not what was written; `path` is relative to the table."""

    table: str
    kind: DamageKind
    path: str
    version: int | None

    def __str__(self) -> str:
        return f"Table '{self.table}': {self.path} is {self.kind.replace('_', ' ')}."


class Manifest(BaseModel):
    """The checksums of one version: of its commit file and of the data files it added."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    commit: str
    files: dict[str, str]


def manifest_path(folder: Path, version: int) -> Path:
    """The manifest of `version`."""
    return folder / "_manifests" / f"{version:020}.json"


def list_manifests(folder: Path) -> list[int]:
    """Versions that have a manifest, in order."""
    return sorted(int(path.stem) for path in manifest_path(folder, 0).parent.glob("[0-9]*.json"))


def read_manifest(folder: Path, version: int) -> Manifest | None:
    """The manifest of `version`, None where there is none that can be read."""
    try:
        return Manifest.model_validate_json(manifest_path(folder, version).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def find_acknowledged(folder: Path) -> int:
    """The newest version whose manifest fits its commit file, -1 where there is none."""
    for version in reversed(list_manifests(folder)):
        manifest = read_manifest(folder, version)
        path = commit_path(folder, version)
        if manifest and path.exists() and manifest.commit == hash_file(path):
            return version
    return -1


def list_pending(folder: Path, *, through: int) -> list[int]:
    """Versions up to `through` that have no manifest that can be read, in order."""
    known = find_acknowledged(folder)
    done = {v for v in list_manifests(folder) if v <= known or read_manifest(folder, v)}
    return [v for v in list_versions(folder) if v <= through and v not in done]


def record_manifests(folder: Path, *, through: int) -> None:
    """Nothing; every version up to `through` has a manifest afterwards.

    The caller has synced these versions and found them sound.
    """
    for version in list_pending(folder, through=through):
        added = [a.path for a in read_commit(folder, version).added]
        files = {p: hash_file(folder / p) for p in added if (folder / p).exists()}
        commit = hash_file(commit_path(folder, version))
        _write_manifest(folder, Manifest(version=version, commit=commit, files=files))


def find_altered_commits(folder: Path, *, table: str) -> tuple[Damage, ...]:
    """Commit files that no longer have the content first written."""
    found: list[Damage] = []
    for version in list_manifests(folder):
        path, manifest = commit_path(folder, version), read_manifest(folder, version)
        if manifest and path.exists() and hash_file(path) != manifest.commit:
            name = path.relative_to(folder).as_posix()
            found.append(Damage(table, "altered", name, version))
    return tuple(found)


def find_altered_files(folder: Path, *, table: str, active: Iterable[str]) -> tuple[Damage, ...]:
    """Data files among `active` that no longer have the content first written."""
    found: list[Damage] = []
    checksums: dict[str, tuple[int, str]] = {}
    for version in list_manifests(folder):
        if manifest := read_manifest(folder, version):
            checksums |= {path: (version, digest) for path, digest in manifest.files.items()}
    for name in sorted(active):
        version_added, digest = checksums.get(name, (None, None))
        if not (folder / name).exists():
            found.append(Damage(table, "missing", name, version_added))
        elif digest is None:
            found.append(Damage(table, "without_checksum", name, version_added))
        elif hash_file(folder / name) != digest:
            found.append(Damage(table, "altered", name, version_added))
    return tuple(found)


def hash_file(path: Path) -> str:
    """SHA-256 of the file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    path = manifest_path(folder, manifest.version)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(f".{uuid.uuid4().hex}.part")
    try:
        part.write_text(json.dumps(manifest.model_dump()), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def acknowledge(folder: Path, *, through: int) -> None:
    """Nothing; the commits up to `through` are on the disk and have manifests afterwards."""
    if list_pending(folder, through=through):
        flush_file_system(folder)
        record_manifests(folder, through=through)
