"""What the code runs on: one hash of the exact versions of everything that is installed."""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

_LOCK = Path(__file__).resolve().parents[1] / "uv.lock"


@cache
def hash_environment(lock: Path = _LOCK) -> str:
    """SHA-256 of `lock`, or of the installed distributions and their versions without one."""
    if lock.is_file():
        return hashlib.sha256(lock.read_bytes()).hexdigest()
    installed = {f"{d.name}=={d.version}".lower() for d in metadata.distributions()}
    return hashlib.sha256("\n".join(sorted(installed)).encode()).hexdigest()
