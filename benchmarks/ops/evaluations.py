"""Whether the retrain sensor asks for exactly the right periods, however it is disturbed.

The sensor, the instance, the registry and gold are real; fits are records without a fit. What is
right is counted by hand from the days that were accepted, without any code of the sensor.
"""

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
from dagster._core.storage.dagster_run import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test, freeze_time

from benchmarks.history import clear_folder
from benchmarks.ops.figure import Figure
from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home
from mmm_orchestration.jobs import RETRAIN
from mmm_orchestration.registry import open_registry
from mmm_orchestration.runner import open_instance
from mmm_orchestration.tables.contracts import GOLD_KPI_DAILY
from tests.registry.stored import keep, make_home

N_TICKS = 10_000
N_DAYS, N_TRIES = 30, 3  # as the project file has them where it says nothing
BASE = date(2020, 1, 31)
CURSORS = (None, "", "{", "2199-01-01")
ENDS = (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)

type Asked = tuple[date, int] | None


@dataclass
class Ledger:
    """What happened, by hand: accepted days, periods with a version, failed tries, what goes on."""

    accepted: set[date] = field(default_factory=set)
    made: set[date] = field(default_factory=set)
    failed: dict[date, int] = field(default_factory=dict)
    going: date | None = None

    def expect(self) -> Asked:
        """The period and try that must be asked for now: days are counted off one by one."""
        if self.going is not None:
            return None
        newest = max(self.made, default=BASE)
        for n_counted, day in enumerate(sorted(self.accepted), start=1):
            if n_counted % N_DAYS == 0 and day > newest and self.failed.get(day, 0) < N_TRIES:
                return day, self.failed.get(day, 0) + 1
        return None


@dataclass
class Tally:
    """What the ticks came to."""

    ticks: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    launched: dict[date, int] = field(default_factory=dict)
    n_lost: int = 0

    def judge(self, ledger: Ledger) -> Figure:
        """The row; without a period made, given up and tried again nothing is shown."""
        most = max(self.launched.values(), default=0)
        given_up = sum(n >= N_TRIES for p, n in ledger.failed.items() if p not in ledger.made)
        p99 = statistics.quantiles(self.ticks, n=100)[98]
        is_ok = not self.wrong and most == N_TRIES and bool(ledger.made) and given_up > 0
        return Figure(
            f"{len(self.ticks):,} evaluations of the retrain sensor",
            f"0 wrong, at most {N_TRIES} tries of a period",
            f"{len(self.wrong)} wrong, at most {most} tries; a tick takes "
            f"{1000 * statistics.median(self.ticks):.0f} ms, p99 {1000 * p99:.0f} ms",
            is_ok,
            f"{len(ledger.accepted):,} days accepted out of order, {len(ledger.made)} periods "
            f"registered, {given_up} given up, {sum(ledger.failed.values())} tries failed, "
            f"{self.n_lost} run records deleted (never the newest try of an open period), clocks "
            "up to ten years off, cursors lost or wrong"
            + (f"; first wrong: {self.wrong[0]}" if self.wrong else ""),
        )


