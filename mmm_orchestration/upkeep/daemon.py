"""One daemon for one Dagster home, since two run every schedule twice.

Belongs here: the lock of the daemon and finding one that was started without it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.home import DAGSTER_HOME_ENV
from mmm_orchestration.upkeep.locks import read_holder, sign_lock, take_lock

LOCK_FILE: Final = "daemon.lock"
_DAEMONS: Final = ("dagster._daemon", "dagster-daemon")
_PROC: Final = Path("/proc")


def take_daemon_lock(home: Path) -> int:
    """The descriptor that holds the lock of the daemon of this Dagster home.

    Raises UpkeepError where a daemon runs already, also one that took no lock.
    """
    path = home / LOCK_FILE
    descriptor = take_lock(path)
    if descriptor is None:
        raise _second(str(read_holder(path) or "another process"))
    if found := find_daemons(home):
        os.close(descriptor)
        raise _second(found[0])
    sign_lock(descriptor)
    return descriptor


@contextmanager
def hold_daemon_lock(home: Path) -> Iterator[None]:
    """A block during which no daemon starts; raises UpkeepError where one runs."""
    descriptor = take_daemon_lock(home)
    try:
        yield
    finally:
        os.close(descriptor)


def find_daemons(home: Path) -> tuple[str, ...]:
    """Daemons of this machine over the Dagster home, each with its process and since when.

    Looks at the processes of this user that /proc shows; without /proc there are none to see.
    """
    wanted = f"{DAGSTER_HOME_ENV}={home}".encode()
    found = list[str]()
    for process in _PROC.glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            is_daemon = any(word.endswith(_DAEMONS) for word in words[:4]) and "run" in words
            if not is_daemon or wanted not in (process / "environ").read_bytes().split(b"\0"):
                continue
            since = datetime.fromtimestamp(process.stat().st_mtime, tz=UTC)
        except OSError:
            continue
        found.append(f"process {process.name}, since {since.isoformat(timespec='seconds')}")
    return tuple(sorted(found))


def _second(who: str) -> UpkeepError:
    return UpkeepError(
        "A daemon already runs over this Dagster home, and two would run every schedule twice",
        got=who,
        fix="End that process first, or use the UI that it serves",
    )
