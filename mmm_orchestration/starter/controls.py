"""Which of the remaining columns are controls, and how many of them the data can carry.

Belongs here: indicators, ranking, the limit. Must not: media and KPI.
"""

from collections.abc import Iterable

import polars as pl

from mmm_orchestration.starter.looking import Column
from mmm_orchestration.starter.proposal import SAID, Choices, SeriesGuess
from mmm_orchestration.starter.setting_aside import find_words
from mmm_orchestration.starter.words import make_slug

PERIODS_PER_COEFFICIENT = 6
MIN_CONTROLS = 3
_WINDOW = 9


def find_controls(
    columns: Iterable[Column],
    *,
    kpi: pl.Series | None,
    days: pl.Series,
    choices: Choices,
    limit: int,
) -> tuple[tuple[SeriesGuess, ...], tuple[SeriesGuess, ...]]:
    """The controls to use and the spare ones.

    Controls that the user named are all used, and then no other. Else numbers come first, then
    indicators by how much the KPI moves with them, until there are `limit`.
    """
    slugs: set[str] = set()
    numbers: list[SeriesGuess] = []
    indicators: list[tuple[float, SeriesGuess]] = []
    for column in columns:
        if choices.control and column.name not in choices.control:
            continue
        reason = SAID if column.name in choices.control else ""
        for guess, flags in _read_series(column, slugs=slugs, reason=reason):
            if flags is None:
                numbers.append(guess)
            else:
                indicators.append((measure_strength(flags, kpi=kpi, days=days), guess))
    indicators.sort(key=lambda pair: -pair[0])
    ranked = [*numbers, *(guess for _, guess in indicators)]
    n_used = len(ranked) if choices.control else limit
    return tuple(ranked[:n_used]), tuple(ranked[n_used:])


def limit_controls(*, n_periods: int, n_media: int) -> int:
    """How many controls leave about six periods for each coefficient of the model."""
    return max(MIN_CONTROLS, n_periods // PERIODS_PER_COEFFICIENT - n_media)


def measure_strength(flags: pl.Series, *, kpi: pl.Series | None, days: pl.Series) -> float:
    """How far the KPI leaves its level where the indicator is on, in standard errors.

    `flags` (0 or 1), `kpi` and `days` have one entry per row of the file; the level is the
    median of nine neighbouring dates, so that season and trend do not count.
    """
    frame = pl.DataFrame({"flag": flags, "kpi": kpi, "day": days}).drop_nulls()
    national = frame.group_by("day").agg(pl.col("flag").max(), pl.col("kpi").sum()).sort("day")
    level = national["kpi"].rolling_median(_WINDOW, min_samples=1, center=True)
    away = national["kpi"] - level
    is_on = national["flag"] > 0
    on, off = away.filter(is_on), away.filter(~is_on)
    scale = away.std()
    if on.is_empty() or off.is_empty() or not isinstance(scale, float) or scale == 0:
        return 0.0
    gap = float(on.mean()) - float(off.mean())  # type: ignore[arg-type]
    return float(abs(gap) * len(on) ** 0.5 / scale)


def _read_series(
    column: Column, *, slugs: set[str], reason: str
) -> list[tuple[SeriesGuess, pl.Series | None]]:
    """One guess for a column of numbers, one per word of a text column, with their 0 and 1."""
    if column.numbers is None:
        words = find_words(column)
        return [
            (
                SeriesGuess(
                    make_slug(f"{column.name}_{word}", taken=slugs),
                    column.name,
                    reason or f"'{word}' on {_count(column.text == word)}",
                    equals=word,
                ),
                (column.text == word).fill_null(value=False).cast(pl.Int8),
            )
            for word in words
        ]
    name = make_slug(column.name, taken=slugs)
    if set(column.numbers.drop_nulls().unique().to_list()) <= {0.0, 1.0}:
        why = reason or f"0 or 1, and 1 on {_count(column.numbers == 1)}"
        return [(SeriesGuess(name, column.name, why), column.numbers)]
    return [(SeriesGuess(name, column.name, reason or "a number that is no medium"), None)]


def _count(flags: pl.Series) -> str:
    n = int(flags.sum())
    return f"{n} row{'s' * (n != 1)}"
