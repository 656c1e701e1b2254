"""Which columns carry nothing for a model, each with its reason.

Belongs here: row numbers, calendars, constants, repetitions. Must not: choosing KPI or media.
"""

import polars as pl

from mmm_orchestration.project import BOOKKEEPING_COLUMNS
from mmm_orchestration.starter.dates import Dates, is_date_column
from mmm_orchestration.starter.looking import NOTHING, Column
from mmm_orchestration.starter.proposal import Ignored
from mmm_orchestration.starter.words import (
    explain_useless_name,
    rank_kpi_name,
    read_media_name,
)

MAX_WORDS = 12


def set_aside(
    columns: list[Column], dates: Dates, *, geo: Column | None, keep: frozenset[str]
) -> tuple[list[Column], list[Ignored]]:
    """The columns a model may use, and the others; those in `keep` are never set aside."""
    usable: list[Column] = []
    ignored: list[Ignored] = []
    for column in columns:
        reason = None if column.name in keep else explain_useless(column, dates, geo=geo)
        if reason is None and column.name not in keep:
            twin = next((c.name for c in usable if _is_same(c, column)), None)
            reason = f"the same numbers as '{twin}'" if twin else None
        if reason:
            ignored.append(Ignored(column.name, reason))
        else:
            usable.append(column)
    return usable, ignored


def explain_useless(column: Column, dates: Dates, *, geo: Column | None) -> str | None:
    """Why no model can use the column, or None when one can."""
    named = explain_useless_name(column.name)
    if named:
        return named
    if column.numbers is None:
        useless = _explain_text(column)
    else:
        useless = _explain_numbers(column.numbers, geo=geo)
        is_named = read_media_name(column.name) or rank_kpi_name(column.name) is not None
        if useless is None and not is_named:
            useless = _explain_calendar(column.numbers, dates.days)
    if useless is None and column.name.casefold() in BOOKKEEPING_COLUMNS:
        return "every table has a column of this name already; rename it to use it"
    return useless


def find_words(column: Column) -> tuple[str, ...]:
    """The words of a text column that say something, in the order of their first row."""
    distinct = column.text.drop_nulls().unique(maintain_order=True).to_list()
    return tuple(word for word in distinct if word.casefold() not in NOTHING)


def _explain_text(column: Column) -> str | None:
    if is_date_column(column):
        return "another date"
    words = find_words(column)
    if not words:
        return "empty"
    if column.text.n_unique() == 1:
        return f"always '{words[0]}'"
    if len(words) > MAX_WORDS:
        return f"free text with {len(words)} different entries"
    return None


def _explain_numbers(numbers: pl.Series, *, geo: Column | None) -> str | None:
    filled = numbers.drop_nulls()
    if len(filled) < len(numbers) / 2:
        return "more than half of its cells are empty"
    if filled.n_unique() == 1:
        return f"always {filled[0]:g}"
    if geo is not None and _is_constant_within(numbers, geo.text):
        return f"does not change over time within one '{geo.name}'"
    return None


def _explain_calendar(numbers: pl.Series, days: pl.Series) -> str | None:
    frame = pl.DataFrame({"value": numbers, "day": days}).drop_nulls()
    value, day = frame["value"], frame["day"].dt
    parts = {
        "year": day.year(),
        "quarter": day.quarter(),
        "month": day.month(),
        "week": day.week(),
        "day of the year": day.ordinal_day(),
        "day of the month": day.day(),
        "weekday": day.weekday(),
    }
    for name, part in parts.items():
        if bool((value == part).all()):
            return f"the {name} of the date"
    if _is_counter(value) or _is_counter(frame.unique("day").sort("day")["value"]):
        return "counts the rows; the model has its own trend"
    return None


def _is_counter(value: pl.Series) -> bool:
    """Whether every step to the next number is the same and not zero."""
    steps = value.diff().drop_nulls()
    if steps.is_empty() or steps[0] == 0:
        return False
    return bool(((steps - steps[0]).abs() < 1e-9 * abs(steps[0])).all())


def _is_constant_within(numbers: pl.Series, geo: pl.Series) -> bool:
    frame = pl.DataFrame({"value": numbers, "geo": geo})
    return bool((frame.group_by("geo").agg(pl.col("value").n_unique())["value"] == 1).all())


def _is_same(one: Column, other: Column) -> bool:
    if one.numbers is None or other.numbers is None:
        return False
    return one.numbers.equals(other.numbers, check_names=False)
