"""What assets are given: the lake, the project's folder and the MLflow run.

Belongs here: Dagster resources and nothing that computes.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

from mmm_orchestration.home import MLFLOW_ENV
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.lake.location import storage_options_from_env
from mmm_orchestration.secrets import tell_mlflow_errors


class LakeResource(dg.ConfigurableResource[Lake]):
    """The Delta tables, for assets to read and to write.

    It is no IO manager, because only the asset itself, and not the output context of an IO
    manager, can report the Delta version as its data version.
    """

    uri: str
    storage_options_env: Mapping[str, str] = Field(default_factory=dict)

    @cached_property
    def _lake(self) -> Lake:
        options = storage_options_from_env(self.storage_options_env)
        return Lake(self.uri, storage_options=options)

    def get(self) -> Lake:
        """The lake, opened once per process."""
        return self._lake


class FolderResource(dg.ConfigurableResource[None]):
    """The folder of mmm.yaml, which source paths are relative to and where results are kept."""

    path: str

    @property
    def base(self) -> Path:
        """The folder of mmm.yaml."""
        return Path(self.path)

    @property
    def data_docs(self) -> Path:
        """Where the Data Docs of the last validation of each table are kept."""
        return self.base / "data_docs"


class MlflowResource(dg.ConfigurableResource[None]):
    """MLflow tracking through dagster-mlflow, imported only when a run is opened."""

    tracking_uri: str
    experiment: str
    artifacts: str

    _context: dg.InitResourceContext = PrivateAttr()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Keeps the context, whose Dagster run the MLflow run is tagged with."""
        self._context = context

    @contextmanager
    def open_run(self, *, model: str | None) -> Iterator[str]:
        """The id of the MLflow run of this Dagster run, closed as FINISHED, or FAILED on an error.

        Its name and tags hold the `model`. While it is open, the functions of `mlflow` log to it.
        An error of MLflow becomes a RegistryError, whose text holds no password.
        """
        with tell_mlflow_errors("The fit cannot be recorded in MLflow"):
            yield from self._open_run(model=model)

    def _open_run(self, *, model: str | None) -> Iterator[str]:
        import mlflow
        from dagster_mlflow.resources import MlFlow

        declared = os.environ.get(MLFLOW_ENV)
        config = {"experiment_name": self.experiment, "mlflow_tracking_uri": self.tracking_uri}
        mlflow.set_tracking_uri(self.tracking_uri)
        if mlflow.get_experiment_by_name(self.experiment) is None:
            mlflow.create_experiment(self.experiment, artifact_location=self._artifact_root())
        status = "FAILED"
        try:
            run = MlFlow(self._context.replace_config(config))  # type: ignore[no-untyped-call]
            if model is not None:
                mlflow.set_tags({"mlflow.runName": f"{run.run_name} {model}", "model": model})
            yield mlflow.active_run().info.run_id  # type: ignore[union-attr]
            status = "FINISHED"
        finally:
            mlflow.end_run(status)
            # MLflow puts the place it tracks to into the environment, where the next project of
            # this process would take it for what its user declared.
            if declared is None:
                os.environ.pop(MLFLOW_ENV, None)

    def _artifact_root(self) -> str | None:
        """The project's own folder, unless a tracking server has a place of its own."""
        has_server = self.tracking_uri.startswith(("http://", "https://"))
        return None if has_server else Path(self.artifacts).absolute().as_uri()
