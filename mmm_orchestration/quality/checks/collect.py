"""All plain checks over the tables that exist, worst finding first."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import Project
from mmm_orchestration.quality.checks.declarations import (
    find_mixed_currency,
    find_undeclared,
    find_unmapped,
)
from mmm_orchestration.quality.checks.delivery import (
    find_delivery_without_spend,
    find_spend_without_delivery,
)
from mmm_orchestration.quality.checks.gaps import (
    find_outcome_gaps,
    find_source_gaps,
    find_unreported_channels,
)
from mmm_orchestration.quality.checks.recency import (
    find_cut_periods,
    find_last_days,
    find_partial_last_days,
    find_stale,
)
from mmm_orchestration.quality.checks.register import (
    find_duplicates,
    find_quarantined,
    find_refused,
    find_restated,
)
from mmm_orchestration.quality.checks.scale import find_media_outliers, find_outcome_outliers
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding, sort_findings

type Tables = Mapping[str, pl.DataFrame | pl.LazyFrame]


def collect_findings(
    tables: Tables,
    *,
    project: Project,
    today: date,
    thresholds: Thresholds | None = None,
    notes: Sequence[Finding] = (),
    newest: date | None = None,
) -> list[Finding]:
    """The findings of every plain check whose tables are in `tables`, with `notes` among them.

    `tables` holds silver, gold, `deliveries`, `quarantine` and `restatements` by name; one that
    is absent is not looked at. `notes` are findings made elsewhere, such as while reading.
    `newest` is the newest day of any outcome, where `tables` lack the one that has it.
    """
    limits = thresholds or Thresholds()
    frames = {
        name: frame.collect() if isinstance(frame, pl.LazyFrame) else frame
        for name, frame in tables.items()
    }
    findings = [
        *notes,
        *_check_media(frames, project=project, today=today, limits=limits),
        *_check_outcomes(frames, project=project, today=today, newest=newest, limits=limits),
        *_check_registers(frames, project=project, limits=limits),
    ]
    silver = [frame for name, frame in frames.items() if name.startswith("silver_")]
    if silver:
        findings += find_stale(find_last_days(*silver), project=project, today=today)
    return sort_findings(findings)


def _check_media(
    frames: Mapping[str, pl.DataFrame], *, project: Project, today: date, limits: Thresholds
) -> list[Finding]:
    findings: list[Finding] = []
    media, gold = frames.get("silver_media"), frames.get("gold_media_daily")
    if media is not None:
        findings += find_source_gaps(media)
        findings += find_media_outliers(media, peaks=_list_peaks(project), thresholds=limits)
        findings += find_spend_without_delivery(media, project=project, thresholds=limits)
        findings += find_delivery_without_spend(media, project=project, thresholds=limits)
        findings += find_unmapped(media, project=project, thresholds=limits)
        findings += find_cut_periods(media, table="silver_media", today=today)
        findings += find_partial_last_days(
            media, by=["source"], value="spend", table="silver_media", thresholds=limits
        )
    if gold is not None:
        findings += find_unreported_channels(gold, thresholds=limits)
    return findings


def _check_outcomes(
    frames: Mapping[str, pl.DataFrame],
    *,
    project: Project,
    today: date,
    newest: date | None,
    limits: Thresholds,
) -> list[Finding]:
    outcomes = frames.get("silver_outcomes")
    if outcomes is None or outcomes.is_empty():
        return []
    ends = [*find_last_days(outcomes).values(), *filter(None, [newest])]
    last_day = min(max(ends), today - timedelta(days=1))
    return [
        *find_outcome_gaps(outcomes, project=project, last_day=last_day),
        *find_outcome_outliers(outcomes, peaks=_list_peaks(project), thresholds=limits),
        *find_cut_periods(outcomes, table="silver_outcomes", today=today),
        *find_partial_last_days(
            outcomes,
            by=["source", "outcome"],
            value="value",
            table="silver_outcomes",
            thresholds=limits,
        ),
    ]


def _list_peaks(project: Project) -> list[DayWindow]:
    """The windows of the declared events."""
    return [DayWindow(event.first, event.last) for event in project.events]


def _check_registers(
    frames: Mapping[str, pl.DataFrame], *, project: Project, limits: Thresholds
) -> list[Finding]:
    findings: list[Finding] = []
    deliveries, quarantine = frames.get("deliveries"), frames.get("quarantine")
    restatements = frames.get("restatements")
    if deliveries is not None:
        findings += find_refused(deliveries)
        findings += find_mixed_currency(deliveries, project=project)
        findings += find_undeclared(deliveries, project=project)
    if quarantine is not None:
        findings += find_duplicates(quarantine)
    if quarantine is not None and deliveries is not None:
        findings += find_quarantined(quarantine, deliveries=deliveries, thresholds=limits)
    if restatements is not None:
        findings += find_restated(restatements, thresholds=limits)
    return findings
