"""What a platform knows of a campaign's day, and the styles in which reports write it.

Belongs here: rows, delimiters, number and date styles. Must not: any platform's own columns
(see `exports`).
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Encoding = Literal["utf-8", "utf-8-sig", "utf-16", "cp1252"]
Cells = list[str]

ENGLISH = "January February March April May June July August September October November December"
FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
DUTCH = "januari februari maart april mei juni juli augustus september oktober november december"
_ORDER_VALUE = 180.0


@dataclass(frozen=True)
class AdRow:
    """One campaign on one day, as a platform knows it when the report is made."""

    day: date
    campaign: str
    identifier: str
    kind: str
    spend: float
    impressions: int
    clicks: int
    currency: str = "GBP"

    @property
    def conversions(self) -> int:
        """Sales the platform claims."""
        return self.clicks // 40

    @property
    def value(self) -> float:
        """Value of the sales the platform claims."""
        return self.conversions * _ORDER_VALUE

    @property
    def click_rate(self) -> float:
        """Clicks per impression in per cent."""
        return 100 * self.clicks / self.impressions if self.impressions else 0.0

    @property
    def cost_per_click(self) -> float:
        """Spend per click, 0 without clicks."""
        return self.spend / self.clicks if self.clicks else 0.0


@dataclass(frozen=True)
class Period:
    """The days a report covers, both included, and the day it was made."""

    first: date
    last: date
    made: date


@dataclass(frozen=True)
class Layout:
    """One file format: `write` gives its text, whose data rows start after `n_head` lines.

    `n_totals` counts the lines that sum up others.
    """

    write: Callable[[Sequence[AdRow], Period], str]
    encoding: Encoding
    n_head: int
    n_totals: int = 0


def join_cells(
    rows: Iterable[Cells], *, delimiter: str = ",", end: str = "\n", quote_all: bool = False
) -> str:
    """The rows as delimited text, quoted where needed or everywhere."""
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def write_continental(number: str, *, thousands: str) -> str:
    """`number` in the style 1,234.56 with a decimal comma and the given thousands mark."""
    return number.replace(",", "\0").replace(".", ",").replace("\0", thousands)


def write_us_date(day: date) -> str:
    """The day as 3/5/2026 for 5 March."""
    return f"{day.month}/{day.day}/{day.year}"


def name_month(day: date, *, months: str = ENGLISH) -> str:
    """The month of the day by one of the lists of names above."""
    return months.split()[day.month - 1]


def write_long_date(day: date) -> str:
    """The day as 'March 5, 2026'."""
    return f"{name_month(day)} {day.day}, {day.year}"


def write_named_date(day: date, *, months: str) -> str:
    """The day as '5 mars 2026', in the language of `months`."""
    return f"{day.day} {name_month(day, months=months)} {day.year}"
