"""The engines: their environments, and one call of one of them in a process of its own.

Belongs here: what is installed where, which process runs with which caches, limits and memory.
Must not: how an engine is asked (see the runners) or measured (see `metrics`).
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.job import ANSWER, CALLED, Job, write_job
from benchmarks.processes import sum_memory

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
READY = ".ready"
OWN = "this engine"
LAST_WORDS = 400


@dataclass(frozen=True)
class Engine:
    """One engine with one of its samplers; `environment` is empty for this project's own."""

    label: str
    module: str
    environment: str = ""
    sampler: str = ""

    @property
    def requirements(self) -> Path:
        """The pinned packages of the environment."""
        return HERE / f"requirements-{self.environment}.txt"


def _offer_sampler(sampler: str) -> Engine:
    """pymc-marketing with one sampler."""
    module = "benchmarks.peers.run_pymc_marketing"
    return Engine(f"pymc-marketing {sampler}", module, "pymc-marketing", sampler)


ENGINES = {
    "this": Engine(OWN, "benchmarks.peers.run_this"),
    "pymc-marketing-nutpie": _offer_sampler("nutpie"),
    "pymc-marketing-numpyro": _offer_sampler("numpyro"),
    "pymc-marketing-blackjax": _offer_sampler("blackjax"),
    "meridian": Engine("Meridian (JAX)", "benchmarks.peers.run_meridian", "meridian"),
}


@dataclass(frozen=True)
class Ended:
    """How a call ended: the most memory while it ran, and why there is no answer, if so."""

    peak_bytes: int
    failure: str = ""


def prepare_environment(engine: Engine, *, envs: Path) -> str:
    """The interpreter of the engine, installed first where it is not.

    An environment is built again when its pins change. RuntimeError with pip's last words when
    it cannot be built.
    """
    if not engine.environment:
        return sys.executable
    folder = envs / engine.environment
    python, ready = folder / "bin" / "python", folder / READY
    pins = engine.requirements.read_text(encoding="utf-8")
    if python.exists() and ready.is_file() and ready.read_text(encoding="utf-8") == pins:
        return str(python)
    uv = find_uv()
    folder.parent.mkdir(parents=True, exist_ok=True)
    for command in (
        [uv, "venv", "--clear", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--python", str(python), "-r", str(engine.requirements)],
    ):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {ran.stderr[-LAST_WORDS:]}")
    ready.write_text(pins, encoding="utf-8")
    return str(python)


def find_uv() -> str:
    """The uv that runs this, or the one on the path, or that of the Makefile."""
    own = ROOT / ".tools" / "uv" / "bin" / "uv"
    found = os.environ.get("UV") or shutil.which("uv") or (str(own) if own.exists() else "")
    if not found:
        raise RuntimeError("uv is not on this machine; `make setup` fetches it")
    return found


def run_engine(engine: Engine, *, job: Job, python: str, caches: Path, limit: float) -> Ended:
    """One call in a fresh process; killed with all its processes after `limit` seconds.

    Compiled artefacts are kept in `caches` alone: empty, the call is cold. Memory is that of the
    process and its children until the call has returned.
    """
    log = job.target / "log.txt"
    command = [python, "-m", engine.module, str(write_job(job))]
    called, peak, started = job.target / CALLED, 0, time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=choose_settings(caches),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                if not called.exists():
                    peak = max(peak, sum_memory(process.pid))
                    if time.monotonic() - started > limit:
                        return Ended(peak, f"not done after the limit of {limit:.0f} s")
                time.sleep(0.05)
        finally:
            stop_process(process)
    if process.returncode == 0 and (job.target / ANSWER).is_file():
        return Ended(peak)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = lines[-1] if lines else "no words"
    return Ended(peak, f"ended with {process.returncode}: {last[:LAST_WORDS]}")


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Nothing; the process and all it started are gone."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def choose_settings(caches: Path) -> Mapping[str, str]:
    """The environment variables of a call: every compile cache in `caches`."""
    caches.mkdir(parents=True, exist_ok=True)
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    return {
        **{name: value for name, value in os.environ.items() if name not in dropped},
        "PYTENSOR_FLAGS": f"base_compiledir={caches / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "JAX_COMPILATION_CACHE_DIR": str(caches / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "XDG_CACHE_HOME": str(caches / "xdg"),
        "JAX_PLATFORMS": "cpu",
    }
