"""Daemons that write to the same records of Dagster from elsewhere.

The lock of a home (see `daemon`) says nothing of another machine, or of another home over one
Postgres. Every daemon tells the records each 30 s that it lives, and that is seen from anywhere.
Belongs here: reading those signs. Must not: the lock.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mmm_orchestration.errors import UpkeepError

if TYPE_CHECKING:
    import dagster as dg

BEAT_SECONDS: Final = 30.0  # Dagster's own
WATCH_SECONDS: Final = BEAT_SECONDS + 10.0
STALE_SECONDS: Final = 3 * BEAT_SECONDS
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Beat:
    """The newest sign of life of one thread of a daemon, and the name of that daemon."""

    at: datetime
    thread: str
    daemon_id: str

    def __str__(self) -> str:
        return f"daemon {self.daemon_id[:8]}, alive at {self.at.isoformat(timespec='seconds')}"


def read_beats(instance: "dg.DagsterInstance") -> tuple[Beat, ...]:
    """The last sign of life of each thread of a daemon in the records, newest first."""
    beats = (
        Beat(datetime.fromtimestamp(beat.timestamp, tz=UTC), name, beat.daemon_id or "unknown")
        for name, beat in instance.get_daemon_heartbeats().items()
    )
    return tuple(sorted(beats, key=lambda beat: beat.at, reverse=True))


def refuse_living_daemon(
    instance: "dg.DagsterInstance",
    *,
    say: Callable[[str], None],
    watch_seconds: float = WATCH_SECONDS,
) -> None:
    """Nothing, once no daemon is found to live over the records of `instance`.

    A young sign of life may be the last of a daemon that has just ended, so it is waited for as
    long as the next takes. Raises UpkeepError where another comes.
    """
    seen = read_beats(instance)
    if not seen or (datetime.now(UTC) - seen[0].at).total_seconds() > STALE_SECONDS:
        return
    say(f"Looking for up to {watch_seconds:.0f} s whether another daemon lives: {seen[0]}")
    until = time.monotonic() + watch_seconds
    while time.monotonic() < until:
        time.sleep(min(_LOOK_SECONDS, watch_seconds))
        if fresh := [beat for beat in read_beats(instance) if beat not in seen]:
            raise UpkeepError(
                "A daemon on another machine or in another Dagster home writes to the same "
                "records, and two would run every schedule twice",
                got=str(fresh[0]),
                available=["the UI that it serves", "a project with records of its own"],
                fix="End that daemon first",
            )
