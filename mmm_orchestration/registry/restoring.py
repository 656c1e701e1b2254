"""A registered posterior on this disk, fetched back from MLflow where it is not.

What comes from the server is not trusted: four files by name, their checksums, and the snapshot
that the registry names. Must not: loading anything that can run code.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from mmm_orchestration.errors import PosteriorError, RegistryError
from mmm_orchestration.home import Home
from mmm_orchestration.registry.store import Registry, open_registry
from mmm_orchestration.registry.versions import ARTEFACT, ModelVersion
from mmm_orchestration.training import FitRecord, write_record

KEPT: Final = "kept"
RECORD_FILE: Final = "record.json"
_TIED: Final = ("version", "snapshot", "mlflow_run", "trained_through")


def restore_posterior(home: Home, version: ModelVersion) -> Path:
    """The folder of the posterior, whole and that of the registry.

    Where it is missing it is fetched from the artefacts of its MLflow run, with its record.
    Raises RegistryError where it is altered here, or altered or missing there.
    """
    registry, folder = open_registry(home), home.posteriors / version.version
    with registry.lock():
        if not folder.exists():
            _fetch(registry, version, folder=folder)
        elif not folder.with_name(f"{folder.name}.json").is_file():
            write_record(_fetch_record(registry, version), folder=folder.parent)
    _check(folder, version)
    return folder


def _fetch(registry: Registry, version: ModelVersion, *, folder: Path) -> None:
    """Nothing; the folder and its record are here afterwards, or neither is."""
    from mmm_orchestration.model.posterior import DATA, DRAWS, MANIFEST, SETTINGS

    record = _fetch_record(registry, version)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        whole = draft / "whole"
        whole.mkdir()
        for name in (MANIFEST, DRAWS, DATA, SETTINGS):
            registry.download(version, f"{ARTEFACT}/{name}", to=draft).replace(whole / name)
        _check(whole, version)
        os.replace(whole, folder)  # noqa: PTH105 - a folder that appeared meanwhile is the same one
    finally:
        shutil.rmtree(draft)
    write_record(record, folder=folder.parent)


def _fetch_record(registry: Registry, version: ModelVersion) -> FitRecord:
    with tempfile.TemporaryDirectory(dir=registry.folder, prefix=".record-") as draft:
        file = registry.download(version, f"{KEPT}/{RECORD_FILE}", to=Path(draft))
        try:
            record = FitRecord(**json.loads(file.read_text(encoding="utf-8")))
        except (TypeError, ValueError) as error:
            raise _refuse(version, "its record cannot be read") from error
    if any(version.tags.get(name) != getattr(record, name) for name in _TIED):
        raise _refuse(version, "its record is of another fit than the registry says")
    return record


def _check(folder: Path, version: ModelVersion) -> None:
    """Nothing, when the posterior is whole and of the snapshot in the registry."""
    from mmm_orchestration.model.posterior import load_posterior

    try:
        snapshot = load_posterior(folder).data.snapshot
    except PosteriorError as error:
        raise _refuse(version, error.what) from error
    if snapshot != version.tags.get("snapshot"):
        raise _refuse(version, "its data are not those that the registry names")


def _refuse(version: ModelVersion, why: str) -> RegistryError:
    return RegistryError(
        f"The posterior of version {version.version} cannot be used: {why}",
        fix="Restore it from a backup, or promote another version",
    )
