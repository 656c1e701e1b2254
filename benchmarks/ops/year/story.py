"""What arrives on which day, and what goes wrong: one of each fault in every stretch of days.

Belongs here: the calendar. Must not: carrying it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "late", "broken", "restated", "killed", "full", "silent", "clock_back", "clock_ahead", "cursors"
]

STRETCH: Final = 91
CALENDAR: Final[Mapping[int, Kind]] = {
    4: "late",
    8: "broken",
    12: "restated",
    15: "killed",
    18: "full",
    21: "silent",
    24: "clock_back",
    26: "clock_ahead",
    28: "cursors",
}
BAD_ROW_EVERY: Final = 9
# retrains, counted from one, one of whose tries is killed, and one of whose fits is
KILLED_RETRAINS: Final = frozenset({1, 8})
FAILED_FITS: Final = frozenset({1, 5})


@dataclass(frozen=True)
class Fault:
    """A fault of the calendar on the day numbered `day`, counted from zero."""

    day: int
    kind: Kind


def find_fault(day: int) -> Fault | None:
    """What goes wrong on the day, None where nothing does."""
    kind = CALENDAR.get(day % STRETCH)
    return Fault(day, kind) if kind else None


def list_faults(n_days: int) -> tuple[Fault, ...]:
    """All faults of the first `n_days`."""
    return tuple(fault for day in range(n_days) if (fault := find_fault(day)))
