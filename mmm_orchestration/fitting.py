"""One fit as a whole: gold to a posterior that is kept, recorded and registered.

Belongs here: the order of its steps, and what is done when a period has its version already.
Must not: the steps themselves, Dagster.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from mmm_orchestration.errors import ModelError
from mmm_orchestration.examining import (
    FitFindings,
    examine_after,
    examine_before,
    keep_findings,
    load_findings,
)
from mmm_orchestration.home import Home
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.inspection import list_gold
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.memory import Memory
from mmm_orchestration.project import Project, content_hash
from mmm_orchestration.publishing import summarise_kept
from mmm_orchestration.registry import open_registry
from mmm_orchestration.registry.restoring import restore_posterior
from mmm_orchestration.retraining import Request
from mmm_orchestration.tracking import record_fit
from mmm_orchestration.training import (
    FitRecord,
    fit_snapshot,
    keep_posterior,
    load_record,
    read_snapshot,
)

if TYPE_CHECKING:
    from mmm_orchestration.model.posterior import Posterior

_unready = Memory[str](size=16)


class Tracker(Protocol):
    """What opens an MLflow run."""

    def open_run(self, *, model: str | None) -> AbstractContextManager[str]:
        """The id of the run, open inside the block."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A registered posterior with what is said of it."""

    record: FitRecord
    posterior: "Posterior"
    findings: FitFindings
    results: RoiResults


def fit_model(
    home: Home,
    *,
    lake: Lake,
    asked: Request,
    tracker: Tracker,
    dagster_run: str,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> Fit:
    """The fit of the home's one model as it was asked for, registered.

    Where the period has a version already nothing is fitted and that version comes back; so it
    does where another run registered one meanwhile.
    """
    if (done := find_fit(home, period=asked.period)) is not None:
        warn(f"Period {asked.period} has version {done.record.version}: nothing was fitted.")
        return done
    one = home.one
    snapshot = read_snapshot(lake, project=one, period=asked.period)
    before = examine_before(snapshot.data, project=one, say=warn)
    with tracker.open_run(model=one.model_name) as mlflow_run:
        fitted = fit_snapshot(snapshot, project=one, say=say)
        record = keep_posterior(
            fitted,
            folder=home.posteriors,
            snapshot=snapshot,
            dagster_run=dagster_run,
            mlflow_run=mlflow_run,
        )
        findings = examine_after(fitted, before=before)
        keep_findings(findings, folder=home.posteriors, version=record.version)
        results = summarise_kept(home, posterior=fitted, record=record)
        record_fit(
            fitted, record=record, results=results, findings=findings, folder=home.posteriors
        )
    made = open_registry(home).register(
        record, period=asked.period, counted_after=asked.counted_after, reason=asked.reason
    )
    if made.version != record.version and (done := find_fit(home, period=asked.period)):
        warn(
            f"Period {asked.period} was registered as {made.version} meanwhile: {record.version} "
            "is kept but not registered."
        )
        return done
    return Fit(record=record, posterior=fitted, findings=findings, results=results)


def find_fit(home: Home, *, period: date | None) -> Fit | None:
    """The version that is registered for `period`, None where none is or no period is asked."""
    from mmm_orchestration.model.posterior import load_posterior

    made = open_registry(home).find_period(period) if period else None
    if made is None:
        return None
    posterior = load_posterior(restore_posterior(home, made))
    record = load_record(home.posteriors, version=made.version)
    return Fit(
        record=record,
        posterior=posterior,
        findings=load_findings(home.posteriors, version=made.version),
        results=summarise_kept(home, posterior=posterior, record=record),
    )


def tell_unready(lake: Lake, *, project: Project, period: date) -> str:
    """Why the accepted days through `period` make no model yet; empty where they do.

    Looked at again only when a gold table has changed.
    """
    tables = [c.name for c in list_gold(project) if lake.has(c.name)]
    versions = tuple((lake.table_uri(name), lake.version(name)) for name in tables)
    key = (versions, content_hash(project), period)
    return _unready.get(key, lambda: _look_for_room(lake, project=project, period=period))


def _look_for_room(lake: Lake, *, project: Project, period: date) -> str:
    from mmm_orchestration.diagnosis.before import find_no_room

    try:
        data = read_snapshot(lake, project=project, period=period).data
    except ModelError as error:
        return str(error)
    finding = find_no_room(data, project=project)
    return finding.message if finding else ""
