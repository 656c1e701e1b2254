"""The checks over the lake: suites on a window, findings over the whole past.

Belongs here: which tables a check reads. Must not: the checks themselves (see `quality`).
"""

import json
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Project
from mmm_orchestration.quality.acceptance import (
    Acceptance,
    FailedDays,
    evaluate_acceptance,
    find_failed_days,
)
from mmm_orchestration.quality.checks.collect import collect_findings
from mmm_orchestration.quality.finding import Finding, sort_findings
from mmm_orchestration.quality.scope import scope_model
from mmm_orchestration.quality.suites import Suite, build_suites
from mmm_orchestration.quality.validate import Validation, validate_frame
from mmm_orchestration.sources.deliveries import choose_deliveries
from mmm_orchestration.tables.contracts import (
    DELIVERIES,
    GOLD_CONTROLS_DAILY,
    GOLD_EXPERIMENTS,
    GOLD_KPI_DAILY,
    GOLD_MEDIA_DAILY,
    QUARANTINE,
    RESTATEMENTS,
    SILVER_CONTROLS,
    SILVER_MEDIA,
    SILVER_OUTCOMES,
    TableContract,
)
from mmm_orchestration.tables.lineage import list_feeds

TABLES = (
    SILVER_MEDIA,
    SILVER_OUTCOMES,
    SILVER_CONTROLS,
    GOLD_MEDIA_DAILY,
    GOLD_KPI_DAILY,
    GOLD_CONTROLS_DAILY,
)
REGISTERS = (DELIVERIES, QUARANTINE, RESTATEMENTS)

DAY_LOST = "day_lost"

_FED_THROUGH = {
    GOLD_MEDIA_DAILY.name: SILVER_MEDIA.name,
    GOLD_KPI_DAILY.name: SILVER_OUTCOMES.name,
    GOLD_CONTROLS_DAILY.name: SILVER_CONTROLS.name,
}
_LONGEST_PERIOD = timedelta(days=31)


def list_silver(project: Project) -> list[TableContract]:
    """The silver tables that some source of the project feeds."""
    return [c for c in TABLES if c.name.startswith("silver_") and list_feeds(project, c.name)]


def list_gold(project: Project) -> list[TableContract]:
    """The gold tables of the project: controls only where the model uses some."""
    gold = [GOLD_KPI_DAILY]
    if any(source.has_media for source in project.sources):
        gold.insert(0, GOLD_MEDIA_DAILY)
    return [*gold, GOLD_CONTROLS_DAILY] if project.controls else gold


def list_extra(project: Project) -> list[TableContract]:
    """The tables that a fit reads beside gold and that hold no accepted days."""
    return [GOLD_EXPERIMENTS] if project.experiments else []


def validate_table(
    lake: Lake, *, suite: Suite, project: Project, window: DayWindow | None
) -> Validation:
    """The verdicts of `suite` on the days of `window`, or on the whole table without one."""
    contract = next(c for c in TABLES if c.name == suite.table)
    frame, window = _read_checked(lake, contract=contract, project=project, window=window)
    return validate_frame(frame, suite=suite, window=window)


def accept_days(lake: Lake, *, project: Project, window: DayWindow) -> Acceptance:
    """Which days of `window` may enter gold, and why the others may not."""
    suites = {suite.table: suite for suite in build_suites(project)}
    failed: dict[str, FailedDays] = {}
    for contract in list_silver(project):
        frame, checked = _read_checked(lake, contract=contract, project=project, window=window)
        failed[contract.name] = find_failed_days(
            frame, suite=suites[contract.name], window=checked or window
        )
    register = _read_register(lake)
    for note in _list_notes(register, project=project, window=window):
        if note.cause == DAY_LOST and note.days is not None:
            lost = failed.setdefault(note.table, {})
            failed[note.table] = {**lost, **dict.fromkeys(note.days.days(), (DAY_LOST,))}
    return evaluate_acceptance(register, project=project, window=window, failed=failed)


def find_in_lake(
    lake: Lake, *, project: Project, today: date, model: str | None = None
) -> list[Finding]:
    """The findings of every plain check over all tables there are, worst first.

    Where a `model` is named, what concerns other models alone is left out, but for days that are
    held back: these are accepted for all models together.
    """
    scope = scope_model(project, model=model)
    tables = {
        contract.name: lake.read(contract.name, contract=contract)
        for contract in (*TABLES, *REGISTERS)
        if lake.has(contract.name) and contract is not DELIVERIES
    }
    register = _read_register(lake)
    if not register.is_empty():
        tables[DELIVERIES.name] = register.lazy()
    last = lake.last_day(SILVER_OUTCOMES.name, SILVER_OUTCOMES)
    notes, held = list[Finding](), list[Finding]()
    if last is not None and last >= project.start:
        window = DayWindow(project.start, last)
        notes = _list_notes(register, project=scope.project, window=window)
        held = accept_days(lake, project=project, window=window).list_findings()
    findings = collect_findings(
        scope.select_rows(tables), project=scope.project, today=today, notes=notes, newest=last
    )
    return sort_findings([*scope.select_findings(findings), *held])


def _read_register(lake: Lake) -> pl.DataFrame:
    """The register of deliveries without their contents."""
    columns = [name for name in DELIVERIES.column_names if name != "content"]
    return lake.read(DELIVERIES.name, contract=DELIVERIES, columns=columns).collect()


def _list_notes(register: pl.DataFrame, *, project: Project, window: DayWindow) -> list[Finding]:
    """What was noted, beyond information, of the deliveries that speak for a day of `window`.

    A note on one day counts only while no later delivery has restated that day.
    """
    notes = []
    for source in project.sources:
        own = register.filter(pl.col("source") == source.name)
        chosen = dict(choose_deliveries(own, window).select("date", "delivery").iter_rows())
        winning = own.filter(pl.col("delivery").is_in(list(set(chosen.values()) - {None})))
        for delivery, text in winning.select("delivery", "notes").drop_nulls().iter_rows():
            for note in map(Finding.from_row, json.loads(text)):
                is_current = note.days is None or chosen.get(note.days.first) == delivery
                if note.severity != "info" and is_current:
                    notes.append(note)
    return notes


def _read_checked(
    lake: Lake, *, contract: TableContract, project: Project, window: DayWindow | None
) -> tuple[pl.DataFrame, DayWindow | None]:
    """The rows a check looks at and their window.

    A table fed only by weekly or monthly sources has rows on few days, so there the window
    reaches back far enough to hold a whole period.
    """
    feeds = list_feeds(project, _FED_THROUGH.get(contract.name, contract.name))
    if window is not None and feeds and all(source.period != "day" for source in feeds):
        window = DayWindow(window.first - _LONGEST_PERIOD, window.last)
    return lake.read(contract.name, contract=contract, window=window).collect(), window
