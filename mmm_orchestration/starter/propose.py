"""From the columns of a file to a whole proposal: which is KPI, media, outcome, control.

Belongs here: the order of decisions, and the error when names tell too little.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.errors import ProjectError
from mmm_orchestration.starter.controls import find_controls, limit_controls
from mmm_orchestration.starter.dates import Dates, find_dates
from mmm_orchestration.starter.kpi import find_kpi, find_outcomes
from mmm_orchestration.starter.looking import Column, Look
from mmm_orchestration.starter.media import count_periods, find_long_media, find_media
from mmm_orchestration.starter.proposal import (
    SAID,
    Choices,
    Ignored,
    KpiGuess,
    LongColumns,
    MediumGuess,
    Proposal,
)
from mmm_orchestration.starter.setting_aside import set_aside
from mmm_orchestration.starter.shape import Shape, find_shape
from mmm_orchestration.starter.words import is_of_people, is_value_per_unit

UNPAIRED = "reach or frequency; name both under one medium, with exposure: reach, to model them"


@dataclass(frozen=True)
class _Parts:
    """The columns by what they can be: of the whole date, of one medium, or of no use."""

    of_date: list[Column]
    of_medium: list[Column]
    useless: list[Ignored]


def propose(look: Look, *, choices: Choices) -> Proposal:
    """The project that the file suggests; whatever `choices` gives is taken.

    Raises SourceError when the dates or the shape cannot be told, ProjectError when no column
    is KPI or media.
    """
    _check_flags(look, choices)
    dates = find_dates(
        look, column=choices.date, date_format=choices.date_format, period=choices.period
    )
    if dates.period == "month":
        what = f"{look.path.name} has one row per month, and the model works by week or day"
        raise ProjectError(what, fix="Export it by week or by day")
    shape = find_shape(look, dates, geo=choices.geo, medium=choices.medium)
    parts = _part_columns(look, dates, shape, choices=choices)
    kpi, media, long = _find_kpi_and_media(look, parts, shape, choices=choices)
    used = {kpi.series.column}
    used |= {
        c
        for m in ([long] if long else media)
        for c in (m.spend, m.impressions, m.clicks, m.reach, m.frequency)
        if c
    }
    rest = [
        c
        for c in parts.of_date
        if c.name not in used and (c.name in choices.used or not is_of_people(c.name))
    ]
    outcomes, rest = find_outcomes(rest, kpi=kpi, choices=choices)
    per_unit = [c for c in rest if is_value_per_unit(c.name) and c.name not in choices.used]
    n_periods = count_periods(dates.days, period_is_day=dates.period == "day")
    controls, spare = find_controls(
        [c for c in rest if c not in per_unit],
        kpi=look.column(kpi.series.column, flag="--kpi").numbers,
        days=dates.days,
        choices=choices,
        limit=limit_controls(n_periods=n_periods, n_media=len(media)),
    )
    used |= {s.column for s in (*outcomes, *controls, *spare)}
    ignored = (*parts.useless, *_explain_unused(parts, used=used, per_unit=per_unit))
    return Proposal(
        look, dates, shape, kpi, media, outcomes, controls, spare, ignored, n_periods, long
    )


def _part_columns(look: Look, dates: Dates, shape: Shape, *, choices: Choices) -> _Parts:
    keys = {dates.column, shape.geo, shape.medium, *choices.ignore}
    geo = look.column(shape.geo, flag="--geo") if shape.geo else None
    columns, useless = set_aside(
        [c for c in look.columns if c.name not in keys], dates, geo=geo, keep=choices.used
    )
    useless = [
        *(Ignored(name, SAID) for name in choices.ignore),
        *(Ignored(name, "its cells hold lists or objects") for name in look.unreadable),
        *useless,
    ]
    if shape.medium is None:
        return _Parts(columns, [], useless)
    of_date = [c for c in columns if _has_one_value_per_date(c, dates, geo=geo)]
    return _Parts(of_date, [c for c in columns if c not in of_date], useless)


def _has_one_value_per_date(column: Column, dates: Dates, *, geo: Column | None) -> bool:
    """Whether all rows of one date (and geo) of a long file repeat one value or none."""
    keys = {"date": dates.days, **({"geo": geo.text} if geo else {})}
    frame = pl.DataFrame({**keys, "value": column.text})
    counts = frame.group_by(*keys).agg(pl.col("value").drop_nulls().n_unique())
    return bool((counts["value"] <= 1).all())


def _find_kpi_and_media(
    look: Look, parts: _Parts, shape: Shape, *, choices: Choices
) -> tuple[KpiGuess, tuple[MediumGuess, ...], LongColumns | None]:
    if choices.kpi and any(c.name == choices.kpi for c in parts.of_medium):
        what = f"--kpi: '{choices.kpi}' differs between the rows of one date"
        names = [c.name for c in parts.of_date if c.numbers is not None]
        raise ProjectError(what, available=names, fix="Choose a column that all rows repeat")
    kpi = find_kpi(parts.of_date, choices=choices)
    columns = [
        c for c in (*parts.of_date, *parts.of_medium) if not kpi or c.name != kpi.series.column
    ]
    long: LongColumns | None = None
    if shape.medium:
        medium = look.column(shape.medium, flag="--medium")
        long, media = find_long_media(columns, medium=medium, choices=choices)
    else:
        media = find_media(columns, choices=choices)
    if kpi is None or not media:
        raise _explain_missing(look, columns, has_kpi=kpi is not None, has_media=bool(media))
    return kpi, media, long


def _explain_unused(parts: _Parts, *, used: set[str], per_unit: Sequence[Column]) -> list[Ignored]:
    """The columns that came to nothing although they could be read, each with its reason."""
    worth = {c.name for c in per_unit}
    ignored = []
    for column in (*parts.of_date, *parts.of_medium):
        if column.name in worth:
            ignored.append(Ignored(column.name, "what one unit is worth; see kpi.value_per_unit"))
        elif is_of_people(column.name) and column.name not in used:
            ignored.append(Ignored(column.name, UNPAIRED))
        elif column in parts.of_medium and column.name not in used:
            ignored.append(Ignored(column.name, "differs between the rows of one date"))
        elif column.name not in used:
            ignored.append(Ignored(column.name, "not among your --control"))
    return ignored


def _check_flags(look: Look, choices: Choices) -> None:
    if choices.kpi_kind == "revenue" and choices.value_per_unit is not None:
        what = "--value-per-unit is for a KPI that counts, and --kpi-kind says revenue"
        raise ProjectError(what, fix="Say one of the two")
    for flag, names in (
        ("--kpi", (choices.kpi,) if choices.kpi else ()),
        ("--spend", choices.spend),
        ("--exposure", choices.exposure),
        ("--control", choices.control),
        ("--ignore", choices.ignore),
    ):
        for name in names:
            column = look.column(name, flag=flag)
            if flag in {"--kpi", "--spend", "--exposure"} and column.numbers is None:
                odd = next((t for t in column.text.drop_nulls() if re.search(r"[^\d.,-]", t)), "")
                what = f"{flag}: column '{name}' of {look.path.name} is not all numbers"
                raise ProjectError(what, got=odd, fix="Choose a column of numbers")
            if names.count(name) > 1:
                raise ProjectError(f"{flag} names column '{name}' twice", fix="Say it once")


def _explain_missing(
    look: Look, columns: Sequence[Column], *, has_kpi: bool, has_media: bool
) -> ProjectError:
    """What to say next, with the columns that could be meant."""
    free = [c.name for c in columns if c.numbers is not None]
    flags: list[str] = []
    missing: list[str] = []
    if not has_kpi:
        missing.append("the KPI")
        flags.append(f"--kpi {next((n for n in free if n.casefold() == 'y'), 'COLUMN')}")
    if not has_media:
        missing.append("spend or exposure")
        telling = [n for n in free if re.fullmatch(r"[xX]_?\d+", n)]
        flags += [f"--spend {n}" for n in telling] or ["--spend COLUMN"]
    return ProjectError(
        f"No column of {look.path.name} says by its name that it is {' or '.join(missing)}",
        available=free,
        fix=f"Say which: mmm init {look.path.name} {' '.join(flags)}",
    )
