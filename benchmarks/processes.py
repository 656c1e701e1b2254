"""Commands run as a user runs them, with their wall time and the memory of all their processes."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MMM = str(Path(sys.executable).with_name("mmm"))
OWN_SETTINGS = ("DAGSTER_HOME", "MLFLOW_TRACKING_URI", "MMM_PROJECT", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Ran:
    """Wall time of a command and the most memory its processes held together."""

    seconds: float
    peak_bytes: int


def run_command(command: Sequence[str], *, folder: Path) -> Ran:
    """What the command took in `folder`; RuntimeError with its last words when it failed."""
    settings = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    log = folder / "last_command.log"
    started, peak = time.monotonic(), 0
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=settings, stdout=output, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            peak = max(peak, sum_memory(process.pid))
            time.sleep(0.05)
    if process.returncode != 0:
        words = log.read_text(encoding="utf-8")[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{words}")
    return Ran(time.monotonic() - started, peak)


def sum_memory(pid: int) -> int:
    """Resident bytes of a process and of all below it; 0 once it is gone."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(measure_memory(process) for process in family)


def measure_memory(process: psutil.Process) -> int:
    """Resident bytes of one process, 0 once it is gone."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
