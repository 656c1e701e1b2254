"""The lake: every table is written through one commit path and repaired when first opened.

The commit path: strict gate, write with a predicate, sync whose return code is checked, read
back, SHA-256 manifest; only then does a write return. A write that raised may or may not have
landed, so every write reads again before it is tried again, and can be repeated safely.
"""

import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import LakeError
from mmm_orchestration.lake.change import (
    Change,
    Commit,
    plan_days,
    plan_keys,
    plan_new,
    sort_rows,
)
from mmm_orchestration.lake.durable import check_hard_links, flush_file_system
from mmm_orchestration.lake.faults import ConflictError, translate_faults
from mmm_orchestration.lake.gate import check_days, check_frame
from mmm_orchestration.lake.location import Location
from mmm_orchestration.lake.log import list_versions, log_folder
from mmm_orchestration.lake.manifest import (
    Damage,
    acknowledge,
    find_altered_commits,
    find_altered_files,
    record_manifests,
)
from mmm_orchestration.lake.store import Store, choose_columns
from mmm_orchestration.lake.tail import Repair, repair_table
from mmm_orchestration.tables.contracts import TableContract
from mmm_orchestration.tables.schema import polars_schema

N_ATTEMPTS: Final = 10
MOST_FILES: Final = 64
_SAFE: Final = "Nothing that was in the table is lost; mend the cause and run it again"

_LANDED: Final = "The rows are written; mend the cause and run it again"

_log = logging.getLogger(__name__)


