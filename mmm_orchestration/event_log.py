"""Dagster's SQLite event log, storing a batch of events at once.

A range run over three years plans and reports some thirty thousand partitions. Dagster hands
such events over in batches when DAGSTER_EVENT_BATCH_SIZE is set; its own SQLite storage then
opens two databases anew for every event, which takes minutes.
"""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster import _check as check
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from dagster_shared.record import replace

BATCH_SIZE_ENV = "DAGSTER_EVENT_BATCH_SIZE"
BATCH_SIZE = "2000"


def enable_batches() -> None:
    """Sets Dagster's batch size for this process and its children, unless it is set."""
    os.environ.setdefault(BATCH_SIZE_ENV, BATCH_SIZE)


class BatchedSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log; a batch takes one transaction per database file."""

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],
    ) -> Self:
        """The storage in the place where Dagster keeps it below its home, `base_dir`."""
        folder = Path(config_value["base_dir"]) / "history" / "runs"
        return cls(inst_data=inst_data, base_dir=str(folder))

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
        """Plans one evaluation of the check, whatever days its run is for.

        Dagster plans one per partition of the run, and an unpartitioned check, as all of the
        project's are, then leaves every one of them planned for ever.
        """
        planned = event.get_dagster_event()
        once = replace(planned.asset_check_planned_data, partitions_subset=None)
        unpartitioned = planned._replace(event_specific_data=once)
        super()._store_asset_check_evaluation_planned(
            event._replace(dagster_event=unpartitioned), event_id
        )

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
