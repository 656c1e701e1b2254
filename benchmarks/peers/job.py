"""What a runner is asked and what it answers.

Belongs here: what every engine's interpreter can import, so the standard library and numpy
alone. Must not: anything of one engine, measuring the answer (see `metrics`).
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DATE, GEO, KPI = "date", "geo", "y"
CALLED = "called"
DRAWS = "draws.npz"
ANSWER = "answer.json"


@dataclass(frozen=True)
class Job:
    """One call of one engine.

    `data` is a CSV with one row per `(date, geo)`, `channels` and `controls` are columns of it;
    `folder` takes the answer. `sampler` is one of the engine's own, empty where it has only one.
    """

    data: str
    folder: str
    geos: Sequence[str]
    channels: Sequence[str]
    controls: Sequence[str]
    chains: int
    tune: int
    draws: int
    target_accept: float
    seed: int
    cores: int
    sampler: str = ""

    @property
    def target(self) -> Path:
        """The folder of the answer."""
        return Path(self.folder)


@dataclass(frozen=True, eq=False)
class Answer:
    """What an engine found.

    `parameters` maps each model parameter to its draws, shape (chain, draw, …); what follows
    from parameters alone is left out. `contribution` (date, geo, channel) is the posterior mean
    of each channel's contribution in KPI units, in the order of the job; dates are sorted.
    `n_divergences` is None where the engine does not count them.
    """

    parameters: Mapping[str, Array]
    contribution: Array
    n_divergences: int | None


@dataclass(frozen=True)
class Timed:
    """What the runner says of its call beside the draws."""

    seconds: float
    n_divergences: int | None
    artefact_bytes: int
    versions: Mapping[str, str] = field(default_factory=dict)


def write_job(job: Job) -> Path:
    """The file that a runner reads."""
    path = job.target / "job.json"
    path.write_text(json.dumps(asdict(job), indent=2), encoding="utf-8")
    return path


def read_job(arguments: Sequence[str]) -> Job:
    """The job named on the command line, its number of cores already in force."""
    job = Job(**json.loads(Path(arguments[1]).read_text(encoding="utf-8")))
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.cores])
    return job


def measure_call[Fitted](job: Job, call: Callable[[], Fitted]) -> tuple[Fitted, float]:
    """What the call returned and its wall seconds; from then on memory is not the call's."""
    started = time.perf_counter()
    fitted = call()
    seconds = time.perf_counter() - started
    (job.target / CALLED).touch()
    return fitted, seconds


def write_answer(
    job: Job, answer: Answer, *, seconds: float, artefact: Path, packages: Sequence[str]
) -> None:
    """The answer as draws in float32 and JSON in the folder of the job."""
    wanted = tuple(len(names) for names in (job.geos, job.channels))
    if answer.contribution.shape[1:] != wanted:
        raise ValueError(f"contributions of shape {answer.contribution.shape}, not (date, {wanted}")
    shape = (job.chains, job.draws)
    columns = [
        np.asarray(values, dtype="float32").reshape(*shape, -1)
        for values in answer.parameters.values()
    ]
    names = [
        f"{name}[{i}]"
        for (name, _), own in zip(answer.parameters.items(), columns, strict=True)
        for i in range(own.shape[-1])
    ]
    np.savez(
        job.target / DRAWS,
        draws=np.concatenate(columns, axis=-1),
        names=np.array(names),
        contribution=answer.contribution,
    )
    timed = Timed(
        seconds=seconds,
        n_divergences=answer.n_divergences,
        artefact_bytes=sum_bytes(artefact),
        versions={name: version(name) for name in packages},
    )
    (job.target / ANSWER).write_text(json.dumps(asdict(timed), indent=2), encoding="utf-8")


def sum_bytes(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files)
