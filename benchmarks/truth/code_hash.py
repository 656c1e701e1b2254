"""Which model code a result belongs to."""

import hashlib
from pathlib import Path

import mmm_orchestration

PACKAGES = ("model", "transforms")


def hash_model_code() -> str:
    """SHA-256 over names and bytes of the source files of `model` and `transforms`."""
    root = Path(mmm_orchestration.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        for part in (file.relative_to(root).as_posix().encode(), file.read_bytes()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()
