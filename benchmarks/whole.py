"""From nothing to a report, as a new user goes."""

from pathlib import Path

from benchmarks.figure import Figure, Settings
from benchmarks.history import clear_folder
from benchmarks.processes import MMM, run_command

ROOT = Path(__file__).resolve().parents[1]


def measure_clone(settings: Settings) -> Figure:
    """From `git clone` to the report."""
    folder = clear_folder(settings.work / "clone")
    cloned = run_command(["git", "clone", "--quiet", str(ROOT), "project"], folder=folder)
    made = run_command(["make", "demo"], folder=folder / "project")
    return Figure(
        "Clone to report",
        "≤ 6 min on 2 cores",
        f"{(cloned.seconds + made.seconds) / 60:.1f} min",
        "`git clone` of HEAD and `make demo`, environment built anew, package cache as it is",
    )


def measure_demo(settings: Settings) -> Figure:
    """The demo in a new folder, with everything compiled before."""
    folder = clear_folder(settings.work / "demo")
    ran = run_command([MMM, "demo", "--folder", "demo"], folder=folder)
    return Figure(
        "Warm demo",
        "≤ 90 s",
        f"{ran.seconds:.0f} s, {ran.peak_bytes / 2**30:.1f} GiB",
        "`mmm demo` in a new folder: simulate, three years in one run, fit, report",
    )
