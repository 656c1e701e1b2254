"""Calls of engines that do not end well, and the table that shows them."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.peers.engines import ENGINES, OWN, Ended, Engine, run_engine
from benchmarks.peers.job import Job
from benchmarks.peers.report import Measured, compare_engines, write_markdown

pytestmark = pytest.mark.unit

FAST = Measured("medium", "1 × 1 × 1", OWN, "cold", 0, seconds=10.0, ess=500.0, srmse=0.2)
SLOW = replace(FAST, engine="peer a", ess=50.0, srmse=0.1)
SLOWER = replace(FAST, engine="peer b", ess=25.0, srmse=0.8)
FAILED = Measured("medium", "1 × 1 × 1", "peer c", "cold", 0, failure="not done | after 5 s")


def call_engine(module: str, *, folder: Path, limit: float) -> Ended:
    """How one call of a module ended."""
    job = Job(
        data="",
        folder=str(folder),
        geos=["a"],
        channels=["x1"],
        controls=[],
        chains=1,
        tune=1,
        draws=1,
        target_accept=0.9,
        seed=1,
        cores=1,
    )
    engine = Engine("engine", module)
    return run_engine(engine, job=job, python=sys.executable, caches=folder / "caches", limit=limit)


def test_call_that_fails_says_its_last_words(tmp_path: Path) -> None:
    """A runner that cannot read its data ends with the reason it gave."""
    ended = call_engine("benchmarks.peers.run_this", folder=tmp_path, limit=60)
    assert "ended with 1" in ended.failure
    assert "Error" in ended.failure


def test_call_without_an_answer_is_a_failure(tmp_path: Path) -> None:
    """A process that ends well and answers nothing has failed."""
    ended = call_engine("benchmarks.peers.job", folder=tmp_path, limit=60)
    assert "ended with 0" in ended.failure


def test_call_is_stopped_at_its_limit(tmp_path: Path) -> None:
    """A call beyond its seconds ends, and says so."""
    ended = call_engine("benchmarks.peers.run_this", folder=tmp_path, limit=0)
    assert ended.failure == "not done after the limit of 0 s"


def test_each_ratio_takes_the_peer_that_is_better_in_it() -> None:
    """The faster peer counts for speed, the more exact one for error, a failed one for neither."""
    (ratio,) = compare_engines([FAST, SLOW, SLOWER, FAILED])
    assert (ratio.rate, ratio.fastest) == (pytest.approx(10.0), "peer a")
    assert (ratio.srmse, ratio.most_exact) == (pytest.approx(2.0), "peer a")


def test_failed_call_stands_in_the_table() -> None:
    """A failure is a line with its reason, and where no peer is left there is no ratio."""
    table = write_markdown([FAST, FAILED], settings="two cores.")
    assert "| peer c | cold | failed: not done / after 5 s |" in table
    assert "| medium | cold | no figure | no figure |" in table


def test_every_environment_is_pinned() -> None:
    """Each package of a peer's environment has one exact version, and torch is none of them."""
    for engine in ENGINES.values():
        if engine.environment:
            lines = engine.requirements.read_text(encoding="utf-8").splitlines()
            assert all("==" in line and not line.startswith("torch") for line in lines)
