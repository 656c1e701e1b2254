"""Posteriors that are kept and recorded in a real MLflow, without a fit.

Belongs here: what a run leaves behind. The tests register it.
"""

from datetime import date, timedelta
from pathlib import Path

from mmm_orchestration.home import Home
from mmm_orchestration.training import FitRecord, Snapshot, keep_posterior
from tests.insight.known import make_posterior, make_project

FIRST = date(2026, 1, 30)


def make_home(folder: Path) -> Home:
    """A project of one model in `folder`, with MLflow in a file beside it."""
    return Home(make_project(), folder)


def keep(home: Home, number: int, *, day: date | None = None) -> FitRecord:
    """The record of a fit that read the accepted days through `day`, in MLflow like a real one."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=home.mlflow_uri)
    experiment = client.get_experiment_by_name("fits")
    place = (home.base / "mlflow_artifacts").absolute().as_uri()
    name = experiment.experiment_id if experiment else client.create_experiment("fits", place)
    run = client.create_run(name)
    posterior = make_posterior()
    record = keep_posterior(
        posterior,
        folder=home.posteriors,
        snapshot=Snapshot(
            posterior.data, {}, accepted_through=day or FIRST + timedelta(days=30 * number)
        ),
        dagster_run=f"run{number:05}",
        mlflow_run=run.info.run_id,
    )
    client.log_artifacts(run.info.run_id, str(home.posteriors / record.version), "posterior")
    return record
