"""Posteriors that are kept and recorded in a real MLflow, without a fit.

Belongs here: what a run leaves behind. The tests register it.
"""

import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from mmm_orchestration.home import Home
from mmm_orchestration.registry.restoring import KEPT, RECORD_FILE
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
    is_local = home.mlflow_uri.startswith("sqlite:")
    place = (home.base / "mlflow_artifacts").absolute().as_uri() if is_local else None
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
    client.log_dict(run.info.run_id, asdict(record), f"{KEPT}/{RECORD_FILE}")
    client.log_artifacts(run.info.run_id, str(home.posteriors / record.version), "posterior")
    return record


def move_artefacts(home: Home, *, before: Path) -> None:
    """Nothing; MLflow's file in the copied `home` names the artefacts that were copied with it."""
    places = {
        "experiments": ("artifact_location",),
        "runs": ("artifact_uri",),
        "model_versions": ("source", "storage_location"),
    }
    with closing(sqlite3.connect(home.base / "mlflow.db")) as file, file:
        for table, columns in places.items():
            for column in columns:
                query = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608
                file.execute(query, (str(before), str(home.base)))
