"""The few turns of phrase that findings share."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from mmm_orchestration.days import DayWindow
from mmm_orchestration.model.data import ModelData


def join_names(names: Sequence[str]) -> str:
    """The names in quotes: 'tv', 'radio' and 'print'."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def join_pairs(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Groups of positions that pairs connect, directly or through others, in order."""
    groups: list[set[int]] = []
    for pair in pairs:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched]
        groups.append(set(pair).union(*touched))
    return sorted(tuple(sorted(group)) for group in groups)


def name_period(data: ModelData, place: int) -> str:
    """First day of the period at `place`."""
    return str(data.periods[place].astype("datetime64[D]"))


def cover_period(data: ModelData, place: int, *, last: int | None = None) -> DayWindow:
    """The days of the period at `place`, or from it through the period at `last`."""
    days = data.periods.astype("datetime64[D]")
    end = days[place if last is None else last].item() + timedelta(days=data.period_days - 1)
    return DayWindow(days[place].item(), end)


def list_periods(data: ModelData, places: Sequence[int], *, n_shown: int = 5) -> str:
    """First days of the periods at `places`, the first few of them."""
    shown = ", ".join(name_period(data, int(p)) for p in np.sort(np.asarray(places))[:n_shown])
    more = len(places) - n_shown
    return shown + (f" and {more} more" if more > 0 else "")
