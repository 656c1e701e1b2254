"""The expectation suites as data: what every silver and gold table is checked for.

Belongs here: which expectations guard which table. Must not: evaluating them (see `validate`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from mmm_orchestration.project import UNMAPPED, Kpi, Project
from mmm_orchestration.tables.contracts import (
    GOLD_CONTROLS_DAILY,
    GOLD_KPI_DAILY,
    GOLD_MEDIA_DAILY,
    SILVER_CONTROLS,
    SILVER_MEDIA,
    SILVER_OUTCOMES,
    Column,
    TableContract,
)

Kind = Literal[
    "table_row_count_to_be_between",
    "column_values_to_not_be_null",
    "column_values_to_be_between",
    "column_values_to_be_in_set",
    "column_distinct_values_to_contain_set",
    "column_pair_values_a_to_be_greater_than_b",
    "compound_columns_to_be_unique",
]
CheckSeverity = Literal["critical", "warning"]
Argument = str | float | bool | tuple[str, ...]

HAS_ROWS = "has_rows"
LARGEST_NUMBER = 1e300
IMPLAUSIBLE_SPEND = 1e8
LOWEST_FREQUENCY = 0.95


@dataclass(frozen=True)
class Expectation:
    """One expectation of Great Expectations; `name` becomes the name of the asset check.

    `kind` is the GX expectation without its `expect_` and `arguments` are its own. `where`
    restricts it to rows whose columns hold the words. With `is_daily` the values to be found are
    the days of the window, so they are bound when the suite runs.
    """

    name: str
    kind: Kind
    arguments: Mapping[str, Argument]
    severity: CheckSeverity
    means: str
    fix: str
    where: tuple[tuple[str, str], ...] = ()
    is_daily: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", MappingProxyType(dict(self.arguments)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the expectation looks at, without the one of `where`."""
        listed = self.arguments.get("column_list", ())
        named = [self.arguments.get(key) for key in ("column", "column_A", "column_B")]
        return (*(listed if isinstance(listed, tuple) else ()), *(str(n) for n in named if n))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a set, none where the expectation has no set."""
        words = self.arguments.get("value_set", ())
        return words if isinstance(words, tuple) else ()

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value allowed, infinite where there is none."""
        given = (self.arguments.get("min_value"), self.arguments.get("max_value"))
        low, high = (value if isinstance(value, int | float) else None for value in given)
        return (-math.inf if low is None else low, math.inf if high is None else high)


@dataclass(frozen=True)
class Suite:
    """The expectations of one table, with names that are unique in it."""

    table: str
    expectations: tuple[Expectation, ...]
    date_column: str = field(default="date")

    def __post_init__(self) -> None:
        names = [e.name for e in self.expectations]
        if len(names) != len(set(names)):
            raise ValueError(f"Suite '{self.table}' names an expectation twice: {sorted(names)}.")

    def expectation(self, name: str) -> Expectation:
        """The expectation called `name`; KeyError where there is none."""
        found = {e.name: e for e in self.expectations}
        return found[name]


def build_suites(project: Project) -> tuple[Suite, ...]:
    """The suites of the tables that `project` has, silver before gold.

    Silver checks are critical where the model would be fed something false; gold repeats the
    essential ones as warnings, since only accepted days reach it.
    """
    suites = [_build_silver_outcomes(project)]
    if any(source.has_media for source in project.sources):
        suites.insert(0, _build_silver_media(project))
        suites.append(_build_gold(GOLD_MEDIA_DAILY, _expect_channel(project, severity="warning")))
    suites.append(_build_gold(GOLD_KPI_DAILY))
    if any(source.controls for source in project.sources):
        suites.insert(2, _build_silver_controls(project))
    if project.controls:
        names = tuple(control.name for control in project.controls)
        suites.append(
            _build_gold(GOLD_CONTROLS_DAILY, _expect_words("control", names, severity="warning"))
        )
    return tuple(sorted(suites, key=lambda suite: suite.table.startswith("gold")))


def _build_silver_media(project: Project) -> Suite:
    plausible = Expectation(
        "spend_is_plausible",
        "column_values_to_be_between",
        {"column": "spend", "max_value": IMPLAUSIBLE_SPEND},
        "warning",
        f"No single row spends more than {IMPLAUSIBLE_SPEND:,.0f} {project.currency}.",
        "Look whether an id, a timestamp or millionths were read as spend.",
    )
    clicks = Expectation(
        "clicks_fit_impressions",
        "column_pair_values_a_to_be_greater_than_b",
        {"column_A": "impressions", "column_B": "clicks", "or_equal": True},
        "warning",
        "No row has more clicks than impressions.",
        "Look whether the two columns were swapped in the export or in mmm.yaml.",
    )
    shown = Expectation(
        "frequency_is_plausible",
        "column_values_to_be_between",
        {"column": "frequency", "min_value": LOWEST_FREQUENCY},
        "warning",
        "Whoever is reached was shown the ad at least once, but for rounding.",
        "Look whether reach and frequency were swapped in the export or in mmm.yaml.",
    )
    sources = tuple(s.name for s in project.sources if s.has_media)
    return Suite(
        SILVER_MEDIA.name,
        (
            _expect_rows("warning"),
            *_expect_structure(SILVER_MEDIA),
            _expect_words("source", sources),
            _expect_channel(project),
            plausible,
            clicks,
            shown,
        ),
    )