@dataclass
class World:
    """A real project whose days, runs and versions change by chance."""

    home: Home
    instance: dg.DagsterInstance
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    tally: Tally = field(default_factory=Tally)
    run_id: str = ""

    def __post_init__(self) -> None:
        self.defs = build_defs(home=self.home)
        self.sensor = self.defs.resolve_sensor_def("retrain_sensor")
        self.lake, self.registry = self.home.open_lake(), open_registry(self.home)
        self.registry.register(keep(self.home, 0, day=BASE), period=None, counted_after=BASE)
        self.pending = list[date]()

    def step(self) -> None:
        """Something that happens, perhaps nothing, and one tick."""
        luck = self.chance.random()
        if luck < 0.05:
            self.accept()
        elif self.ledger.going is not None and luck < 0.25:
            self.end_run()
        elif luck < 0.30:
            self.lose_records()
        self.tick()

    def accept(self) -> None:
        """Up to twelve new days, of which some come only after later ones."""
        start = max([BASE, *self.ledger.accepted, *self.pending])
        self.pending += [start + timedelta(days=i + 1) for i in range(self.chance.randint(1, 12))]
        days = [day for day in self.pending if self.chance.random() < 0.85]
        self.pending = [day for day in self.pending if day not in days]
        if days:
            write_gold(self.home, days)
            self.ledger.accepted |= set(days)

    def tick(self) -> None:
        """The sensor asked once, at any time and with any cursor, and held against the ledger."""
        off = self.chance.uniform(-3650, 3650) if self.chance.random() < 0.5 else 0
        moment = datetime.now(UTC) + timedelta(days=off)
        cursor = self.chance.choice(CURSORS)
        context = dg.build_sensor_context(
            instance=self.instance, definitions=self.defs, cursor=cursor
        )
        with freeze_time(moment):
            began = time.perf_counter()
            data = self.sensor.evaluate_tick(context)
            self.tally.ticks.append(time.perf_counter() - began)
        requests = data.run_requests or []
        found = [(r.tags["mmm/retrain_period"], r.tags["mmm/retrain_attempt"]) for r in requests]
        expected = self.ledger.expect()
        right = [(str(expected[0]), str(expected[1]))] if expected else []
        if found != right:
            self.tally.wrong.append(f"asked {found}, not {right}")
        # a daemon that dies here has launched nothing, and asks again
        if requests and expected and self.chance.random() < 0.8:
            self.launch(expected[0], tags=dict(requests[0].tags))

    def launch(self, period: date, *, tags: dict[str, str]) -> None:
        """The run that was asked for, started."""
        status = self.chance.choice([DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])
        run = create_run_for_test(self.instance, job_name=RETRAIN, status=status, tags=tags)
        self.run_id, self.ledger.going = run.run_id, period
        self.tally.launched[period] = self.tally.launched.get(period, 0) + 1

    def end_run(self) -> None:
        """The run in progress fails, as two in three do, or registers its version."""
        period, run = self.ledger.going, self.instance.get_run_by_id(self.run_id)
        assert period is not None and run is not None  # noqa: PT018 - both or neither
        if self.chance.random() < 0.67:
            self.ledger.failed[period] = self.ledger.failed.get(period, 0) + 1
            self.set_status(self.chance.choice(ENDS))
        else:
            record = keep(self.home, len(self.ledger.made) + 1, day=period)
            self.registry.register(record, period=period, counted_after=BASE)
            self.ledger.made.add(period)
            self.set_status(DagsterRunStatus.SUCCESS)
        self.ledger.going = None

    def set_status(self, status: DagsterRunStatus) -> None:
        """Nothing; the run's record says how it ended."""
        kinds = {
            DagsterRunStatus.FAILURE: dg.DagsterEventType.RUN_FAILURE,
            DagsterRunStatus.CANCELED: dg.DagsterEventType.RUN_CANCELED,
            DagsterRunStatus.SUCCESS: dg.DagsterEventType.RUN_SUCCESS,
        }
        event = dg.DagsterEvent(event_type_value=kinds[status].value, job_name=RETRAIN)
        self.instance.report_dagster_event(event, run_id=self.run_id)

    def lose_records(self) -> None:
        """Every ended run is forgotten by half, but the newest try of a period without version."""
        kept = self.run_id
        for run in self.instance.get_runs():
            if run.is_finished and run.run_id != kept and self.chance.random() < 0.5:
                period = date.fromisoformat(run.tags["mmm/retrain_period"])
                attempt = int(run.tags["mmm/retrain_attempt"])
                if period in self.ledger.made or attempt < self.ledger.failed.get(period, 0):
                    self.instance.delete_run(run.run_id)
                    self.tally.n_lost += 1


def write_gold(home: Home, days: list[date]) -> None:
    """Nothing; gold holds the KPI of the days."""
    kpi = home.one.kpi
    frame = pl.DataFrame(
        [
            {"date": day, "period_days": 1, "geo": "national", "source": kpi.source,
             "outcome": kpi.outcome, "kpi": 100.0}
            for day in days
        ],
        schema_overrides={"period_days": pl.Int64},
    )  # fmt: skip
    window = DayWindow(min(days), max(days))
    home.open_lake().write_days(frame, contract=GOLD_KPI_DAILY, window=window)


@contextmanager
def open_world(folder: Path, *, seed: int) -> Iterator[World]:
    """A project with one version that read the days through the base day, and none since."""
    home = make_home(clear_folder(folder))
    with open_instance(home) as instance:
        yield World(home, instance, random.Random(seed))  # noqa: S311 - repeatable, no secret


def measure(folder: Path, *, n_ticks: int = N_TICKS, seed: int = 1) -> tuple[Figure, ...]:
    """Wrong requests among the evaluations, and what one takes."""
    with open_world(folder, seed=seed) as world:
        for _ in range(n_ticks):
            world.step()
        return (world.tally.judge(world.ledger),)
