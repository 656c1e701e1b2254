"""Windows of calendar days, the unit in which every table is written and read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, order=True)
class DayWindow:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"A window ends before it starts: {self.first} to {self.last}.")

    @property
    def n_days(self) -> int:
        """Number of days, at least one."""
        return (self.last - self.first).days + 1

    @classmethod
    def parse(cls, text: str) -> "DayWindow":
        """The window that `str` wrote as one day or as two with '..' between."""
        first, _, last = text.partition("..")
        return cls(date.fromisoformat(first), date.fromisoformat(last or first))

    def days(self) -> list[date]:
        """Every day of the window in order."""
        return [self.first + timedelta(days=i) for i in range(self.n_days)]

    def contains(self, day: date) -> bool:
        """Whether `day` lies in the window."""
        return self.first <= day <= self.last

    def overlaps(self, other: "DayWindow") -> bool:
        """Whether the two windows share a day."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.n_days == 1 else f"{self.first}..{self.last}"


def find_day_before_gap(days: Collection[date], *, after: date) -> date | None:
    """The last day that `days` hold without a gap from `after` on, None where there is no gap."""
    later, day = {day for day in days if day > after}, after
    while day + timedelta(days=1) in later:
        day += timedelta(days=1)
    return day if any(one > day for one in later) else None
