"""Dagster's SQLite event log, storing a batch of events at once and telling who runs a run.

A range run over three years plans and reports some thirty thousand partitions. Dagster hands
such events over in batches when DAGSTER_EVENT_BATCH_SIZE is set; its own SQLite storage then
opens two databases anew for every event, which takes minutes. The process that stores the first
event of a run holds the run's lock from then on (see `upkeep.holding`).

Dagster never forgets an event, and a day has some three hundred, so they are stored small: their
texts deflated (see `event_text`), the database of a run without the indexes that only the events
of many runs need, and a planned evaluation of a check as its row among the executions alone, which
is what the UI reads.
"""

import os
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster import _check as check
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from dagster_shared.record import replace
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.event import listen
from sqlalchemy.pool import ConnectionPoolEntry

from mmm_orchestration.event_text import keep_small
from mmm_orchestration.upkeep.holding import follow_end, follow_event

BATCH_SIZE_ENV = "DAGSTER_EVENT_BATCH_SIZE"
BATCH_SIZE = "2000"
MAX_ENGINES = 8
PAGE_BYTES = 1024  # of a run's database, where an empty table takes a page

keep_small()


def enable_batches() -> None:
    """Sets Dagster's batch size for this process and its children, unless it is set."""
    os.environ.setdefault(BATCH_SIZE_ENV, BATCH_SIZE)


def plan_once(event: dg.EventLogEntry) -> dg.EventLogEntry:
    """The event that plans one evaluation of a check, whatever days its run is for.

    Dagster plans one per partition of the run, and an unpartitioned check, as all of the
    project's are, then leaves every one of them planned for ever.
    """
    planned = event.get_dagster_event()
    once = replace(planned.asset_check_planned_data, partitions_subset=None)
    return event._replace(dagster_event=planned._replace(event_specific_data=once))


def _take_small_pages(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.cursor().execute(f"PRAGMA page_size = {PAGE_BYTES}")


class BatchedSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log; a batch takes one transaction per database file.

    The engines of the databases used last are kept, so that statements are compiled once.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],
    ) -> Self:
        """The storage in the place where Dagster keeps it below its home, `base_dir`."""
        folder = Path(config_value["base_dir"]) / "history" / "runs"
        return cls(inst_data=inst_data, base_dir=str(folder))

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction on the database of a run, or on the index."""
        with self._db_lock, self._keep_engine(shard).begin() as connection:
            yield connection

    def _keep_engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            if shard not in self._initialized_dbs:
                self._prepare(engine, shard=shard)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
            if len(self._engines) > MAX_ENGINES:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def _prepare(self, engine: Engine, *, shard: str) -> None:
        """Creates the database where there is none; that of a run small."""
        is_new = shard != INDEX_SHARD_NAME and not Path(self.path_for_shard(shard)).exists()
        if is_new:
            listen(engine, "connect", _take_small_pages)
        self._initdb(engine)
        if is_new:
            with engine.begin() as connection:
                found = inspect(connection)
                for table in found.get_table_names():
                    for index in found.get_indexes(table):
                        connection.execute(text(f'DROP INDEX IF EXISTS "{index["name"]}"'))

    def delete_events(self, run_id: str) -> None:
        """Deletes the events of the run and the database of its own, which Dagster leaves empty."""
        super().delete_events(run_id)
        if (engine := self._engines.pop(run_id, None)) is not None:
            engine.dispose()
        self._initialized_dbs.discard(run_id)
        shard = Path(self.path_for_shard(run_id))
        for end in ("", "-wal", "-shm"):
            shard.with_name(shard.name + end).unlink(missing_ok=True)

    def dispose(self) -> None:
        """Closes what is open."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Stores the event; the lock of its run is held from its first event to its last."""
        home = Path(self._instance.root_directory)
        follow_event(event, home=home)
        match event.dagster_event_type:
            case dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
                self.store_asset_check_event(event, None)
            case dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                self._store_evaluation(event)
            case dg.DagsterEventType.PIPELINE_SUCCESS:
                super().store_event(event)
                self._forget_outputs(event.run_id)
            case _:
                super().store_event(event)
        follow_end(event, home=home)

    def _store_evaluation(self, event: dg.EventLogEntry) -> None:
        """Stores the text with its run and among the executions of checks, where the UI reads it.

        The index gives it a number alone, by which Dagster tells newer from older.
        """
        insert = SqlEventLogStorageTable.insert()
        row = self._event_to_row(event)
        with self.run_connection(event.run_id) as run:
            run.execute(insert.values(**row))
        with self.index_connection() as index:
            numbered = index.execute(insert.values(**row | {"event": "", "step_key": None}))
        number = check.not_none(numbered.inserted_primary_key)[0]
        self.store_asset_check_event(event, number)

    def _forget_outputs(self, run_id: str) -> None:
        """Deletes which outputs the steps of a run had, which serve to resume a failed one."""
        table = SqlEventLogStorageTable
        outputs = dg.DagsterEventType.STEP_OUTPUT.value
        with self.run_connection(run_id) as run:
            run.execute(table.delete().where(table.c.dagster_event_type == outputs))
        with self._db_lock, self._keep_engine(run_id).connect() as alone:
            alone.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Stores the asset events among `events` together, and the others one by one.

        Dagster stores each event by itself when this raises.
        """
        by_run: dict[str, list[dg.EventLogEntry]] = defaultdict(list)
        for event in events:
            if event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS:
                by_run[event.run_id].append(event)
            else:
                self.store_event(event)
        for run_id, batch in by_run.items():
            self._store_asset_events(batch, run_id=run_id)

    def _store_asset_check_evaluation_planned(
        self, event: dg.EventLogEntry, event_id: int | None
    ) -> None:
        super()._store_asset_check_evaluation_planned(plan_once(event), event_id)

    def _store_asset_events(self, events: Sequence[dg.EventLogEntry], *, run_id: str) -> None:
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(run_id) as run:
            run.execute(insert, rows)
        with self.index_transaction() as index:
            newest: int = check.not_none(
                index.execute(insert.values(**rows[0])).inserted_primary_key
            )[0]
            if rows[1:]:
                index.execute(insert, rows[1:])
            ids = range(newest, newest + len(rows))
            self._store_asset_event_tags(index, events, ids)
            last = {event.get_dagster_event().asset_key: i for i, event in enumerate(events)}
            for i in last.values():
                self._store_asset_event(index, events[i], ids[i])
