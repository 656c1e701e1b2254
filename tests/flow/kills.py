"""The daily chain killed again and again, and what is counted in its tables after each kill.

Belongs here: the killing and the counting, for the test and the benchmark alike.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from mmm_orchestration.home import Home
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.lake.schema import MONTH

from .small_project import SOURCES, deliver_day, write_small_project

type Tables = Mapping[str, pl.DataFrame]

FIRST = date(2026, 3, 27)
ROOT = Path(__file__).resolve().parents[2]
KILLED = -9
TABLES = (
    *("quarantine", "deliveries"),
    *(f"bronze_{source}" for source in SOURCES),
    *("silver_media", "silver_controls", "silver_outcomes"),
    *("gold_controls_daily", "gold_kpi_daily", "gold_media_daily"),
)


@dataclass(frozen=True)
class Order:
    """The days to run, and where the run dies.

    It dies at the `nth` call of the `point`, of calls on `table` where one is named, or after
    `delay` seconds; with neither it runs to its end.
    """

    first: str
    last: str
    point: str = ""
    table: str = ""
    nth: int = 1
    delay: float | None = None


@dataclass(frozen=True)
class Kill:
    """Where a run dies: at a named point as in `Order`, or after a share of a whole run's time."""

    point: str = ""
    table: str = ""
    nth: int = 1
    share: float | None = None


@dataclass(frozen=True)
class Batch:
    """Kills between two whole runs; each delivers new days and runs them, `n_days` at once."""

    n_days: int
    kills: tuple[Kill, ...]


AT_POINTS = (
    Batch(1, tuple(Kill("commit", table) for table in TABLES)),
    Batch(2, tuple(Kill("sync", table) for table in TABLES)),
    Batch(1, tuple(Kill("manifest", table) for table in TABLES)),
    Batch(
        2,
        (
            Kill("event", nth=3),
            Kill("events", nth=1),
            Kill("register", "deliveries"),
            Kill("bronze", nth=1),
            Kill("bronze", nth=3),
            Kill("events", nth=4),
            Kill("gold", nth=1),
            Kill("gold", nth=2),
            Kill("gold", nth=3),
            Kill("event", nth=60),
        ),
    ),
)


@dataclass(frozen=True)
class Tally:
    """What was counted: runs killed, rows gone, rows there twice, rows or files that are wrong."""

    n_kills: int = 0
    n_lost: int = 0
    n_doubled: int = 0
    n_wrong: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.n_kills + other.n_kills,
            self.n_lost + other.n_lost,
            self.n_doubled + other.n_doubled,
            self.n_wrong + other.n_wrong,
        )


@dataclass
class Chain:
    """The process that runs and kills the chain of a project, and what its tables held last."""

    home: Home
    process: subprocess.Popen[str]
    errors: Path
    last: date
    seconds: float = 0.0
    held: Tables = field(default_factory=dict)

    def run(self, *, n_days: int, kill: Kill | None = None) -> int:
        """The exit code of one run over the last `n_days`; AssertionError when it failed."""
        kill = kill or Kill()
        delay = None if kill.share is None else kill.share * self.seconds
        first = self.last - timedelta(days=n_days - 1)
        order = Order(str(first), str(self.last), kill.point, kill.table, kill.nth, delay)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(order)) + "\n")
        self.process.stdin.flush()
        status, seconds = self.process.stdout.readline().split()
        assert int(status) in {0, KILLED}, self.errors.read_text()[-2000:]
        if int(status) == 0:
            self.seconds = float(seconds)
        return int(status)


@contextmanager
def start_chain(home: Home, *, last: date) -> Iterator[Chain]:
    """The process for the project in `home`, which ends with the block."""
    errors = home.base / "chain.log"
    command = [sys.executable, "-m", "tests.flow.killable_chain", str(home.base / "mmm.yaml")]
    with (
        errors.open("w") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=os.environ | {"DAGSTER_HOME": str(home.base / "dagster")},
        ) as process,
    ):
        yield Chain(home, process, errors, last)


def kill_everywhere(folder: Path, *, n_random: int, seed: int) -> Tally:
    """The tally of one kill at every named point and of `n_random` at random times.

    Two projects are killed side by side, since a chain keeps one core busy.
    """
    chance = draw_batches(n_random, seed=seed)
    lanes = {"one": AT_POINTS[::2] + chance[::2], "two": AT_POINTS[1::2] + chance[1::2]}
    with ThreadPoolExecutor(len(lanes)) as pool:
        tallies = [pool.submit(kill_often, folder / name, batches=lanes[name]) for name in lanes]
        return sum((tally.result() for tally in tallies), start=Tally())


