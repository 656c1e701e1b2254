"""Where a project lives: which mmm.yaml is used and what is kept beside it, by model."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration.errors import ProjectError
from mmm_orchestration.project import Project, load_project

if TYPE_CHECKING:
    from mmm_orchestration.lake.lake import Lake

PROJECT_ENV = "MMM_PROJECT"
DAGSTER_HOME_ENV = "DAGSTER_HOME"
MLFLOW_ENV = "MLFLOW_TRACKING_URI"
POSTGRES_ENV = "MMM_POSTGRES_URL"
POSTGRES_SCHEME = "postgresql+psycopg2://"
FILE_NAME = "mmm.yaml"
DEMO_FOLDER = "demo"


@dataclass(frozen=True)
class Home:
    """A project, the folder of its mmm.yaml, and the model that is meant where it has several."""

    project: Project
    base: Path
    model: str | None = None

    @cached_property
    def one(self) -> Project:
        """The project as its one model has it.

        Raises ProjectError where there is no such model, or none is named of several.
        """
        return self.project.for_model(self.model)

    def list_models(self) -> list["Home"]:
        """The home for the model that is meant, else for each that there is."""
        if self.model is not None or not self.project.models:
            return [replace(self, model=self.one.model_name)]
        return [replace(self, model=name) for name in self.project.model_names]

    @property
    def lake_uri(self) -> str:
        """The lake as declared; a plain path is relative to mmm.yaml."""
        uri = self.project.lake.uri
        return uri if "://" in uri else str(self.base / uri)

    def open_lake(self) -> "Lake":
        """The lake of the project."""
        from mmm_orchestration.lake.lake import Lake
        from mmm_orchestration.lake.location import storage_options_from_env

        options = storage_options_from_env(self.project.lake.storage_options_env)
        return Lake(self.lake_uri, storage_options=options)

    @property
    def posteriors(self) -> Path:
        """Where fitted posteriors of the model are kept, one folder each."""
        return self._of_model("posteriors")

    @property
    def reports(self) -> Path:
        """Where rendered pages of the model are kept."""
        return self._of_model("reports")

    @property
    def updates(self) -> Path:
        """Where updates of posteriors of the model are kept, which are no versions."""
        return self._of_model("updates")

    @property
    def searches(self) -> Path:
        """Where the tries of searches of the model are kept."""
        return self._of_model("searches")

    @property
    def scenarios(self) -> Path:
        """Where scenarios of the model are kept by name."""
        return self._of_model("scenarios")

    @property
    def plans(self) -> Path:
        """Where approved plans of the model are kept."""
        return self._of_model("plans")

    @property
    def truth(self) -> Path:
        """Where a simulated project keeps what is true of the model, unseen by the chain."""
        return self._of_model("truth")

    @property
    def mlflow_uri(self) -> str:
        """MLFLOW_TRACKING_URI, else a SQLite file beside mmm.yaml."""
        return os.environ.get(MLFLOW_ENV) or f"sqlite:///{self.base / 'mlflow.db'}"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME, else a folder beside mmm.yaml."""
        declared = os.environ.get(DAGSTER_HOME_ENV)
        return Path(declared) if declared else self.base / ".dagster"

    def prepare_dagster(self) -> Path:
        """The Dagster home, with the project's instance settings unless it has its own.

        Where MMM_POSTGRES_URL is set when they are made, they name it as the place of records.
        """
        home = self.dagster_home.absolute()
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "dagster.yaml").exists():
            (home / "dagster.yaml").write_text(_read_settings(), encoding="utf-8")
        return home

    def _of_model(self, name: str) -> Path:
        """The folder beside mmm.yaml, and in it that of the model where it has a name."""
        return self.base / name / (self.one.model_name or "")


def _read_settings() -> str:
    """The instance settings for SQLite, or for Postgres where the environment names one."""
    folder = resources.files(__package__)
    usual = (folder / "dagster.yaml").read_text(encoding="utf-8")
    address = os.environ.get(POSTGRES_ENV)
    if not address:
        return usual
    if not address.startswith(POSTGRES_SCHEME):
        raise ProjectError(
            f"{POSTGRES_ENV} is no address of Postgres that names its driver",
            fix=f"Begin it with {POSTGRES_SCHEME}",
        )
    _, mark, rest = usual.partition("telemetry:")
    return (folder / "dagster_postgres.yaml").read_text(encoding="utf-8") + "\n" + mark + rest


def find_project_file() -> Path | None:
    """MMM_PROJECT, else mmm.yaml here, else the one of the demo; None when there is none."""
    declared = os.environ.get(PROJECT_ENV)
    if declared:
        return Path(declared)
    candidates = (Path(FILE_NAME), Path(DEMO_FOLDER) / FILE_NAME)
    return next((path for path in candidates if path.is_file()), None)


def open_home(path: Path | None = None, *, model: str | None = None) -> Home:
    """The project at `path`, else the one that is found; `model` is the one that is meant.

    Raises ProjectError where there is none, or where its file has a mistake.
    """
    file = path or find_project_file() or Path(FILE_NAME)
    return Home(project=load_project(file), base=file.absolute().parent, model=model)
