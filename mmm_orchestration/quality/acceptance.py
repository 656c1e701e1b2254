"""Which days may enter gold: delivered by every required source and passing every critical check.

Belongs here: the decision for single days of a window. Must not: reading or writing tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import Project, Source
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.quality.masks import (
    find_missing_columns,
    select_bad_rows,
    where_expr,
)
from mmm_orchestration.quality.suites import HAS_ROWS, Expectation, Suite
from mmm_orchestration.quality.text import find_runs, format_runs

type FailedDays = Mapping[date, tuple[str, ...]]
ReasonKind = Literal["not_delivered", "failed_check"]


@dataclass(frozen=True, order=True)
class Reason:
    """Why a day is not accepted: `name` is a source, or a check as 'table.expectation'."""

    kind: ReasonKind
    name: str

    def __str__(self) -> str:
        if self.kind == "not_delivered":
            return f"source '{self.name}' has not been delivered"
        return f"critical check '{self.name}' failed"


@dataclass(frozen=True)
class Acceptance:
    """The days of `window` that may enter gold, and why each of the others may not.

    `days` and the keys of `rejected` are disjoint and together are the window. `awaited` names
    the weekly and monthly sources whose period over some days has not come; it blocks nothing.
    """

    window: DayWindow
    days: tuple[date, ...]
    rejected: Mapping[date, tuple[Reason, ...]]
    awaited: Mapping[str, tuple[date, ...]]

    @property
    def is_whole(self) -> bool:
        """Whether every day of the window is accepted."""
        return not self.rejected

    def list_findings(self) -> list[Finding]:
        """One finding per reason with the days it holds back, and one per awaited source."""
        held: dict[Reason, list[date]] = {}
        for day, reasons in self.rejected.items():
            for reason in reasons:
                held.setdefault(reason, []).append(day)
        blocked = [_report_held(reason, days=days) for reason, days in held.items()]
        return blocked + [_report_awaited(name, days=days) for name, days in self.awaited.items()]


def evaluate_acceptance(
    deliveries: pl.DataFrame,
    *,
    project: Project,
    window: DayWindow,
    failed: Mapping[str, FailedDays],
) -> Acceptance:
    """The accepted days of `window`.

    `deliveries` is the register with `(source, status, first_day, last_day)`: a day is delivered
    when a delivery that was read covers it. `failed` holds the failed days by table.
    """
    rejected: dict[date, list[Reason]] = {}
    awaited: dict[str, tuple[date, ...]] = {}
    for source in project.sources:
        if not source.required:
            continue
        absent = _find_undelivered(deliveries, source=source, window=window)
        if source.period == "day":
            for day in absent:
                rejected.setdefault(day, []).append(Reason("not_delivered", source.name))
        elif absent:
            awaited[source.name] = tuple(absent)
    for table, days in failed.items():
        for day, names in days.items():
            if window.contains(day):
                reasons = [Reason("failed_check", f"{table}.{name}") for name in names]
                rejected.setdefault(day, []).extend(reasons)
    return Acceptance(
        window=window,
        days=tuple(day for day in window.days() if day not in rejected),
        rejected=MappingProxyType({day: tuple(sorted(rejected[day])) for day in sorted(rejected)}),
        awaited=MappingProxyType(awaited),
    )


def _find_undelivered(deliveries: pl.DataFrame, *, source: Source, window: DayWindow) -> list[date]:
    """The days of the window that no delivery of the source covers."""
    is_read = (pl.col("source") == source.name) & (pl.col("status") == "read")
    spans = deliveries.filter(is_read).select("first_day", "last_day").drop_nulls().unique()
    covered = [DayWindow(first, last) for first, last in spans.iter_rows()]
    near = [span for span in covered if span.overlaps(window)]
    return [day for day in window.days() if not any(span.contains(day) for span in near)]


def _report_held(reason: Reason, *, days: list[date]) -> Finding:
    is_source = reason.kind == "not_delivered"
    return Finding(
        severity="error" if is_source else "critical",
        cause=reason.kind,
        table=f"bronze_{reason.name}" if is_source else reason.name.split(".")[0],
        message=f"{format_runs(find_runs(days))} kept out of the model: {reason}.",
        fix=f"Deliver the days, or set 'required: false' for '{reason.name}' in mmm.yaml."
        if is_source
        else "Open the check, correct the rows it lists and deliver the days again.",
        days=DayWindow(min(days), max(days)),
    )


def _report_awaited(source: str, *, days: Sequence[date]) -> Finding:
    return Finding(
        severity="info",
        cause="period_awaited",
        table=f"bronze_{source}",
        message=f"'{source}' has not yet reported the period with {format_runs(find_runs(days))}.",
        fix="Nothing while the period runs; afterwards deliver it.",
        days=DayWindow(min(days), max(days)),
    )


def find_failed_days(
    frame: pl.DataFrame, *, suite: Suite, window: DayWindow
) -> Mapping[date, tuple[str, ...]]:
    """The days of `window` that break a critical expectation, with the names of those broken.

    A row that stands for several days fails each of them. What cannot be tied to days (a column
    or a date is missing, or nothing was there to evaluate) fails every day of the window.
    """
    failed: dict[date, list[str]] = {}
    for expectation in suite.expectations:
        if expectation.severity == "critical":
            for day in _find_days(frame, expectation=expectation, suite=suite, window=window):
                failed.setdefault(day, []).append(expectation.name)
    return MappingProxyType({day: tuple(failed[day]) for day in sorted(failed)})


def _find_days(
    frame: pl.DataFrame, *, expectation: Expectation, suite: Suite, window: DayWindow
) -> Sequence[date]:
    every_day = window.days()
    has_date = suite.date_column in frame.columns
    if find_missing_columns(frame, expectation=expectation) or not has_date:
        return every_day
    if expectation.name == HAS_ROWS:
        return every_day if frame.is_empty() else []
    if expectation.is_daily:
        there = set(frame.filter(where_expr(expectation))[suite.date_column])
        return [day for day in every_day if day not in there]
    if expectation.kind == "column_distinct_values_to_contain_set":
        wanted = set(expectation.words)
        return every_day if wanted - set(frame[expectation.columns[0]]) else []
    bad = select_bad_rows(frame, expectation=expectation)
    if bad[suite.date_column].null_count():
        return every_day
    return sorted(_spread_days(bad, suite=suite, window=window))


def _spread_days(bad: pl.DataFrame, *, suite: Suite, window: DayWindow) -> set[date]:
    """The days of the window that the bad rows stand for; a broken length counts as one day."""
    has_length = "period_days" in bad.columns
    length = pl.col("period_days").fill_null(1).clip(1, 366) if has_length else pl.lit(1)
    spans = bad.select(pl.col(suite.date_column), length.alias("n")).unique()
    return {
        day
        for first, n in spans.iter_rows()
        for i in range(n)
        if window.contains(day := first + timedelta(days=i))
    }
