"""Champion and challenger from disk to a kept refresh report, and its page.

Belongs here: reading and keeping around `refresh`. Must not: the arithmetic, Dagster.
"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.registry import CHALLENGER, CHAMPION, open_registry
from mmm_orchestration.registry.restoring import restore_posterior
from mmm_orchestration.tables.contracts import RESTATEMENTS
from mmm_orchestration.training import FitRecord, find_latest, load_record, read_snapshot

if TYPE_CHECKING:
    from mmm_orchestration.insight.results import SeedNoise
    from mmm_orchestration.lake.lake import Lake
    from mmm_orchestration.model.data import ModelData
    from mmm_orchestration.model.posterior import Posterior
    from mmm_orchestration.project import Project
    from mmm_orchestration.refresh.results import RefreshReport, RestatedDays
    from mmm_orchestration.refresh.walk import Fit, Kept

Say = Callable[[str], None]
PAGE = "refresh.html"


def find_champion(home: Home) -> FitRecord | None:
    """The record of the model's champion, whose posterior is here then; None where there is none.

    Raises RegistryError where it is altered, or neither here nor in MLflow.
    """
    return _find(home, alias=CHAMPION)


def find_challenger(home: Home) -> FitRecord:
    """The record of the model's challenger: the version registered last, else the newest posterior.

    Raises PosteriorError where there is none.
    """
    return _find(home, alias=CHALLENGER) or find_latest(home.posteriors)


def _find(home: Home, *, alias: str) -> FitRecord | None:
    version = open_registry(home).find(alias)
    if version is None:
        return None
    restore_posterior(home, version)
    return load_record(home.posteriors, version=version.version)


def refresh(home: Home, *, say: Say, fit: "Fit | None" = None) -> "RefreshReport | None":
    """How the model's challenger moved from the champion, and why; kept as JSON and pages.

    None where there is no champion, or where the challenger is the champion. `fit` makes
    the refits; without it each runs in a process of its own.
    """
    from mmm_orchestration.refresh.results import keep_refresh
    from mmm_orchestration.refresh.walk import explain

    champion, record = find_champion(home), find_challenger(home)
    if champion is None or champion.version == record.version:
        return None
    lake = home.open_lake()
    report = explain(
        _load(home.posteriors, champion),
        _load(home.posteriors, record),
        fit=fit or fit_once,
        reread=lambda project: reread(lake, project=project, record=record),
        restated_days=list_restated_days(lake, champion=champion),
        say=say,
    )
    keep_refresh(report, folder=home.posteriors)
    write_pages(report, folder=home.reports)
    return report


def fit_once(data: "ModelData", project: "Project") -> "Posterior":
    """One refit, in a process of its own."""
    from mmm_orchestration.model.worker import fit_apart

    return fit_apart(data, project=project)


def reread(lake: "Lake", *, project: "Project", record: FitRecord) -> "ModelData":
    """The gold days that the fit of `record` read, as `project` arranges them."""
    period = date.fromisoformat(record.period) if record.period else None
    return read_snapshot(lake, project=project, versions=record.delta_versions, period=period).data


def list_restated_days(lake: "Lake", *, champion: FitRecord) -> "tuple[RestatedDays, ...]":
    """The days that the champion knew and that deliveries changed since it was fitted."""
    from mmm_orchestration.refresh.results import RestatedDays

    rows = lake.read(RESTATEMENTS.name, contract=RESTATEMENTS).filter(
        pl.col("observed_at") > datetime.fromisoformat(champion.fitted_at),
        pl.col("date") <= date.fromisoformat(champion.trained_through),
    )
    by_day = (
        rows.sort("delta_version")
        .group_by("table", "measure", "date", maintain_order=True)
        .agg(pl.col("before").first(), pl.col("after").last())
    )
    found = by_day.group_by("table", "measure").agg(
        pl.col("date").sort(), pl.col("before").sum(), pl.col("after").sum()
    )
    return tuple(
        RestatedDays(
            table=row["table"],
            measure=row["measure"],
            days=tuple(row["date"]),
            before=row["before"],
            after=row["after"],
        )
        for row in found.sort("table", "measure").collect().iter_rows(named=True)
    )


def find_noise(home: Home, *, version: str, posterior: "Posterior") -> "tuple[SeedNoise, ...]":
    """The seed noise of a posterior: that of its refresh report, else from its own chains."""
    from mmm_orchestration.refresh.numbers import measure_noise
    from mmm_orchestration.refresh.results import seed_noise

    return seed_noise(home.posteriors, version=version) or measure_noise([posterior])


def write_pages(report: "RefreshReport", *, folder: Path) -> Path:
    """The page of the report under its model version and as the newest, `refresh.html`."""
    from mmm_orchestration.reporting.refresh import render_refresh

    page = render_refresh(report)
    newest = folder / PAGE
    for path in (folder / f"refresh_{report.version}.html", newest):
        write_whole(path, page)
    return newest


def _load(folder: Path, record: FitRecord) -> "Kept":
    from mmm_orchestration.model.posterior import load_posterior
    from mmm_orchestration.refresh.walk import Kept

    return Kept(record.version, load_posterior(folder / record.version), record.code_hash)
