"""What a person deleted in MLflow, removed for good with its files once it is old.

MLflow only marks what is deleted. Belongs here: `mlflow gc` over the SQLite file beside mmm.yaml.
Must not: choosing what is deleted, which is a person's act in MLflow.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mmm_orchestration.home import MLFLOW_ENV, Home

SECONDS: Final = 600
_DAY_MILLIS: Final = 86_400_000
_ELSEWHERE: Final = (
    "MLflow keeps its records elsewhere: what is deleted there goes with 'mlflow gc' on its server."
)


@dataclass(frozen=True)
class Collection:
    """Deleted MLflow runs that were removed for good, or would be, and what else is to be said."""

    runs: tuple[str, ...]
    said: str = ""


def collect_deleted(home: Home, *, keep_days: int, is_dry: bool = False) -> Collection:
    """The runs that were deleted in MLflow more than `keep_days` ago, now gone with their files.

    Deleted experiments go with them. Nothing goes while a registered version needs one of the
    deleted runs, or while files of one lie outside the folder of mmm.yaml: the words say which.
    """
    if not home.mlflow_uri.startswith("sqlite:///"):
        return Collection((), _ELSEWHERE)
    if not Path(home.mlflow_uri.removeprefix("sqlite:///")).exists():
        return Collection(())
    runs, held = _list_deleted(home, keep_days=keep_days)
    if held:
        return Collection((), f"Nothing that was deleted in MLflow is removed: {held}.")
    if not is_dry and (problem := _run_gc(home, keep_days=keep_days)):
        return Collection((), f"'mlflow gc' failed: {problem}")
    return Collection(runs)


def _list_deleted(home: Home, *, keep_days: int) -> tuple[tuple[str, ...], str]:
    """The deleted runs that are old enough, and why none may go, '' where they may."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=home.mlflow_uri, registry_uri=home.mlflow_uri)
    named = {v.run_id: f"'{v.name}' {v.version}" for v in client.search_model_versions()}
    within = f"{home.base.absolute().as_uri()}/"
    # nothing public knows when a run was deleted; `mlflow gc` asks the same
    list_deleted = client._tracking_client.store._get_deleted_runs  # noqa: SLF001
    for run_id in list_deleted():
        place = client.get_run(run_id).info.artifact_uri or ""
        if run_id in named:
            return (
                (),
                f"version {named[run_id]} needs {run_id}: 'mlflow runs restore' brings it back",
            )
        if not place.startswith(within):
            return (), f"the files of {run_id} lie outside the project, at {place}"
    return tuple(sorted(list_deleted(older_than=keep_days * _DAY_MILLIS))), ""


def _run_gc(home: Home, *, keep_days: int) -> str:
    """What `mlflow gc` failed with, '' where it did not.

    It is a process of its own, because it sets the tracking server of the one it runs in.
    """
    words = ["gc", "--backend-store-uri", home.mlflow_uri, "--older-than", f"{keep_days}d"]
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "mlflow", *words],
        env=os.environ | {MLFLOW_ENV: home.mlflow_uri},
        cwd=home.base,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return lines[-1] if done.returncode else ""
