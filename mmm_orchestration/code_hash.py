"""Which code a result belongs to.

Belongs here: SHA-256 over source files. Must not: the versions of libraries, which a posterior has.
"""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parent
MODEL = ("model", "transforms")


def hash_model_code() -> str:
    """SHA-256 over names and bytes of the source files of `model` and `transforms`."""
    return hash_sources(*(PACKAGE / name for name in MODEL))


def hash_sources(*folders: Path) -> str:
    """SHA-256 over names and bytes of all Python files in `folders`."""
    digest = hashlib.sha256()
    for file in sorted(path for folder in folders for path in folder.rglob("*.py")):
        for part in (f"{file.parent.name}/{file.name}".encode(), file.read_bytes()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()