def kill_often(folder: Path, *, batches: tuple[Batch, ...]) -> Tally:
    """The tally over all kills of the batches.

    Every batch works on days that were just delivered and ends with a whole run, after which
    the tables are compared with those of a clean run over the same deliveries.
    """
    clean = run_clean(folder / "clean", n_days=2 + sum(batch.n_days for batch in batches))
    home = write_small_project(folder / "killed", first=FIRST, n_days=2, has_bad_rows=True)
    tally = Tally()
    with start_chain(home, last=FIRST + timedelta(days=1)) as chain:
        chain.run(n_days=2)
        for batch in batches:
            for _ in range(batch.n_days):
                chain.last += timedelta(days=1)
                deliver_day(home.base, chain.last, has_bad_row=True)
            for kill in batch.kills:
                tally += kill_run(chain, kill, n_days=batch.n_days, clean=clean)
            chain.run(n_days=batch.n_days)
            chain.held = read_tables(home)
            tally += count_whole(home, clean=cut_tables(clean, last=chain.last))
    return tally


def draw_batches(n_kills: int, *, seed: int) -> tuple[Batch, ...]:
    """Kills at random times in batches of four, in turn over two days and over one."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    kills = tuple(Kill(share=chance.uniform(0.02, 0.9)) for _ in range(n_kills))
    starts = range(0, n_kills, 4)
    return tuple(Batch(2 - i // 4 % 2, kills[i : i + 4]) for i in starts)


def run_clean(folder: Path, *, n_days: int) -> Tables:
    """The tables after one run over `n_days` that nothing disturbed."""
    home = write_small_project(folder, first=FIRST, n_days=n_days, has_bad_rows=True)
    with start_chain(home, last=FIRST + timedelta(days=n_days - 1)) as chain:
        assert chain.run(n_days=n_days) == 0
    return read_tables(home)


def kill_run(chain: Chain, kill: Kill, *, n_days: int, clean: Tables) -> Tally:
    """The tally after one killed run, which the next run then finds as it is.

    A run that was faster than the moment drawn for it is repeated with half the time.
    """
    while chain.run(n_days=n_days, kill=kill) != KILLED:
        assert kill.share is not None, f"{kill} was never reached."
        kill = replace(kill, share=kill.share / 2)
    held = read_tables(chain.home)
    tally = count_partial(held, clean=clean, before=chain.held)
    chain.held = held
    return replace(tally, n_kills=1)


def count_partial(held: Tables, *, clean: Tables, before: Tables) -> Tally:
    """The tally of tables on their way from `before` to `clean`."""
    counted = (
        count_rows(rows, clean=clean[name], before=before.get(name, rows.clear()))
        for name, rows in held.items()
    )
    return sum(counted, start=Tally())


def count_rows(rows: pl.DataFrame, *, clean: pl.DataFrame, before: pl.DataFrame) -> Tally:
    """Rows twice, rows that `clean` has not, and rows lost.

    Due are the rows that were there `before` and all rows of a day that is there in part.
    """
    due = before
    if "date" in rows.columns:
        due = pl.concat([before, clean.join(rows, on="date", how="semi")]).unique()
    return Tally(
        n_lost=subtract(due, rows).height,
        n_doubled=rows.height - rows.n_unique(),
        n_wrong=subtract(rows, clean).height,
    )


def count_whole(home: Home, *, clean: Tables) -> Tally:
    """The tally of tables that shall hold every row of `clean` once, in files as written."""
    lake, held, tally = Lake(home.lake_uri), read_tables(home), Tally()
    for name, expected in clean.items():
        rows = held.get(name, expected.clear())
        tally += count_rows(rows, clean=expected, before=expected)
        tally += Tally(n_wrong=len(lake.verify(name)))
    return tally


def read_tables(home: Home) -> Tables:
    """Every table as it lies on the disk, without opening or repairing it."""
    found = {name: str(Path(home.lake_uri) / name) for name in TABLES}
    return {
        name: pl.read_delta(path).drop(MONTH, "received_at", strict=False)
        for name, path in found.items()
        if DeltaTable.is_deltatable(path)
    }


def cut_tables(tables: Tables, *, last: date) -> Tables:
    """The rows of the days up to `last`."""
    deliveries = tables["deliveries"].filter(pl.col("last_day") <= last)
    cut = {
        name: rows.filter(pl.col("date") <= last)
        for name, rows in tables.items()
        if "date" in rows.columns
    }
    quarantine = tables["quarantine"].join(deliveries, on="delivery", how="semi")
    return cut | {"deliveries": deliveries, "quarantine": quarantine}


def subtract(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not among the others."""
    return rows.join(others, on=rows.columns, how="anti", nulls_equal=True)
