"""How much a run leaves in Dagster's SQLite records, and that all of it is read again."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterEventType
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from mmm_orchestration.days import DayWindow
from mmm_orchestration.event_text import deflate, inflate, load_dictionary
from mmm_orchestration.home import Home
from mmm_orchestration.runner import open_instance, run_daily

from .small_project import write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
EVENT = '{"__class__": "EventLogEntry", "dagster_event": null, "level": 10, "message": "é"}'
DICTIONARY_HASH = "bae08d2e6f7edaf681b7e794fe8cb960cecc9804eee38daccf23c06e54d7cecc"
STORES = ("history", "schedules")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project whose first five days have run, one run a day."""
    home = write_small_project(tmp_path_factory.mktemp("events"), first=FIRST, n_days=7)
    for day in range(5):
        run_day(home, FIRST + timedelta(days=day))
    return home


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of the project."""
    with open_instance(home) as opened:
        yield opened


def run_day(home: Home, day: date) -> str:
    """The id of a run of the daily chain over one day."""
    outcome = run_daily(home, window=DayWindow(day, day), say=lambda _: None)
    assert outcome.is_success
    return outcome.run_id


def measure_stores(home: Home) -> int:
    """The bytes of Dagster's records of runs, events and ticks."""
    files = [f for name in STORES for f in (home.dagster_home / name).rglob("*") if f.is_file()]
    return sum(file.stat().st_size for file in [*files, *home.dagster_home.glob("history/*.db")])


def list_types(instance: dg.DagsterInstance, run_id: str) -> set[DagsterEventType | None]:
    """The kinds of event that are kept of a run."""
    return {entry.dagster_event_type for entry in instance.all_logs(run_id)}


def test_an_event_is_stored_in_a_fraction_of_its_text() -> None:
    """The text comes back letter for letter."""
    kept = deflate(EVENT)
    assert inflate(kept) == EVENT
    assert len(kept) < len(EVENT.encode()) / 2


@pytest.mark.parametrize("end", [b"", b"\x00"], ids=["missing", "wrong"])
def test_a_damaged_event_is_no_text(end: bytes) -> None:
    """A byte that is missing or wrong is told instead of read."""
    with pytest.raises(zlib.error):
        inflate(deflate(EVENT)[:-1] + end)


def test_the_dictionary_never_changes() -> None:
    """Events that were stored with it could not be read with another."""
    assert hashlib.sha256(load_dictionary()).hexdigest() == DICTIONARY_HASH


def test_a_daily_run_leaves_less_than_200_kb(home: Home) -> None:
    """Two more days of one run each leave less than that each."""
    before = measure_stores(home)
    for day in (5, 6):
        run_day(home, FIRST + timedelta(days=day))
    assert (measure_stores(home) - before) / 2 < 200_000


def test_the_newest_execution_of_every_check_is_read(instance: dg.DagsterInstance) -> None:
    """Its text stands among the executions, with the number that the index gave it."""
    storage = instance.event_log_storage
    key = dg.AssetCheckKey(dg.AssetKey("silver_media"), "has_rows")
    (record,) = storage.get_asset_check_execution_history(key, limit=1)
    assert record.status is AssetCheckExecutionRecordStatus.SUCCEEDED
    assert record.event is not None
    assert record.event.get_dagster_event().asset_check_evaluation_data.passed
    assert storage.get_asset_check_summary_records([key])[key].last_check_execution_record == record


def test_a_succeeded_run_keeps_what_its_page_shows(instance: dg.DagsterInstance) -> None:
    """Steps, tables and checks; not the outputs, which serve to resume."""
    (run, *_) = instance.get_runs(limit=1)
    kept = list_types(instance, run.run_id)
    assert DagsterEventType.STEP_OUTPUT not in kept
    assert {
        DagsterEventType.STEP_START,
        DagsterEventType.STEP_SUCCESS,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
        DagsterEventType.RUN_SUCCESS,
    } <= kept


def test_a_failed_run_can_be_resumed(instance: dg.DagsterInstance) -> None:
    """It keeps which outputs its steps had."""

    @dg.op
    def one() -> int:
        return 1

    @dg.op
    def two(x: int) -> None:
        raise ValueError(x)

    @dg.job(executor_def=dg.in_process_executor, resource_defs={"io_manager": dg.mem_io_manager})
    def both() -> None:
        two(one())

    failed = both.execute_in_process(instance=instance, raise_on_error=False)
    assert DagsterEventType.STEP_OUTPUT in list_types(instance, failed.run_id)


def test_events_stored_as_text_are_read(home: Home, instance: dg.DagsterInstance) -> None:
    """As an earlier version of the project stored them."""
    (run, *_) = instance.get_runs(limit=1)
    before = instance.all_logs(run.run_id)
    shard = Path(home.dagster_home) / "history" / "runs" / f"{run.run_id}.db"
    with sqlite3.connect(shard) as database:
        rows = database.execute("SELECT id, event FROM event_logs").fetchall()
        database.executemany(
            "UPDATE event_logs SET event = ? WHERE id = ?", [(inflate(e), i) for i, e in rows]
        )
    database.close()
    assert instance.all_logs(run.run_id) == before
