"""Which column is the date, how it is written and which period a row stands for.

Belongs here: everything about time. Must not: guessing between two formats that both fit.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import get_args

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Period, WeekDay
from mmm_orchestration.starter.looking import Column, Look
from mmm_orchestration.starter.words import split_words

ISO = "%Y-%m-%d"
FORMATS = (
    ISO,
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
)
_DATE_WORDS = (
    "date",
    "datum",
    "fecha",
    "day",
    "tag",
    "week",
    "ds",
    "dt",
    "time",
    "period",
    "month",
)
_STEPS: dict[Period, range] = {"day": range(1, 2), "week": range(7, 8), "month": range(28, 32)}


@dataclass(frozen=True)
class Dates:
    """The date column, one day per row of the file, and what a step from one to the next is.

    `date_format` is None for ISO dates. `days` has one entry per row, null where unreadable.
    """

    column: str
    date_format: str | None
    period: Period
    days: pl.Series
    reason: str
    period_reason: str

    @property
    def first(self) -> date:
        """The earliest day."""
        return self.unique()[0]

    @property
    def week_start(self) -> WeekDay:
        """The weekday of the earliest day."""
        weekdays: tuple[WeekDay, ...] = get_args(WeekDay)
        return weekdays[self.first.weekday()]

    def unique(self) -> list[date]:
        """The different days in order."""
        return self.days.drop_nulls().unique().sort().to_list()


def find_dates(
    look: Look,
    *,
    column: str | None = None,
    date_format: str | None = None,
    period: Period | None = None,
) -> Dates:
    """The dates of the file; arguments that are given are taken and not guessed.

    Raises SourceError when no column holds dates, when two formats fit, or when the steps
    between the dates are neither days, weeks nor months.
    """
    candidates = (look.column(column, flag="--date"),) if column else look.columns
    found = [(c, f) for c in candidates if (f := _find_formats(c, date_format=date_format))]
    if not found:
        wanted = f"'{column}'" if column else "No column"
        raise SourceError(
            f"{wanted} of {look.path.name} does not hold dates in a known format",
            available=look.names if not column else (),
            fix="Say --date COLUMN and --date-format such as '%d.%m.%Y'",
        )
    best, formats = min(found, key=lambda cf: _rank_name(cf[0].name))
    chosen = _choose_format(best, formats)
    days = _read_days(best.text, chosen)
    step, why = _find_period(sorted(set(days.drop_nulls().to_list())), period=period, file=look)
    n_unread = days.null_count()
    reason = f"all {len(days) - n_unread} filled cells are dates"
    return Dates(best.name, None if chosen == ISO else chosen, step, days, reason, why)


def is_date_column(column: Column) -> bool:
    """Whether every filled cell of the column is a date in one of the known formats."""
    return bool(_find_formats(column, date_format=None))


def _find_formats(column: Column, *, date_format: str | None) -> list[str]:
    text = column.text.drop_nulls()
    if text.is_empty():
        return []
    formats: tuple[str, ...] = (date_format,) if date_format else FORMATS
    distinct = text.unique(maintain_order=True)
    for sample in (distinct.head(20), distinct):
        formats = tuple(f for f in formats if _read_days(sample, f).null_count() == 0)
    return list(formats)


def _read_days(text: pl.Series, date_format: str) -> pl.Series:
    """The days, null where the text has another form or its year is not of our time."""
    has_time = "%H" in date_format
    try:
        read = text.str.strptime(pl.Datetime if has_time else pl.Date, date_format, strict=False)
    except pl.exceptions.PolarsError:
        return pl.Series([None] * len(text), dtype=pl.Date)
    days = read.dt.date() if has_time else read
    return days.set(~days.dt.year().is_between(1980, 2100), None)


def _rank_name(name: str) -> int:
    words = split_words(name)
    ranks = [i for i, word in enumerate(_DATE_WORDS) if word in words]
    return min(ranks, default=len(_DATE_WORDS))


def _choose_format(column: Column, formats: list[str]) -> str:
    """The one format that fits, or the only one whose dates follow in equal steps."""
    readings: list[tuple[str, pl.Series]] = []
    for date_format in formats:
        days = _read_days(column.text, date_format)
        if not any(days.equals(other) for _, other in readings):
            readings.append((date_format, days))
    regular = [pair for pair in readings if _is_regular(pair[1])]
    for fitting in (readings, regular):
        if len(fitting) == 1:
            return fitting[0][0]
    example = column.text.drop_nulls()[0]
    raise SourceError(
        f"The dates of column '{column.name}', such as '{example}', can be read in more than "
        "one way",
        available=[date_format for date_format, _ in readings],
        fix="Say which with --date-format",
    )


def _is_regular(days: pl.Series) -> bool:
    unique = sorted(set(days.drop_nulls().to_list()))
    steps = [(b - a).days for a, b in pairwise(unique)]
    return any(all(s in allowed for s in steps) for allowed in _STEPS.values())


def _find_period(days: list[date], *, period: Period | None, file: Look) -> tuple[Period, str]:
    if period:
        return period, "you said so"
    steps = [(b - a).days for a, b in pairwise(days)]
    for name, allowed in _STEPS.items():
        n_fitting = sum(s in allowed for s in steps)
        if steps and n_fitting >= 0.9 * len(steps):
            return name, f"{n_fitting} of {len(steps)} steps between dates are one {name}"
    raise SourceError(
        f"The {len(days)} dates of {file.path.name} do not follow by days, weeks or months",
        fix="Say --period day, week or month, or --date with another column",
    )
