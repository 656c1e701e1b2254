"""What goes wrong around a run: kills, bad days, a full disk, two runs at once."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home
from mmm_orchestration.runner import Outcome, run_daily

from .kills import (
    Tables,
    Tally,
    count_partial,
    count_rows,
    count_whole,
    kill_everywhere,
    read_tables,
    start_chain,
)
from .small_project import write_meta_day, write_shop_day, write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 27)
N_RANDOM = 17


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: a kill leaves the page cache as it is."""
    memory = Path("/dev/shm")  # noqa: S108 - no name in it is foreseeable
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def test_the_tally_sees_what_is_wrong() -> None:
    """A row that is gone, one that is there twice and one that is foreign are each counted."""
    clean = pl.DataFrame({"date": [FIRST, FIRST, FIRST], "spend": [1.0, 2.0, 3.0]})
    held = pl.DataFrame({"date": [FIRST, FIRST, FIRST], "spend": [1.0, 1.0, 4.0]})
    assert count_rows(clean, clean=clean, before=clean) == Tally()
    tally = count_rows(held, clean=clean, before=clean.clear())
    assert tally == Tally(n_lost=2, n_doubled=1, n_wrong=1)


@pytest.mark.timeout(1800)
def test_killed_runs_lose_and_double_nothing(memory_folder: Path) -> None:
    """After each of 60 kills every row is there at most once, and whole runs repair the rest."""
    assert kill_everywhere(memory_folder, n_random=N_RANDOM, seed=1) == Tally(n_kills=60)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_runs_killed_at_many_times_lose_and_double_nothing(memory_folder: Path) -> None:
    """Two hundred further kills at random times leave as little behind."""
    tally = kill_everywhere(memory_folder, n_random=200, seed=2)
    assert tally == Tally(n_kills=tally.n_kills)
    assert tally.n_kills > 200


def run_days(home: Home, *days: int) -> tuple[Outcome, list[str]]:
    """The outcome of one run from the first of `days` to the last, and what it said."""
    said: list[str] = []
    window = DayWindow(FIRST + timedelta(days=days[0]), FIRST + timedelta(days=days[-1]))
    return run_daily(home, window=window, say=said.append), said


def list_gold_days(home: Home) -> set[int]:
    """Days since the first that every gold table holds."""
    tables = [rows for name, rows in read_tables(home).items() if name.startswith("gold")]
    assert len(tables) == 3
    held = [{(day - FIRST).days for day in rows["date"]} for rows in tables]
    assert held[0] == held[1] == held[2]
    return held[0]


@pytest.fixture(scope="module")
def marred(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Six days: on day 1 the revenue is empty, on 2 it is no number, 3 has no shop, 4 no Meta."""
    home = write_small_project(tmp_path_factory.mktemp("marred"), first=FIRST, n_days=6)
    write_shop_day(home.base, FIRST + timedelta(days=1), revenue="")
    write_shop_day(home.base, FIRST + timedelta(days=2), revenue="many")
    for source, day in (("shop", 3), ("meta_ads", 4)):
        name = f"{source}_{FIRST + timedelta(days=day)}.csv"
        (home.base / "landing" / source / name).unlink()
    return home


REASONS = {
    1: "critical check 'silver_outcomes.kpi_is_present' failed",
    2: "critical check 'silver_outcomes.kpi_is_present' failed",
    3: "source 'shop' has not been delivered",
    4: "source 'meta_ads' has not been delivered",
}


def test_a_range_takes_the_good_days_and_holds_back_the_others(marred: Home) -> None:
    """Gold has the two sound days, and a warning says why the others are held back."""
    outcome, said = run_days(marred, 0, 5)
    assert outcome.is_success
    assert list_gold_days(marred) == {0, 5}
    (warning,) = (line for line in said if "days_are_accepted" in line)
    assert warning.startswith("warn: silver_outcomes.days_are_accepted: 2 of 6 days accepted.")
    assert all(reason in warning for reason in REASONS.values())


@pytest.mark.parametrize("day", REASONS)
def test_a_failing_day_stops_its_run_before_gold(marred: Home, day: int) -> None:
    """The run of one bad day fails at the blocking check, which says why, and writes no gold."""
    outcome, said = run_days(marred, day)
    assert not outcome.is_success
    assert any(REASONS[day] in failure for failure in outcome.failures)
    assert not any(line.startswith("gold_") for line in said)
    assert list_gold_days(marred) == {0, 5}


def test_corrected_days_enter_gold(marred: Home) -> None:
    """After the missing and corrected deliveries the same range is accepted as a whole."""
    for day in (1, 2, 3):
        write_shop_day(marred.base, FIRST + timedelta(days=day), correction=day)
    write_meta_day(marred.base, FIRST + timedelta(days=4))
    outcome, _ = run_days(marred, 0, 5)
    assert outcome.is_success
    assert list_gold_days(marred) == set(range(6))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables after one run over two days that nothing disturbed."""
    folder = tmp_path_factory.mktemp("clean")
    home = write_small_project(folder, first=FIRST, n_days=2, has_bad_rows=True)
    assert run_days(home, 0, 1)[0].is_success
    return read_tables(home)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB; skips where this user cannot mount one."""
    folder = tmp_path / "small" / "lake"
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_disk(disk: Path) -> None:
    """Nothing; the file 'filler' takes all space that was free."""
    state = os.statvfs(disk)
    (disk / "filler").write_bytes(b"\1" * state.f_bavail * state.f_frsize)


@pytest.mark.parametrize("after", ["bronze_google_ads", "silver_outcomes"])
def test_a_disk_that_fills_within_a_run_loses_nothing(
    small_disk: Path, clean: Tables, after: str
) -> None:
    """The run says that the disk is full; with space again the next one completes its days."""
    home = write_small_project(small_disk.parent, first=FIRST, n_days=2, has_bad_rows=True)
    assert run_days(home, 0)[0].is_success
    before, window = read_tables(home), DayWindow(FIRST, FIRST + timedelta(days=1))

    def fill_then(line: str) -> None:
        if line.startswith(after):
            fill_disk(small_disk)

    outcome = run_daily(home, window=window, say=fill_then)
    assert not outcome.is_success
    assert "the disk is full" in outcome.failures[0]
    (small_disk / "filler").unlink()
    assert count_partial(read_tables(home), clean=clean, before=before) == Tally()
    assert run_days(home, 0, 1)[0].is_success
    assert count_whole(home, clean=clean) == Tally()


def test_two_runs_at_once_leave_what_one_leaves(tmp_path: Path, clean: Tables) -> None:
    """Two processes that run the same days at once both succeed and double nothing."""
    home = write_small_project(tmp_path, first=FIRST, n_days=2, has_bad_rows=True)
    last = FIRST + timedelta(days=1)
    with (
        start_chain(home, last=last) as one,
        start_chain(home, last=last) as two,
        ThreadPoolExecutor(2) as pool,
    ):
        runs = [pool.submit(chain.run, n_days=2) for chain in (one, two)]
        assert [run.result() for run in runs] == [0, 0]
    assert count_whole(home, clean=clean) == Tally()