def _build_silver_outcomes(project: Project) -> Suite:
    kpis = [_expect_kpi(kpi, project=project) for kpi in project.kpis]
    is_critical = any(present.severity == "critical" for present, _ in kpis)
    sources = tuple(s.name for s in project.sources if s.outcomes)
    outcomes = tuple(dict.fromkeys(o for s in project.sources for o in s.outcomes))
    return Suite(
        SILVER_OUTCOMES.name,
        (
            _expect_rows("critical" if is_critical else "warning"),
            *_expect_structure(SILVER_OUTCOMES),
            _expect_words("source", sources),
            _expect_words("outcome", outcomes),
            *(expectation for both in kpis for expectation in both),
        ),
    )


def _expect_kpi(kpi: Kpi, *, project: Project) -> tuple[Expectation, Expectation]:
    """That the KPI is there and not negative.

    A missing day of an only KPI is held back, and one of several unless its source is not required.
    """
    source = project.source(kpi.source)
    is_daily, is_only = source.period == "day", len(project.kpis) == 1
    suffix = "" if is_only else f"_{kpi.source}_{kpi.outcome}"
    where = (("source", kpi.source), ("outcome", kpi.outcome))
    present = Expectation(
        f"kpi_is_present{suffix}",
        "column_distinct_values_to_contain_set",
        {"column": "date"} if is_daily else {"column": "outcome", "value_set": (kpi.outcome,)},
        "critical" if is_daily and (is_only or source.required) else "warning",
        f"'{kpi.source}' reports the KPI '{kpi.outcome}'" + (" on every day." if is_daily else "."),
        f"Deliver the missing days of '{kpi.source}'; a missing KPI is not zero.",
        where=where if is_daily else where[:1],
        is_daily=is_daily,
    )
    positive = Expectation(
        f"kpi_is_not_negative{suffix}",
        "column_values_to_be_between",
        {"column": "value", "min_value": 0.0, "max_value": LARGEST_NUMBER},
        "warning",
        f"The KPI '{kpi.outcome}' of '{kpi.source}' is never below zero.",
        "Look whether refunds of other days were booked on this one.",
        where=where,
    )
    return present, positive


def _build_silver_controls(project: Project) -> Suite:
    sources = tuple(s.name for s in project.sources if s.controls)
    controls = tuple(c for s in project.sources for c in s.controls)
    return Suite(
        SILVER_CONTROLS.name,
        (
            _expect_rows("warning"),
            *_expect_structure(SILVER_CONTROLS),
            _expect_words("source", sources),
            _expect_words("control", controls),
        ),
    )


def _build_gold(contract: TableContract, *more: Expectation) -> Suite:
    ranges = [_expect_range(c, "warning") for c in contract.columns if _has_range(c)]
    key = _expect_key(contract, "warning")
    return Suite(contract.name, (_expect_rows("warning"), key, *ranges, *more))


def _expect_structure(contract: TableContract) -> tuple[Expectation, ...]:
    """What the contract promises: key unique, no value missing, every number in range."""
    present = [_expect_value(c) for c in contract.columns if not c.is_nullable]
    ranges = [_expect_range(c, "critical") for c in contract.columns if _has_range(c)]
    return (_expect_key(contract, "critical"), *present, *ranges)


def _has_range(column: Column) -> bool:
    return column.dtype == "float" or column.minimum is not None


def _expect_rows(severity: CheckSeverity) -> Expectation:
    return Expectation(
        HAS_ROWS,
        "table_row_count_to_be_between",
        {"min_value": 1},
        severity,
        "The days of the run have at least one row.",
        "Look in the deliveries which source brought nothing for these days.",
    )


def _expect_key(contract: TableContract, severity: CheckSeverity) -> Expectation:
    return Expectation(
        "key_is_unique",
        "compound_columns_to_be_unique",
        {"column_list": contract.key},
        severity,
        f"There is one row per ({', '.join(contract.key)}).",
        "Look whether two deliveries report the same rows under different names.",
    )


def _expect_value(column: Column) -> Expectation:
    return Expectation(
        f"{column.name}_is_present",
        "column_values_to_not_be_null",
        {"column": column.name},
        "critical",
        f"Every row has its {column.name}: {column.description}.",
        f"Look in the delivered file for rows without {column.name}.",
    )


def _expect_range(column: Column, severity: CheckSeverity) -> Expectation:
    low = -LARGEST_NUMBER if column.minimum is None else column.minimum
    bounds = {"min_value": low} | ({"max_value": LARGEST_NUMBER} if column.dtype == "float" else {})
    what = "finite" if column.minimum is None else f"finite and at least {column.minimum:g}"
    return Expectation(
        f"{column.name}_is_in_range",
        "column_values_to_be_between",
        {"column": column.name, **bounds},
        severity,
        f"Every {column.name} that is reported is {what}.",
        f"Correct the rows in the export and deliver the days of {column.name} again.",
    )


def _expect_channel(project: Project, *, severity: CheckSeverity = "critical") -> Expectation:
    return _expect_words("channel", (*project.channel_names, UNMAPPED), severity=severity)


def _expect_words(
    column: str, words: tuple[str, ...], *, severity: CheckSeverity = "critical"
) -> Expectation:
    return Expectation(
        f"{column}_is_declared",
        "column_values_to_be_in_set",
        {"column": column, "value_set": words},
        severity,
        f"Every {column} is one that mmm.yaml declares.",
        f"Add the {column} to mmm.yaml, or build the table again after renaming it there.",
    )


def bind_days(expectation: Expectation, *, days: list[date]) -> Mapping[str, Argument]:
    """The arguments with the days to be found, where the expectation is a daily one."""
    if not expectation.is_daily:
        return expectation.arguments
    return {**expectation.arguments, "value_set": tuple(day.isoformat() for day in days)}
