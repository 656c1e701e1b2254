"""Whether a file is wide or long, and which column is the geography.

Belongs here: what makes a row unique. Must not: reading words of media or KPI.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.starter.dates import Dates
from mmm_orchestration.starter.looking import Column, Look
from mmm_orchestration.starter.words import has_word


@dataclass(frozen=True)
class Shape:
    """What a row is beside its date: a geography, a medium (a long file), both or nothing."""

    geo: str | None
    geo_reason: str
    medium: str | None
    medium_reason: str


def find_shape(
    look: Look, dates: Dates, *, geo: str | None = None, medium: str | None = None
) -> Shape:
    """The columns that make a row unique; those that are given are taken and not guessed.

    Raises SourceError when a date has several rows and no column tells them apart.
    """
    for name, flag in ((geo, "--geo"), (medium, "--medium")):
        if name:
            look.column(name, flag=flag)
    if not (geo or medium) and _is_unique(look, dates, []):
        return Shape(None, "", None, "")
    words = [c for c in look.columns if c.name != dates.column and _is_category(c)]
    geo_column = geo or next((n for n in _find_named(words, "geo") if n != medium), None)
    why_geo = "you said so" if geo else "its name says so"
    if medium or _is_unique(look, dates, [geo_column]):
        if not _is_unique(look, dates, [geo_column, medium]):
            raise _explain_repeated(look, [dates.column, geo_column, medium])
        return Shape(geo_column, why_geo, medium, "you said so")
    for named in _find_named(words, "medium"):
        if named != geo_column and _is_unique(look, dates, [geo_column, named]):
            why = "several rows per date, and its name says what tells them apart"
            return Shape(geo_column, why_geo, named, why)
    for column in words:
        if not geo_column and _is_unique(look, dates, [column.name]):
            return Shape(column.name, "there is one row per date and word of it", None, "")
    raise SourceError(
        f"{look.path.name} has several rows per date and no column that tells them apart",
        available=[c.name for c in words],
        fix="Say --geo COLUMN for regions, or --medium COLUMN for one row per date and medium",
    )


def _explain_repeated(look: Look, keys: list[str | None]) -> SourceError:
    named = ", ".join(f"'{k}'" for k in keys if k)
    return SourceError(
        f"{look.path.name} has several rows with the same {named}",
        fix="Sum them in the export, or say --geo and --medium with columns that differ",
    )


def _find_named(columns: Iterable[Column], part: str) -> list[str]:
    """The columns whose name has a word of that part of the vocabulary."""
    return [column.name for column in columns if has_word(column.name, part)]


def _is_category(column: Column) -> bool:
    """Whether the cells are filled with a few words or numbers that come again and again."""
    n_different = column.text.n_unique()
    return not column.text.null_count() and 1 < n_different <= len(column.text) // 2


def _is_unique(look: Look, dates: Dates, keys: list[str | None]) -> bool:
    columns = [look.column(k, flag="").text.alias(k) for k in keys if k]
    return not bool(pl.DataFrame([dates.days.alias("date"), *columns]).is_duplicated().any())
