"""Where a project lives: which mmm.yaml is used and what is kept beside it."""

import os
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration.project import Project, load_project

if TYPE_CHECKING:
    from mmm_orchestration.lake.lake import Lake

PROJECT_ENV = "MMM_PROJECT"
DAGSTER_HOME_ENV = "DAGSTER_HOME"
FILE_NAME = "mmm.yaml"
DEMO_FOLDER = "demo"


@dataclass(frozen=True)
class Home:
    """A project and the folder of its mmm.yaml."""

    project: Project
    base: Path

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
        """Where fitted posteriors are kept, one folder each."""
        return self.base / "posteriors"

    @property
    def mlflow_uri(self) -> str:
        """MLFLOW_TRACKING_URI, else a SQLite file beside mmm.yaml."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.base / 'mlflow.db'}"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME, else a folder beside mmm.yaml."""
        declared = os.environ.get(DAGSTER_HOME_ENV)
        return Path(declared) if declared else self.base / ".dagster"

    def prepare_dagster(self) -> Path:
        """The Dagster home, with the project's instance settings unless it has its own."""
        home = self.dagster_home.absolute()
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "dagster.yaml").exists():
            with resources.as_file(resources.files(__package__) / "dagster.yaml") as settings:
                shutil.copyfile(settings, home / "dagster.yaml")
        return home


def find_project_file() -> Path | None:
    """MMM_PROJECT, else mmm.yaml here, else the one of the demo; None when there is none."""
    declared = os.environ.get(PROJECT_ENV)
    if declared:
        return Path(declared)
    candidates = (Path(FILE_NAME), Path(DEMO_FOLDER) / FILE_NAME)
    return next((path for path in candidates if path.is_file()), None)


def open_home(path: Path | None = None) -> Home:
    """The project at `path`, else the one that is found.

    Raises ProjectError where there is none, or where its file has a mistake.
    """
    file = path or find_project_file() or Path(FILE_NAME)
    return Home(project=load_project(file), base=file.absolute().parent)