class Lake:
    """The Delta tables below one folder or URI."""

    def __init__(
        self, uri: str | Path, *, storage_options: Mapping[str, str] | None = None
    ) -> None:
        self._location = Location.parse(uri)
        self._store = Store(self._location, dict(storage_options or {}))
        self._opened: set[str] = set()
        self._has_hard_links = False
        self._repairs: list[Repair] = []

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """Every repair this lake has made since it was constructed."""
        return tuple(self._repairs)

    @property
    def guarantees(self) -> str:
        """What this lake does for the safety of a commit, in one sentence for people."""
        if self._location.folder is None:
            return (
                f"{self._location.uri} is an object store, which keeps a commit by itself: "
                "hard links, sync, tail check and SHA-256 manifests do not apply."
            )
        return (
            f"{self._location.uri} is a file system: every commit is synced, read back and "
            "recorded with SHA-256, and the end of each table is checked when it is opened."
        )

    def table_uri(self, name: str) -> str:
        """Path or URI of the table called `name`."""
        return self._location.table_uri(name)

    def has(self, name: str) -> bool:
        """Whether there is a Delta table called `name`."""
        self.open(name)
        return self._exists(name)

    def open(self, name: str) -> tuple[Repair, ...]:
        """What was broken at the end of the table and is set aside now.

        Looks once per table, and again after any LakeError; () for a table that is sound, does
        not exist or lies in an object store. Commits found sound are synced and recorded.
        """
        folder = self._location.table_folder(name)
        if name in self._opened or folder is None or not log_folder(folder).is_dir():
            return ()
        with self._guard(name, "open"):
            repairs = repair_table(folder, table=name)
        for repair in repairs:
            _log.warning("%s", repair)
        self._repairs += repairs
        try:
            acknowledge(folder, through=max(list_versions(folder), default=-1))
        except OSError as error:
            _log.warning("Table '%s' is open, but its checksums are not kept: %s", name, error)
        else:
            self._opened.add(name)
        return repairs

    def read(
        self,
        name: str,
        *,
        contract: TableContract | None = None,
        window: DayWindow | None = None,
        columns: Collection[str] | None = None,
        version: int | None = None,
    ) -> pl.LazyFrame:
        """The rows of the table, of the days of `window` where one is given, in no set order.

        `version` is a Delta version to read as it was; without it the newest is read.

        With `contract` the columns are those of the contract; a nullable column that was
        declared after rows were written is null there, and a table that does not exist is
        empty. Without it such a table raises LakeError.
        """
        if contract is not None and not self.has(name):
            return choose_columns(pl.LazyFrame(schema=polars_schema(contract)), name, columns)
        table = self._load(name, version=version)
        day = contract.date_column if contract else "date"
        with self._guard(name, "read"):
            files = self._store.list_files(table, date_column=day, window=window)
            rows = self._store.scan(table, files, name=name, contract=contract)
        if window is not None:
            choose_columns(rows, name, [day])
            rows = rows.filter(pl.col(day).is_between(window.first, window.last))
        return choose_columns(rows, name, columns)

    def write_days(
        self,
        frame: pl.DataFrame,
        *,
        contract: TableContract,
        window: DayWindow,
        retract: Collection[date] = (),
    ) -> Commit:
        """What the table holds after the days of `frame` were replaced and `retract` cleared.

        No other day is touched, whether or not it lies in `window`. Days that already hold
        exactly these rows are not written again. Raises ContractError before anything is
        written, LakeError when the write did not land.
        """
        check_frame(frame, contract)
        days = check_days(frame, contract, window=window, retract=retract)
        months = sorted({f"{day:%Y-%m}" for day in days})

        def plan(table: DeltaTable) -> Change:
            files = self._store.list_files(table, months=months)
            current = self._store.scan(table, files, name=contract.name).collect()
            return plan_days(
                frame, current=current, contract=contract, days=days, version=table.version()
            )

        return self._commit(contract, plan=plan, action=f"write {days[0]}..{days[-1]} to")

    def append_new(self, frame: pl.DataFrame, *, contract: TableContract) -> Commit:
        """What was inserted: the rows of `frame` whose key the table did not have.

        Raises ContractError before anything is written, LakeError when the write did not land.
        """
        check_frame(frame, contract)

        def plan(table: DeltaTable) -> Change:
            files = self._store.list_files(table)
            is_scattered = files.height >= MOST_FILES
            current = self._store.scan(table, files, name=contract.name)
            return plan_new(
                frame,
                current=(current if is_scattered else current.select(list(contract.key))).collect(),
                contract=contract,
                version=table.version(),
                replaces_all=is_scattered,
            )

        return self._commit(contract, plan=plan, action="append to")

    def replace_keys(self, frame: pl.DataFrame, *, contract: TableContract) -> Commit:
        """What the table holds after the rows of the keys of `frame` became those of `frame`.

        For small tables: the whole table is written. Rows of other keys stay as they are. Raises
        ContractError before anything is written, LakeError when the write did not land.
        """
        check_frame(frame, contract)

        def plan(table: DeltaTable) -> Change:
            files = self._store.list_files(table)
            current = self._store.scan(table, files, name=contract.name).collect()
            return plan_keys(frame, current=current, contract=contract, version=table.version())

        return self._commit(contract, plan=plan, action="write to")

    def version(self, name: str) -> int:
        """The Delta version of the table; raises LakeError where there is none."""
        return self._load(name).version()

    def last_day(self, name: str, contract: TableContract) -> date | None:
        """The newest day in the table from its statistics, None where there is no row."""
        if not self.has(name):
            return None
        table, day = self._load(name), contract.date_column
        with self._guard(name, "read"):
            files = self._store.list_files(table, date_column=day)
            if files.select((pl.col("n_rows") > 0) & pl.col("last").is_null()).to_series().any():
                rows = self._store.scan(table, files, name=name, contract=contract)
                files = rows.select(pl.col(day).alias("last")).collect()
        last: date | None = files.select(pl.col("last").max()).item()
        return last

    def verify(self, name: str) -> tuple[Damage, ...]:
        """Files of the table whose content is no longer what was written, () where all is well.

        Reads every data file of the newest version. Raises LakeError in an object store, where
        no checksums are kept.
        """
        folder = self._location.table_folder(name)
        if folder is None:
            raise LakeError("Checksums are not kept in an object store", got=self.table_uri(name))
        self.open(name)
        with self._guard(name, "verify"):
            commits = find_altered_commits(folder, table=name)
        try:
            active = self._store.list_files(self._load(name))["path"]
        except LakeError:
            if commits:
                return commits
            raise
        with self._guard(name, "verify"):
            return commits + find_altered_files(folder, table=name, active=active)

    def vacuum(self, name: str) -> int:
        """Number of data files deleted because no version of the last 168 hours needs them."""
        table = self._load(name)
        with self._guard(name, "vacuum", fix=_SAFE):
            n_deleted = len(self._store.vacuum(table))
        self._opened.discard(name)
        self.open(name)
        return n_deleted

    def compact(self, name: str) -> int:
        """Number of small data files whose rows are in larger ones now; no row is changed.

        Raises LakeError where another writer was faster, or the rows do not read back the same.
        """
        table = self._load(name)
        before = self._store.list_files(table)
        with self._guard(name, "compact", fix=_SAFE):
            n_replaced = self._store.compact(table)
        if n_replaced:
            with self._guard(name, "read back"):
                now = self._store.load(name, version=table.version())
                files = self._store.list_files(now)
                rows = [self._store.scan(now, f, name=name).collect() for f in (before, files)]
            if not rows[0].sort(pl.all()).equals(rows[1].sort(pl.all())):
                raise LakeError(
                    f"Table '{name}' does not read back the same after its files were compacted",
                    fix="Check the disk; the version before is whole",
                )
            self._opened.discard(name)
            self.open(name)
        return n_replaced

    def list_tables(self) -> tuple[str, ...]:
        """Names of the tables of a lake on a file system, none for one in an object store."""
        root = self._location.folder
        if root is None or not root.is_dir():
            return ()
        return tuple(sorted(path.name for path in root.iterdir() if log_folder(path).is_dir()))

    def _exists(self, name: str) -> bool:
        with self._guard(name, "find"):
            return self._store.exists(name)

    def _load(self, name: str, *, version: int | None = None) -> DeltaTable:
        self.open(name)
        with self._guard(name, "open"):
            return self._store.load(name, version=version)

    @contextmanager
    def _guard(self, name: str, action: str, *, fix: str = "") -> Iterator[None]:
        """A block whose faults become LakeError, after which the table is opened anew."""
        try:
            with translate_faults(action, table=name, fix=fix):
                yield
        except LakeError:
            self._opened.discard(name)
            raise

    def _commit(
        self, contract: TableContract, *, plan: Callable[[DeltaTable], Change], action: str
    ) -> Commit:
        """What the table holds once `plan` finds nothing left to change.

        An error of a write says nothing about whether it landed; planning again does.
        """
        name = contract.name
        self._prepare(contract)
        tried: Commit | None = None
        fault: LakeError | None = None
        for attempt in range(N_ATTEMPTS):
            table = self._load_for(contract)
            with self._guard(name, "read"):
                change = plan(table)
            if not change.commit.is_changed:
                return replace(tried, version=change.commit.version) if tried else change.commit
            if fault is not None and not isinstance(fault, ConflictError):
                raise fault
            tried = change.commit
            with self._guard(name, "read"):
                before = self._store.list_files(table)
            try:
                with self._guard(name, action, fix=_SAFE):
                    self._store.write(table, change, contract)
            except LakeError as error:
                fault = error
                time.sleep(secrets.SystemRandom().uniform(0, 0.02 * 2**attempt))
            else:
                version = change.commit.version + 1
                self._confirm(change, contract=contract, before=before, version=version)
                return replace(tried, version=version)
        raise fault or ConflictError(f"Cannot {action} table '{name}'")

    def _prepare(self, contract: TableContract) -> None:
        """Nothing; the table exists afterwards."""
        name, root = contract.name, self._location.folder
        with self._guard(name, "prepare", fix=_SAFE):
            if root is not None and not self._has_hard_links:
                root.mkdir(parents=True, exist_ok=True)
                check_hard_links(root)
                self._has_hard_links = True
        if not self.has(name):
            with suppress(ConflictError), self._guard(name, "create", fix=_SAFE):
                self._store.create(contract)

    def _load_for(self, contract: TableContract) -> DeltaTable:
        """The table with every column of `contract`; nullable ones it lacked are added."""
        name = contract.name
        table = self._load(name)
        if self._store.check_schema(table, contract):
            with suppress(ConflictError), self._guard(name, "add columns to", fix=_SAFE):
                self._store.add_columns(table, contract)
            table = self._load(name)
        return table

    def _confirm(
        self, change: Change, *, contract: TableContract, before: pl.DataFrame, version: int
    ) -> None:
        """Nothing, once `version` is on the disk, reads back as it was meant and is recorded.

        `before` lists the data files of the version before. Raises LakeError without a second
        try: what a disk did not confirm is not made safe by asking it again.
        """
        name = contract.name
        folder = self._location.table_folder(name)
        if folder is not None:
            with self._guard(name, "sync", fix="Check the disk, then write these days again"):
                flush_file_system(folder)
        with self._guard(name, "read back"):
            table = self._store.load(name, version=version)
            after = self._store.list_files(table)
            added = after.join(before, on="path", how="anti")
            rows = self._store.scan(table, added, name=name).collect()
        expected = change.rows.select(rows.columns)
        untouched = before.clear() if change.replaces_all else before
        untouched = untouched.remove(pl.col("month").is_in(change.months))
        lost = untouched.join(after, on="path", how="anti")
        if lost.height or not sort_rows(rows, contract).equals(expected):
            self._opened.discard(name)
            raise LakeError(
                f"Version {version} of table '{name}' does not read back as it was written",
                got=f"{rows.height} rows instead of {expected.height}",
                fix="Check the disk, then write these days again",
            )
        if folder is not None:
            with self._guard(name, f"keep the checksums of version {version} of", fix=_LANDED):
                record_manifests(folder, through=version)
