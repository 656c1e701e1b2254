"""Gold to a saved posterior: read pinned versions, fit, keep, and record the run in MLflow.

Belongs here: the way of one fit. Must not: the model (see `model`) or what is said of it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mmm_orchestration import __version__
from mmm_orchestration.code_hash import hash_model_code
from mmm_orchestration.environment import hash_environment
from mmm_orchestration.errors import ModelError, PosteriorError
from mmm_orchestration.examining import load_findings
from mmm_orchestration.files import write_whole
from mmm_orchestration.inspection import list_extra, list_gold
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Project
from mmm_orchestration.tables.contracts import (
    GOLD_CONTROLS_DAILY,
    GOLD_EXPERIMENTS,
    GOLD_KPI_DAILY,
    GOLD_MEDIA_DAILY,
)
from mmm_orchestration.trials import load_experiments

if TYPE_CHECKING:
    from mmm_orchestration.model.data import ModelData
    from mmm_orchestration.model.posterior import Posterior

_LAST_DAY = pl.col("date") + pl.duration(days=pl.col("period_days") - 1)


@dataclass(frozen=True)
class Snapshot:
    """The data of one fit and the Delta versions they were read from.

    `accepted_through` is the newest accepted day that was read, `period` the day that reading
    stopped at, None where nothing stopped it.
    """

    data: "ModelData"
    delta_versions: Mapping[str, int]
    accepted_through: date | None = None
    period: date | None = None

    @property
    def first_day(self) -> str:
        """First day of the first period."""
        return str(self.data.periods[0])

    @property
    def trained_through(self) -> str:
        """Last day of the last period."""
        last = self.data.periods[-1].astype("datetime64[D]").item()
        return str(last + timedelta(days=self.data.period_days - 1))


@dataclass(frozen=True)
class FitRecord:
    """Where a saved posterior comes from; `version` names its folder.

    `predicted` is what the fit was said to cost: seconds, bytes of memory and of the posterior.
    `code_hash` is of the source of the model, empty in records from before it was kept.
    `accepted_through` is the newest accepted day that the fit read; where it was not kept, it is
    `trained_through`. `period` is the day that reading stopped at, None where nothing stopped it.
    """

    version: str
    fitted_at: str
    first_day: str
    trained_through: str
    snapshot: str
    delta_versions: Mapping[str, int]
    code_version: str
    dagster_run: str
    mlflow_run: str
    predicted: Mapping[str, float] = field(default_factory=dict)
    accepted_through: str = ""
    period: str | None = None
    seed: int | None = None
    lock_hash: str = ""
    code_hash: str = ""

    def __post_init__(self) -> None:
        if not self.accepted_through:
            object.__setattr__(self, "accepted_through", self.trained_through)


def read_snapshot(
    lake: Lake,
    *,
    project: Project,
    versions: Mapping[str, int] | None = None,
    period: date | None = None,
) -> Snapshot:
    """The model's data from the gold tables at `versions`, or as they are now.

    With `period` no row is read that goes on after that day, so that later days change nothing.
    `project` has one model, else ProjectError is raised. Raises ModelError when the data make no
    model.
    """
    from mmm_orchestration.model.prepare import prepare_model_data

    project = project.for_model()
    tables = (*list_gold(project), *list_extra(project))
    names = [contract.name for contract in tables if lake.has(contract.name)]
    pinned = versions or {name: lake.version(name) for name in names}
    media, kpi, controls = (
        _cut(
            lake.read(contract.name, contract=contract, version=pinned.get(contract.name)),
            period=period,
        )
        for contract in (GOLD_MEDIA_DAILY, GOLD_KPI_DAILY, GOLD_CONTROLS_DAILY)
    )
    own = choose_kpi(kpi, project=project)
    data = prepare_model_data(
        media=media,
        kpi=own,
        controls=controls,
        project=project,
        experiments=load_experiments(
            lake, version=pinned.get(GOLD_EXPERIMENTS.name), model=project.model_name
        ),
    )
    newest: date | None = own.select(_LAST_DAY.max()).item()
    return Snapshot(data, pinned, accepted_through=newest, period=period)


def _cut(rows: pl.LazyFrame, *, period: date | None) -> pl.DataFrame:
    """The rows whose days are over by the end of `period`, or all."""
    return (rows if period is None else rows.filter(period >= _LAST_DAY)).collect()


def choose_kpi(rows: pl.DataFrame, *, project: Project) -> pl.DataFrame:
    """The rows of the project's KPI.

    Rows that do not say whose they are were written when a project had one KPI, which is this one
    unless several models are declared; then they raise ModelError.
    """
    kpi, unsaid = project.kpi, pl.col("source").is_null()
    old = rows.filter(unsaid)
    if project.models and not old.is_empty():
        days = old["date"].sort()
        raise ModelError(
            f"{old.height} rows of gold_kpi_daily were written when the project had one model, and "
            "do not say which KPI they hold",
            fix=f"Run 'mmm run --from {days[0]} --to {days[-1]} --no-train' once",
        )
    is_own = (pl.col("source") == kpi.source) & (pl.col("outcome") == kpi.outcome)
    return rows.filter(unsaid | is_own).drop("source", "outcome")


def fit_snapshot(
    snapshot: Snapshot, *, project: Project, say: Callable[[str], None]
) -> "Posterior":
    """The posterior of the snapshot, fitted in a process of its own.

    Said are the predicted cost, the sampler with its reasons, and progress in tenths. Raises
    ModelError before the fit when it will not fit into the memory or the limits of the project.
    """
    from mmm_orchestration.model.cost import check_cost, describe_cost
    from mmm_orchestration.model.machine import find_hardware
    from mmm_orchestration.model.worker import fit_apart, plan_fit

    plan, cost = plan_fit(snapshot.data, project=project)
    say(f"{' '.join(plan.reasons)} {describe_cost(cost)}")
    check_cost(cost, hardware=find_hardware(), limits=project.gates)
    say(f"compiling a model of {snapshot.data.n_periods} periods")
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // max(total, 1)
        if tenth > told:
            told = tenth
            say(f"sampling: {done:,} of {total:,} iterations")

    return fit_apart(snapshot.data, project=project, progress=tell)


def is_snapshot_observed(record: "FitRecord", *, folder: Path, lake: Lake) -> bool:
    """Whether the posterior as saved observed what gold held at the versions it names."""
    from mmm_orchestration.model.posterior import load_posterior

    posterior = load_posterior(folder / record.version)
    named = read_snapshot(
        lake,
        project=posterior.project,
        versions=record.delta_versions,
        period=date.fromisoformat(record.period) if record.period else None,
    )
    return posterior.data.snapshot == named.data.snapshot == record.snapshot


def keep_posterior(
    posterior: "Posterior",
    *,
    folder: Path,
    snapshot: Snapshot,
    dagster_run: str,
    mlflow_run: str,
) -> FitRecord:
    """Saves the posterior below `folder` under a version of its own, with its record."""
    from mmm_orchestration.model.posterior import save_posterior
    from mmm_orchestration.model.worker import plan_fit

    _, cost = plan_fit(posterior.data, project=posterior.project)
    version = f"{snapshot.trained_through}-{posterior.data.snapshot[:8]}-{dagster_run[:8]}"
    record = FitRecord(
        version=version,
        fitted_at=datetime.now(UTC).isoformat(timespec="seconds"),
        first_day=snapshot.first_day,
        trained_through=snapshot.trained_through,
        snapshot=posterior.data.snapshot,
        delta_versions=dict(snapshot.delta_versions),
        code_version=__version__,
        dagster_run=dagster_run,
        mlflow_run=mlflow_run,
        predicted={
            "seconds": cost.seconds,
            "memory_bytes": cost.memory_bytes,
            "artefact_bytes": cost.artefact_bytes,
        },
        code_hash=hash_model_code(),
        accepted_through=str(snapshot.accepted_through or ""),
        period=str(snapshot.period) if snapshot.period else None,
        seed=posterior.seed,
        lock_hash=hash_environment(),
    )
    save_posterior(posterior, folder / version)
    write_record(record, folder=folder)
    return record


def write_record(record: FitRecord, *, folder: Path) -> Path:
    """The file of the record below `folder`, whole or not at all."""
    return write_whole(folder / f"{record.version}.json", json.dumps(asdict(record), indent=2))


def load_record(folder: Path, *, version: str) -> FitRecord:
    """The record of the posterior `version` below `folder`.

    Raises PosteriorError where there is none, or none that can be read.
    """
    file = folder / f"{version}.json"
    try:
        return FitRecord(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise PosteriorError(
            f"There is no posterior '{version}' in {folder}",
            available=sorted(path.stem for path in folder.glob("*.json")),
        ) from error
    except (TypeError, ValueError) as error:
        raise PosteriorError(f"{file} is altered: it is no record of a fit") from error


def find_latest(folder: Path) -> FitRecord:
    """The record of the posterior that was fitted last. Raises PosteriorError without any."""
    records = [load_record(folder, version=path.stem) for path in folder.glob("*.json")]
    if not records:
        raise PosteriorError(f"There is no posterior in {folder}", fix="Run the job 'train' first")
    return max(records, key=lambda record: (record.fitted_at, record.version))


def load_passed(folder: Path) -> "tuple[FitRecord, Posterior]":
    """The posterior fitted last.

    Raises PosteriorError when it missed a gate of the project or has a critical finding.
    """
    from mmm_orchestration.model.convergence import evaluate_convergence
    from mmm_orchestration.model.posterior import load_posterior

    record = find_latest(folder)
    posterior = load_posterior(folder / record.version)
    convergence = evaluate_convergence(posterior.diagnostics, gates=posterior.project.gates)
    if not convergence.is_passed:
        raise PosteriorError(
            f"Posterior {record.version} did not converge: {' '.join(convergence.reasons)}",
            fix="Sample longer or simplify the model, and train again",
        )
    critical = load_findings(folder, version=record.version).critical
    if critical:
        raise PosteriorError(
            f"Posterior {record.version} has a critical finding: {critical[0].message}",
            fix=critical[0].fix,
        )
    return record, posterior
