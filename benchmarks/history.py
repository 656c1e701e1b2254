"""Three simulated years of eight sources, landed once and used by several figures."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from benchmarks.processes import MMM, Ran, run_command
from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.sources.simulator import read_last_day, write_demo

SEED = 2026


@dataclass(frozen=True)
class History:
    """A project whose days up to the last but one have run, and what that one run took."""

    home: Home
    window: DayWindow
    ran: Ran


@cache
def load_history(work: Path) -> History:
    """The demo of three years, run as one range up to the day before its last."""
    folder = clear_folder(work / "history")
    write_demo(folder, seed=SEED)
    home = open_home(folder / "mmm.yaml")
    window = DayWindow(home.project.start, read_last_day(folder) - timedelta(days=1))
    return History(home, window, run_days(home, window))


def run_days(home: Home, window: DayWindow) -> Ran:
    """What the command `mmm run` takes for the days of the window, without training."""
    days = ["--from", str(window.first), "--to", str(window.last)]
    project = ["--project", str(home.base / "mmm.yaml")]
    return run_command([MMM, *project, "run", *days, "--no-train"], folder=home.base)


def clear_folder(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
