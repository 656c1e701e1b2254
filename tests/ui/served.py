"""A running Dagster UI: its processes, its GraphQL and runs launched through it."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

LOCATION = "mmm_orchestration.definitions"
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@dataclass(frozen=True)
class Served:
    """The UI at `url`; its processes are those of the process group `group`."""

    url: str
    group: int
    log: Path
    project: Path

    def list_processes(self) -> list[psutil.Process]:
        """The processes of the UI that are alive."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        try:
            is_dead = process.status() == psutil.STATUS_ZOMBIE
            return not is_dead and os.getpgid(process.pid) == self.group
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False

    def ask(self, query: str, **variables: object) -> Mapping[str, Any]:
        """The data that GraphQL answers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # noqa: S310 - always http on loopback
            f"{self.url}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            data: Mapping[str, Any] = json.load(answer)["data"]
        return data

    def launch(self, job: str, *, tags: Mapping[str, str], seconds: float) -> str:
        """The status in which a run of `job`, launched as the UI launches it, has ended."""
        selector = {
            "jobName": job,
            "repositoryName": "__repository__",
            "repositoryLocationName": LOCATION,
        }
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        params = {"selector": selector, "executionMetadata": {"tags": listed}}
        launched = self.ask(LAUNCH, params=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        deadline = time.monotonic() + seconds
        status = "QUEUED"
        while status not in ENDED and time.monotonic() < deadline:
            time.sleep(1)
            status = self.ask(STATUS, id=launched["run"]["runId"])["runOrError"]["status"]
        return status


def is_serving(ui: Served) -> bool:
    """Whether the UI answers and has loaded the project."""
    try:
        with urllib.request.urlopen(f"{ui.url}/server_info", timeout=5):  # noqa: S310
            return bool(ui.ask("{ assetNodes { id } }")["assetNodes"])
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
