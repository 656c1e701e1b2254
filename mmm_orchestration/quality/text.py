"""Days and amounts as a person reads them in a finding."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from mmm_orchestration.days import DayWindow

_N_SHOWN = 3


def find_runs(days: Iterable[date]) -> list[DayWindow]:
    """The days as windows without gaps, in order."""
    runs: list[DayWindow] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1].last == timedelta(days=1):
            runs[-1] = DayWindow(runs[-1].first, day)
        else:
            runs.append(DayWindow(day, day))
    return runs


def format_window(window: DayWindow) -> str:
    """One day as '5 May 2024', more as '5 May 2024 to 7 May 2024'."""
    first = f"{window.first.day} {window.first:%b %Y}"
    if window.n_days == 1:
        return first
    return f"{first} to {window.last.day} {window.last:%b %Y}"


def format_runs(runs: Sequence[DayWindow]) -> str:
    """The first three windows in words and how many more days there are."""
    shown = ", ".join(format_window(run) for run in runs[:_N_SHOWN])
    n_more = sum(run.n_days for run in runs[_N_SHOWN:])
    return shown + (f" and {count(n_more, 'more day')}" if n_more else "")


def span(runs: Sequence[DayWindow]) -> DayWindow:
    """From the first day of the first window to the last of the last."""
    return DayWindow(min(run.first for run in runs), max(run.last for run in runs))


def count(n: int, noun: str) -> str:
    """The number with its noun: '1 day', '2,000 days'."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def format_names(names: Sequence[str]) -> str:
    """The first three names in quotes and how many more there are."""
    shown = ", ".join(f"'{name}'" for name in names[:_N_SHOWN])
    n_more = len(names) - _N_SHOWN
    return shown + (f" and {n_more:,} more" if n_more > 0 else "")


def format_number(value: float) -> str:
    """An amount without decimals from 100 on: '12,345', '9.99'."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:,.2f}"
