"""A process that writes to a lake in a loop, for tests that kill it or run two of them.

Usage: lake_writer.py MODE LAKE JOURNAL START COUNT [POINT]. It adds 'try N' to the journal before
write N and 'done N' after it. POINT names the call at whose third time it kills itself.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from lake_scenario import MEDIA, REGISTER, WINDOW, make_media, make_register

from mmm_orchestration.lake import lake as lake_module
from mmm_orchestration.lake import manifest as manifest_module
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.lake.store import Store

N_DAYS = 10
POINTS = {
    "before the write": (Store, "write"),
    "after the commit, before the sync": (lake_module, "flush_file_system"),
    "after the sync, before the manifest": (lake_module, "record_manifests"),
    "inside the manifest": (manifest_module.Path, "replace"),
}


def write_own_day(lake: Lake, number: int) -> None:
    """Day `number` modulo ten gets two rows whose spend is the number."""
    offset = number % N_DAYS
    frame = make_media(days=range(offset, offset + 1)).with_columns(spend=float(number))
    lake.write_days(frame, contract=MEDIA, window=WINDOW)


def write_same_day(lake: Lake, number: int) -> None:
    """The first day gets two rows whose spend is the number."""
    frame = make_media(days=range(1)).with_columns(spend=float(number))
    lake.write_days(frame, contract=MEDIA, window=WINDOW)


def append_ids(lake: Lake, number: int) -> None:
    """The register gets the number and the one after it, which the next append repeats."""
    lake.append_new(make_register(f"{number}", f"{number + 1}"), contract=REGISTER)


MODES = {"own_day": write_own_day, "same_day": write_same_day, "append": append_ids}


def kill_at(point: str) -> None:
    """The third call of the named function kills this process instead of running."""
    owner, name = POINTS[point]
    original: Callable[..., object] = getattr(owner, name)
    calls: list[None] = []

    def count_or_die(*args: object, **kwargs: object) -> object:
        calls.append(None)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(owner, name, count_or_die)


def main(mode: str, folder: str, journal: str, *numbers: str) -> None:
    """The loop; `numbers` are start, count and, where it shall die there, the point."""
    start, count, *points = numbers
    for point in points:
        kill_at(point)
    lake = Lake(folder)
    with Path(journal).open("a", encoding="utf-8", buffering=1) as lines:
        for number in range(int(start), int(start) + int(count)):
            lines.write(f"try {number}\n")
            MODES[mode](lake, number)
            lines.write(f"done {number}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
