"""Dagster's Postgres event log, doing what `event_log` does for SQLite.

Belongs here: the counterpart for an installation whose Dagster records live in Postgres. It needs
the extra `postgres`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, override

import dagster as dg
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

from mmm_orchestration.event_log import plan_once
from mmm_orchestration.upkeep.holding import follow_end, follow_event


class BatchedPostgresEventLogStorage(PostgresEventLogStorage):
    """Dagster's Postgres event log; a batch of asset events takes two transactions."""

    @classmethod
    @override
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """The storage at the address that the settings name."""
        return cls(inst_data=inst_data, postgres_url=pg_url_from_config(config_value))

    @override
    def store_event(self, event: dg.EventLogEntry) -> None:
        """Stores the event; the lock of its run is held from its first event to its last."""
        home = Path(self._instance.root_directory)
        follow_event(event, home=home)
        super().store_event(event)
        follow_end(event, home=home)

    @override
    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Stores the asset events among `events` together, and the others one by one."""
        batch = list[dg.EventLogEntry]()
        for event in events:
            if event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS:
                batch.append(event)
            else:
                self.store_event(event)
        if not batch:
            return
        insert = SqlEventLogStorageTable.insert().returning(SqlEventLogStorageTable.c.id)
        rows = [self._event_to_row(event) for event in batch]
        with self._connect() as connection:
            ids = [row[0] for row in connection.execute(insert.values(rows))]
        last = {event.get_dagster_event().asset_key: i for i, event in enumerate(batch)}
        with self.index_transaction() as index:
            self._store_asset_event_tags(index, batch, ids)
            for i in last.values():
                self._store_asset_event(index, batch[i], ids[i])

    def _store_asset_check_evaluation_planned(
        self, event: dg.EventLogEntry, event_id: int | None
    ) -> None:
        super()._store_asset_check_evaluation_planned(plan_once(event), event_id)
