"""A posterior that passed, turned into results, findings and the page people read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from mmm_orchestration.examining import load_findings
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.insight.experiments import find_disagreements
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.inspection import find_in_lake
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.quality.finding import Finding, sort_findings
from mmm_orchestration.refreshing import find_noise
from mmm_orchestration.training import FitRecord, find_latest, load_passed

if TYPE_CHECKING:
    from mmm_orchestration.model.posterior import Posterior

TRUTH = "contributions.parquet"


@dataclass(frozen=True)
class RoiReport:
    """What the ROI report says: results of the posterior, findings on the data and on it."""

    results: RoiResults
    findings: tuple[Finding, ...]
    truth: Mapping[str, float] | None


def summarise_fit(
    posterior: "Posterior", *, record: FitRecord, name: str | None = None
) -> RoiResults:
    """The results of one posterior under the version its record names, or another `name`."""
    from mmm_orchestration.insight.summary import summarise

    return summarise(
        posterior,
        model_version=name or record.version,
        delta_versions=record.delta_versions,
        code_version=record.code_version,
        fitted_at=record.fitted_at,
    )


def summarise_kept(home: Home, *, posterior: "Posterior", record: FitRecord) -> RoiResults:
    """The results of a kept posterior with the seed noise of every number."""
    noise = find_noise(home, version=record.version, posterior=posterior)
    return replace(summarise_fit(posterior, record=record), noise=noise)


def prepare_report(lake: Lake, *, home: Home) -> RoiReport:
    """The report on the model's posterior fitted last; raises PosteriorError unless it passed."""
    record, posterior = load_passed(home.posteriors)
    today = datetime.now(ZoneInfo(home.project.time_zone)).date()
    results = summarise_kept(home, posterior=posterior, record=record)
    findings = [
        *find_in_lake(lake, project=home.project, today=today, model=home.model),
        *load_findings(home.posteriors, version=record.version).all,
        *map(_report_note, results.notes),
        *find_disagreements(results.experiments, unit=results.provenance.kpi_unit),
    ]
    return RoiReport(
        results=results,
        findings=tuple(sort_findings(findings)),
        truth=read_truth(
            home.truth,
            first=date.fromisoformat(record.first_day),
            last=date.fromisoformat(record.trained_through),
        ),
    )


def find_all(lake: Lake, *, home: Home, today: date) -> list[Finding]:
    """The findings on the lake and, where the model has a posterior, those of its fit, sorted."""
    kept = home.posteriors
    findings = find_in_lake(lake, project=home.project, today=today, model=home.model)
    if not any(kept.glob("*.json")):
        return findings
    latest = find_latest(kept)
    return sort_findings([*findings, *load_findings(kept, version=latest.version).all])


def _report_note(note: str) -> Finding:
    """What the model left out or doubts, as a finding."""
    return Finding(
        severity="info",
        cause="model_note",
        table="posterior",
        message=note,
        fix="Nothing, if that is as it should be; else change the project file and train again.",
    )


def read_truth(folder: Path, *, first: date, last: date) -> dict[str, float] | None:
    """True contribution by channel from `first` to `last`; None for a project of the real world."""
    file = folder / TRUTH
    if not file.is_file():
        return None
    days = pl.scan_parquet(file).filter(pl.col("date").is_between(first, last))
    totals = days.group_by("channel").agg(pl.col("contribution").sum()).collect()
    return dict(totals.iter_rows())


def write_report(report: RoiReport, *, folder: Path) -> Path:
    """The page of the report, under its model version and as the newest, `roi.html`."""
    from mmm_orchestration.reporting.report import render_report

    page = render_report(report.results, findings=report.findings, truth=report.truth)
    newest = folder / "roi.html"
    for path in (folder / f"roi_{report.results.provenance.model_version}.html", newest):
        write_whole(path, page)
    return newest
