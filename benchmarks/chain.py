"""The daily chain as `mmm run` runs it."""

from datetime import timedelta

from benchmarks.figure import Figure, Settings
from benchmarks.history import load_history, run_days
from mmm_orchestration.days import DayWindow


def measure_range(settings: Settings) -> Figure:
    """Three years of eight sources in one run."""
    history = load_history(settings.work)
    return Figure(
        "Three years × 8 sources in one range run",
        "≤ 60 s, < 1.5 GB",
        f"{history.ran.seconds:.0f} s, {history.ran.peak_bytes / 1e9:.2f} GB",
        f"`mmm run --no-train` over {history.window.n_days} days; memory of all its processes",
    )


def measure_day(settings: Settings) -> Figure:
    """One further day on top of three years."""
    history = load_history(settings.work)
    day = history.window.last + timedelta(days=1)
    ran = run_days(history.home, DayWindow(day, day))
    return Figure(
        "The chain for one day",
        "≤ 15 s warm",
        f"{ran.seconds:.1f} s",
        "`mmm run --no-train` for a day that no table has yet, start of the program included",
    )
