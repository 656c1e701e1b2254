"""Writers that are killed lose nothing, double nothing and leave a table that opens."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from lake_scenario import MEDIA, REGISTER, day
from lake_writer import N_DAYS, POINTS

from mmm_orchestration.lake.lake import Lake

pytestmark = pytest.mark.unit

WRITER = Path(__file__).parent / "lake_writer.py"


def start_writer(mode: str, folder: Path, *, start: int = 0, count: int = 10_000, point: str = ""):
    """A running writer process with the journal beside the lake."""
    arguments = [mode, folder, folder.parent / f"{mode}.txt", start, count, *filter(None, [point])]
    return subprocess.Popen([sys.executable, WRITER, *map(str, arguments)])


def read_journal(folder: Path, mode: str) -> tuple[list[int], list[int]]:
    """Numbers that were tried and numbers that were done."""
    path = folder.parent / f"{mode}.txt"
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [int(n) for w, n in lines if w == "try"], [int(n) for w, n in lines if w == "done"]


def kill_at_random(mode: str, folder: Path, *, start: int, chance: np.random.Generator) -> None:
    """Nothing; a writer began its first, second or third write and was killed with SIGKILL."""
    n_begun = len(read_journal(folder, mode)[0]) + chance.integers(1, 4)
    process = start_writer(mode, folder, start=start)
    while len(read_journal(folder, mode)[0]) < n_begun and process.poll() is None:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.1))
    process.kill()
    assert process.wait() == -9


def check_days(folder: Path) -> None:
    """Every day holds the last write that was done, or a later one that was tried."""
    tried, done = read_journal(folder, "own_day")
    lake = Lake(folder)
    rows = lake.read("media", contract=MEDIA).collect()
    for offset in range(N_DAYS):
        held = rows.filter(pl.col("date") == day(offset))["spend"].to_list()
        last = max((n for n in done if n % N_DAYS == offset), default=None)
        allowed = {n for n in tried if n % N_DAYS == offset and (last is None or n >= last)}
        assert held == [] if last is None and not held else len(held) == 2
        assert set(held) <= allowed
        assert len(set(held)) <= 1
    assert lake.verify("media") == ()


def check_register(folder: Path) -> None:
    """Every id that was appended is there once, and no other than those tried."""
    tried, done = read_journal(folder, "append")
    lake = Lake(folder)
    ids = [int(i) for i in lake.read("register", contract=REGISTER).collect()["id"]]
    assert len(ids) == len(set(ids))
    assert {n + extra for n in done for extra in (0, 1)} <= set(ids)
    assert set(ids) <= {n + extra for n in tried for extra in (0, 1)}
    assert lake.verify("register") == ()


def kill_many(folder: Path, *, mode: str, n_kills: int, seed: int) -> None:
    """Nothing; `n_kills` writers were killed and what each left was checked."""
    chance = np.random.default_rng(seed)
    for _ in range(n_kills):
        start = len(read_journal(folder, mode)[0])
        kill_at_random(mode, folder, start=start, chance=chance)
        check_days(folder) if mode == "own_day" else check_register(folder)
    tried, done = read_journal(folder, mode)
    assert len(tried) > len(done) > 0


def test_killed_writes_of_days_lose_and_double_nothing(tmp_path: Path) -> None:
    """After each of 15 kills every day holds exactly one whole write."""
    kill_many(tmp_path / "lake", mode="own_day", n_kills=15, seed=1)


def test_killed_appends_lose_and_double_nothing(tmp_path: Path) -> None:
    """After each of 10 kills every acknowledged id is there exactly once."""
    kill_many(tmp_path / "lake", mode="append", n_kills=10, seed=2)


@pytest.mark.long
@pytest.mark.parametrize("mode", ["own_day", "append"])
def test_many_killed_writes_lose_and_double_nothing(tmp_path: Path, mode: str) -> None:
    """After each of 100 kills the table holds exactly what was acknowledged or in flight."""
    kill_many(tmp_path / "lake", mode=mode, n_kills=100, seed=3)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_nothing(tmp_path: Path, point: str) -> None:
    """A writer that dies at a step of the commit path leaves whole days, and the next goes on."""
    folder = tmp_path / "lake"
    assert start_writer("own_day", folder, point=point).wait() == -9
    check_days(folder)
    start = len(read_journal(folder, "own_day")[0])
    assert start_writer("own_day", folder, start=start, count=3).wait() == 0
    check_days(folder)


def test_two_writers_of_different_days_both_land(tmp_path: Path) -> None:
    """Two processes that write other days of one month at once lose no day."""
    folder = tmp_path / "lake"
    writers = [start_writer("own_day", folder, start=s, count=5) for s in (0, 5)]
    assert [w.wait() for w in writers] == [0, 0]
    rows = Lake(folder).read("media", contract=MEDIA).collect().sort("date")
    assert rows["spend"].to_list() == [float(n) for n in range(10) for _ in range(2)]


def test_two_writers_of_the_same_day_leave_one_whole_day(tmp_path: Path) -> None:
    """Two processes that write one day at once leave the last write of one of them."""
    folder = tmp_path / "lake"
    writers = [start_writer("same_day", folder, start=s, count=8) for s in (0, 100)]
    assert [w.wait() for w in writers] == [0, 0]
    spend = Lake(folder).read("media", contract=MEDIA).collect()["spend"].to_list()
    assert len(spend) == 2
    assert set(spend) in ({7.0}, {107.0})


def test_two_writers_of_one_register_insert_each_key_once(tmp_path: Path) -> None:
    """Two processes that append the same ids at once leave each id once."""
    folder = tmp_path / "lake"
    writers = [start_writer("append", folder, start=s, count=8) for s in (0, 0)]
    assert [w.wait() for w in writers] == [0, 0]
    ids = Lake(folder).read("register").collect()["id"].cast(pl.Int64).sort().to_list()
    assert ids == list(range(9))
