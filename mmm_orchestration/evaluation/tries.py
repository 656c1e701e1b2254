"""What a candidate reached, and the file that keeps it for the next search.

Belongs here: tries as lines of JSON. Must not: fitting, choosing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmm_orchestration.evaluation.candidates import Candidate
from mmm_orchestration.insight.results import Array
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.project import Project


@dataclass(frozen=True, eq=False)
class Try:
    """One short fit: leave-one-out by point, shape (point,), and whether the chains agreed.

    `failure` says why there is no score, and is empty otherwise.
    """

    candidate: Candidate
    seconds: float
    elpd_by_point: Array
    n_high_k: int = 0
    r_hat: float = float("nan")
    failure: str = ""

    @property
    def elpd(self) -> float:
        """Expected log predictive density; minus infinity where there is none."""
        return float("-inf") if self.failure else float(self.elpd_by_point.sum())


class TryBook:
    """The tries of one data version and project, kept in a folder or nowhere.

    A candidate is never fitted twice; those of other data or settings are in another file.
    """

    def __init__(self, folder: Path | None, *, data: ModelData, project: Project) -> None:
        identity = data.snapshot + project.model_dump_json()
        name = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self.path = None if folder is None else folder / f"{name}.jsonl"
        self._tries = self._read()

    def find(self, candidate: Candidate) -> Try | None:
        """The try of the candidate, if it was tried."""
        return self._tries.get(candidate.key)

    def keep(self, tried: Try) -> None:
        """Keeps one more try, at once on disk."""
        self._tries[tried.candidate.key] = tried
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        row = {
            "changes": dict(tried.candidate.changes),
            "seconds": tried.seconds,
            "elpd_by_point": tried.elpd_by_point.tolist(),
            "n_high_k": tried.n_high_k,
            "r_hat": tried.r_hat,
            "failure": tried.failure,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _read(self) -> dict[str, Try]:
        """The tries on disk; a last line that was cut off is left out."""
        if self.path is None or not self.path.is_file():
            return {}
        found = {}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                row: Mapping[str, object] = json.loads(line)
            except ValueError:
                continue
            tried = _parse(row)
            found[tried.candidate.key] = tried
        return found


def _parse(row: Mapping[str, object]) -> Try:
    changes = row["changes"]
    if not isinstance(changes, dict):
        raise TypeError(f"changes must be a mapping, got {changes!r}")
    return Try(
        candidate=Candidate(changes),
        seconds=float(str(row["seconds"])),
        elpd_by_point=np.asarray(row["elpd_by_point"], dtype=float),
        n_high_k=int(str(row["n_high_k"])),
        r_hat=float(str(row["r_hat"])),
        failure=str(row["failure"]),
    )
