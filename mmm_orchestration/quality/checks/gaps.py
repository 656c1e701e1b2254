"""Days that nobody reported, told apart from days on which zero was reported."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import UNMAPPED, Project
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.quality.text import count, find_runs, format_names, format_runs, span


def find_source_gaps(silver_media: pl.DataFrame) -> list[Finding]:
    """Periods between a source's first and last row for which it has no row at all."""
    gaps = _find_gaps(silver_media, by=["source"])
    return [
        _report_source(str(source), runs=runs, media=silver_media)
        for (source,), runs in _group_runs(gaps, by=["source"])
    ]


def find_outcome_gaps(
    silver_outcomes: pl.DataFrame, *, project: Project, last_day: date
) -> list[Finding]:
    """Days from the project's start to `last_day` without a row of an outcome.

    Outcomes of weekly and monthly sources are looked at between their first and last period. The
    gaps of a KPI are errors, those of other outcomes warnings.
    """
    key = ["source", "outcome", "geo"]
    daily = [source.name for source in project.sources if source.period == "day"]
    spans = silver_outcomes.select(*key, "date", "period_days")
    fences = [
        spans.filter(pl.col("source").is_in(daily))
        .select(*key)
        .unique()
        .with_columns(date=pl.lit(day), period_days=pl.lit(1, dtype=spans["period_days"].dtype))
        for day in (project.start - timedelta(days=1), last_day + timedelta(days=1))
    ]
    gaps = _find_gaps(pl.concat([spans, *fences]), by=key)
    kpis = {(kpi.source, kpi.outcome) for kpi in project.kpis}
    findings = []
    for (source, outcome), runs in _group_runs(gaps, by=["source", "outcome"]):
        is_kpi = (source, outcome) in kpis
        n_days = sum(run.n_days for run in runs)
        findings.append(
            Finding(
                severity="error" if is_kpi else "warning",
                cause="outcome_gap",
                table="silver_outcomes",
                message=f"{'The KPI' if is_kpi else 'Outcome'} '{outcome}' of '{source}' is "
                f"missing on {count(n_days, 'day')}: {format_runs(runs)}."
                f"{_tell_geos(gaps, silver_outcomes, source=source, outcome=outcome)}",
                fix="Deliver these days; if the value was zero, deliver a zero.",
                days=span(runs),
                n_rows=n_days,
            )
        )
    return findings


def find_unreported_channels(
    gold_media_daily: pl.DataFrame, *, thresholds: Thresholds | None = None
) -> list[Finding]:
    """Accepted days on which an always-on channel has no row although its source was delivered."""
    limits = thresholds or Thresholds()
    days = (
        gold_media_daily.filter((pl.col("channel") != UNMAPPED) & (pl.col("period_days") == 1))
        .group_by("channel", "date")
        .agg(
            is_reported=pl.col("is_reported").any(),
            is_zero=pl.col("is_reported").any() & (pl.col("spend").sum() == 0),
        )
    )
    share = pl.col("is_reported").mean().over("channel")
    silent = days.filter(~pl.col("is_reported") & (share >= limits.always_on))
    zeros = dict(days.group_by("channel").agg(pl.col("is_zero").sum()).iter_rows())
    return [
        _report_channel(str(channel), runs=find_runs(part["date"]), n_zero=zeros[channel])
        for (channel,), part in silent.group_by("channel", maintain_order=True)
    ]


def _find_gaps(frame: pl.DataFrame, *, by: list[str]) -> pl.DataFrame:
    """One row per stretch of days that no period of the group covers, with `first`, `last`."""
    end = pl.col("date") + pl.duration(days=pl.col("period_days") - 1)
    spans = frame.select(*by, "date", end=end).unique().sort(*by, "date", "end")
    covered = pl.col("end").cum_max().shift(1).over(by)
    one = pl.duration(days=1)
    gaps = spans.with_columns(first=covered + one, last=pl.col("date") - one)
    return gaps.filter(pl.col("first") <= pl.col("last")).select(*by, "first", "last")


def _group_runs(
    gaps: pl.DataFrame, *, by: list[str]
) -> list[tuple[tuple[object, ...], list[DayWindow]]]:
    """The groups with the days that are missing somewhere in them."""
    return [
        (name, find_runs(d for first, last in rows for d in DayWindow(first, last).days()))
        for name, part in gaps.sort(*by).group_by(by, maintain_order=True)
        for rows in [part.select("first", "last").iter_rows()]
    ]


def _tell_geos(
    gaps: pl.DataFrame, outcomes: pl.DataFrame, *, source: object, outcome: object
) -> str:
    """In which geos the days are missing, where it is not in all of them."""
    is_it = (pl.col("source") == source) & (pl.col("outcome") == outcome)
    missing = sorted(gaps.filter(is_it)["geo"].unique())
    n_all = outcomes.filter(is_it)["geo"].n_unique()
    if len(missing) == n_all:
        return ""
    return f" This is so in {len(missing)} of {n_all} geos: {format_names(missing)}."


def _report_source(source: str, *, runs: Sequence[DayWindow], media: pl.DataFrame) -> Finding:
    n_days = sum(run.n_days for run in runs)
    daily = media.filter(pl.col("source") == source).group_by("date").agg(pl.col("spend").sum())
    n_zero = daily.filter(pl.col("spend") == 0).height
    zero = f" It reported zero spend on {count(n_zero, 'other day')}." if n_zero else ""
    return Finding(
        severity="warning",
        cause="source_gap",
        table="silver_media",
        message=f"'{source}' has no rows for {count(n_days, 'day')} in the middle of its history: "
        f"{format_runs(runs)}. Missing is not zero.{zero}",
        fix=f"Export these days from '{source}' again; if nothing ran, the export covering them "
        "says so.",
        days=span(runs),
        n_rows=n_days,
    )


def _report_channel(channel: str, *, runs: Sequence[DayWindow], n_zero: int) -> Finding:
    n_days = sum(run.n_days for run in runs)
    zero = f" It reported zero on {count(n_zero, 'other day')}." if n_zero else ""
    return Finding(
        severity="warning",
        cause="channel_unreported",
        table="gold_media_daily",
        message=f"Channel '{channel}' runs nearly every day but its source has no row for it on "
        f"{count(n_days, 'day')}: {format_runs(runs)}; they count as zero.{zero}",
        fix="Look whether campaigns were renamed or left out of the export, then deliver the days "
        "again.",
        days=span(runs),
        channel=channel,
        n_rows=n_days,
    )
