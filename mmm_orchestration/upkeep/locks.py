"""Locks that the kernel releases when the process that holds them is gone, however it went.

Belongs here: the lock of a file and who holds it. Must not: what is locked, or why.
"""

import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Holder:
    """A process that holds or held a lock: its id, since when, its machine and that one's boot."""

    pid: int
    since: str
    host: str
    boot: str

    @property
    def is_here(self) -> bool:
        """Whether its lock can be judged by this machine: the same kernel, or the same name."""
        return self.boot == read_boot() or self.host == socket.gethostname()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def describe_self() -> Holder:
    """What is said of this process as the holder of a lock that it takes now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(os.getpid(), now, socket.gethostname(), read_boot())


def read_boot() -> str:
    """What tells this start of the machine from every other, '' where the system does not say."""
    return _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""


def take_lock(path: Path) -> int | None:
    """The descriptor that holds the lock on `path` until it is closed; None where another has it.

    Who held the file last still stands in it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def sign_lock(descriptor: int) -> None:
    """Nothing; the file of a lock that was taken says on the disk that this process holds it.

    The lock is of this very file, so it cannot be replaced by one that was written whole.
    """
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(describe_self())).encode(), 0)
    os.fsync(descriptor)


def read_holder(path: Path) -> Holder | None:
    """Who signed the lock file last, None where there is no such file or nobody did."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one at `path`, which another may have removed meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
