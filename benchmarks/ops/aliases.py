"""Whether a reader of the champion ever sees none, or a wrong one, while it is switched.

The registry is real, over MLflow in a SQLite file; readers are processes of their own.
`python -m benchmarks.ops.aliases FOLDER` is one such reader.
"""

import json
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.history import clear_folder
from benchmarks.ops.figure import Figure
from mmm_orchestration.home import Home
from mmm_orchestration.registry import CHAMPION, Registry, open_registry
from tests.registry.stored import keep, make_home

N_SWITCHES = 300
N_READERS = 3
N_VERSIONS = 3
STARTED = "reading"
STOP = "stop"
WAIT_SECONDS = 120


@dataclass
class Readings:
    """What one reader saw: the numbers of versions, None where it saw none, and what was raised."""

    seen: list[int | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def count_failed(self, known: Collection[int]) -> int:
        """Readings that were refused, found no champion, or found a version that is unknown."""
        return len(self.errors) + sum(number not in known for number in self.seen)


def read_until(home: Home, *, stop: Path, started: Path) -> Readings:
    """What reading the champion again and again came to until the file `stop` was there."""
    readings, registry = Readings(), open_registry(home)
    while not stop.exists():
        try:
            found = registry.find(CHAMPION)
        except Exception as error:  # noqa: BLE001 - whatever a reader meets is a failed reading
            readings.errors.append(repr(error))
        else:
            readings.seen.append(found.number if found else None)
        started.touch()
    return readings


def switch_often(registry: Registry, *, versions: Sequence[str], n_switches: int) -> float:
    """Seconds in which the champion was switched so often, each time to the next version."""
    started = time.monotonic()
    for i in range(n_switches):
        version = versions[(i + 1) % len(versions)]
        registry.set_alias(CHAMPION, version, by="benchmark", reason=f"switch {i + 1}")
    return time.monotonic() - started


def measure(
    folder: Path, *, n_switches: int = N_SWITCHES, n_readers: int = N_READERS
) -> tuple[Figure, ...]:
    """Failed readings of the champion during the switches."""
    home = make_home(clear_folder(folder))
    registry = open_registry(home)
    made = [registry.register(keep(home, n), period=None) for n in range(1, N_VERSIONS + 1)]
    registry.set_alias(CHAMPION, made[0].version, by="benchmark", reason="first")
    names = [folder / f"reader_{i}" for i in range(n_readers)]
    readers = [start_reader(folder, name) for name in names]
    try:
        wait_for([name.with_suffix(f".{STARTED}") for name in names])
        seconds = switch_often(
            registry, versions=[one.version for one in made], n_switches=n_switches
        )
    finally:
        (folder / STOP).touch()
        codes = [reader.wait(WAIT_SECONDS) for reader in readers]
    if any(codes):
        raise RuntimeError(f"Readers ended with {codes}")
    found = [Readings(**json.loads(name.with_suffix(".json").read_text())) for name in names]
    n_made = len(registry.read_switches()) - 1
    known = [one.number for one in made]
    return (judge(found, known=known, n_made=n_made, n_asked=n_switches, seconds=seconds),)


def judge(
    found: Sequence[Readings], *, known: Collection[int], n_made: int, n_asked: int, seconds: float
) -> Figure:
    """The row; readers that read less often than the champion was switched prove nothing."""
    n_failed = sum(each.count_failed(known) for each in found)
    n_read = sum(len(each.seen) + len(each.errors) for each in found)
    n_seen = len({number for each in found for number in each.seen})
    is_ok = n_failed == 0 and n_made == n_asked and n_read >= n_asked and n_seen == len(known)
    return Figure(
        f"{n_asked} switches of the champion",
        "0 failed readings",
        f"{n_failed} of {n_read} readings failed, {n_made} switches on record",
        is_ok,
        f"{len(found)} processes read `champion` without pause from MLflow in SQLite while it was "
        f"switched among {len(known)} versions for {seconds:.0f} s",
    )


def start_reader(folder: Path, name: Path) -> "subprocess.Popen[bytes]":
    """A reader in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", __name__, str(folder), str(name)])


def wait_for(files: Sequence[Path]) -> None:
    """Nothing, once every file is there; raises RuntimeError after two minutes."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not all(file.exists() for file in files):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Not there in time: {[str(f) for f in files if not f.exists()]}")
        time.sleep(0.05)


def main(folder: Path, name: Path) -> None:
    """Reads until told to stop and writes what was seen."""
    started = name.with_suffix(f".{STARTED}")
    readings = read_until(make_home(folder), stop=folder / STOP, started=started)
    name.with_suffix(".json").write_text(json.dumps(asdict(readings)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
