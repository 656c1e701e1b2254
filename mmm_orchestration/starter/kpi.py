"""Which column is the KPI, whether it counts or is money, and what a unit is worth.

Belongs here: everything about outcomes. Must not: media and controls.
"""

from collections.abc import Sequence

import polars as pl

from mmm_orchestration.starter.looking import Column
from mmm_orchestration.starter.proposal import SAID, Choices, KpiGuess, SeriesGuess
from mmm_orchestration.starter.words import (
    guess_kpi_kind,
    is_value_per_unit,
    make_slug,
    rank_kpi_name,
)


def find_kpi(columns: Sequence[Column], *, choices: Choices) -> KpiGuess | None:
    """The KPI that the user named, or the clearest by name; None when no name says KPI."""
    taken = {*choices.spend, *choices.exposure, *choices.control}
    ranked = [
        (rank, len(c.name), c.name)
        for c in columns
        if c.numbers is not None
        and c.name not in taken
        and (rank := rank_kpi_name(c.name)) is not None
    ]
    name = choices.kpi or (min(ranked)[2] if ranked else None)
    column = next((c for c in columns if c.name == name), None)
    if column is None:
        return None
    reason = SAID if choices.kpi else "its name says so"
    series = SeriesGuess(make_slug(column.name, taken=set()), column.name, reason)
    guessed, why = guess_kpi_kind(column.name)
    if choices.value_per_unit is not None:
        return KpiGuess(series, "units", "you said what one is worth", choices.value_per_unit, SAID)
    kind, kind_reason = (choices.kpi_kind, SAID) if choices.kpi_kind else (guessed, why)
    if kind == "units":
        return KpiGuess(series, kind, kind_reason, *value_units(columns, kpi=column))
    return KpiGuess(series, kind, kind_reason)


def value_units(columns: Sequence[Column], *, kpi: Column) -> tuple[float | None, str]:
    """The mean worth of a unit, weighted by units, where a column holds it, and the reason."""
    found = (c for c in columns if c.numbers is not None and is_value_per_unit(c.name))
    column = next(found, None)
    if column is None:
        return None, ""
    both = pl.DataFrame({"worth": column.numbers, "units": kpi.numbers}).drop_nulls()
    low, mean, high = both.select(
        pl.col("worth").min().alias("low"),
        (pl.col("worth").dot("units") / pl.col("units").sum()).alias("mean"),
        pl.col("worth").max().alias("high"),
    ).row(0)
    if mean is None or not mean > 0:
        return None, ""
    reason = (
        f"mean of '{column.name}' weighted by '{kpi.name}'; it runs from {low:.4g} to {high:.4g}"
    )
    return mean, reason


def find_outcomes(
    columns: Sequence[Column], *, kpi: KpiGuess, choices: Choices
) -> tuple[tuple[SeriesGuess, ...], list[Column]]:
    """Further outcomes, which media move themselves and which are no controls, and the rest."""
    taken = {kpi.series.name}
    outcomes: list[SeriesGuess] = []
    rest: list[Column] = []
    for column in columns:
        is_named = rank_kpi_name(column.name) is not None and column.name not in choices.control
        if column.numbers is not None and is_named:
            name = make_slug(column.name, taken=taken)
            why = "media move it too, so it is an outcome and no control"
            outcomes.append(SeriesGuess(name, column.name, why))
        else:
            rest.append(column)
    return tuple(outcomes), rest
