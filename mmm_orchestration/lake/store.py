"""Every call to delta-rs and every scan of data files; errors leave untranslated.

Belongs here: one storage operation per function. Must not: retries, checks of content.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, write_deltalake

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import LakeError
from mmm_orchestration.lake.change import Change
from mmm_orchestration.lake.location import Location
from mmm_orchestration.lake.schema import (
    MONTH,
    delta_field,
    delta_schema,
    is_monthly,
    month_expr,
    stored_schema,
)
from mmm_orchestration.tables.contracts import TableContract
from mmm_orchestration.tables.schema import polars_schema

_AFTER_COMMIT = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)
_WITHOUT_RETRY = CommitProperties(max_commit_retries=0)


@dataclass(frozen=True)
class Store:
    """Access to the Delta tables of one lake."""

    location: Location
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def exists(self, name: str) -> bool:
        """Whether there is a Delta table called `name`."""
        return DeltaTable.is_deltatable(self.location.table_uri(name), dict(self.options))

    def load(self, name: str, *, version: int | None = None) -> DeltaTable:
        """The table as its log says now, or as of `version`.

        Raises LakeError where another engine wrote it with features the lake does not know.
        """
        uri = self.location.table_uri(name)
        table = DeltaTable(uri, version=version, storage_options=dict(self.options))
        if table.protocol().min_reader_version > 1:
            raise LakeError(
                f"Table '{name}' uses Delta features that the lake does not write",
                fix="Let no other engine write to the lake",
            )
        return table

    def create(self, contract: TableContract) -> None:
        """Nothing; an empty table of `contract` exists afterwards."""
        DeltaTable.create(
            self.location.table_uri(contract.name),
            schema=delta_schema(contract),
            partition_by=[MONTH] if is_monthly(contract) else None,
            mode="error",
            name=contract.name,
            description=contract.description,
            configuration={"delta.checkpointInterval": "20"},
            storage_options=dict(self.options),
        )

    def check_schema(self, table: DeltaTable, contract: TableContract) -> list[str]:
        """Nullable columns of `contract` that the stored table lacks.

        Raises LakeError where a stored column has another type, or a column that may not be
        null is not stored.
        """
        stored = stored_schema(table.schema(), table=contract.name)
        expected = polars_schema(contract)
        nullable = {c.name for c in contract.columns if c.is_nullable}
        changed = [n for n, dtype in expected.items() if n in stored and stored[n] != dtype]
        if is_monthly(contract) != (table.metadata().partition_columns == [MONTH]):
            changed.append(contract.date_column)
        missing = [n for n in expected if n not in stored]
        if changed or not nullable.issuperset(missing):
            raise LakeError(
                f"Table '{contract.name}' was written under another contract",
                got=changed or missing,
                available=[f"{name} {dtype}" for name, dtype in stored.items()],
                fix=f"Move {self.location.table_uri(contract.name)} aside and write all days again",
            )
        return missing

    def add_columns(self, table: DeltaTable, contract: TableContract) -> None:
        """Nothing; the nullable columns that `contract` gained exist afterwards, without values."""
        if missing := self.check_schema(table, contract):
            fields = [delta_field(c) for c in contract.columns if c.name in missing]
            table.alter.add_columns(fields, post_commithook_properties=_AFTER_COMMIT)

    def list_files(
        self,
        table: DeltaTable,
        *,
        date_column: str = "",
        window: DayWindow | None = None,
        months: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """One row per data file: `path`, `month`, `n_rows` and its `first` and `last` day.

        Left out are files of other `months` and files that hold no day of `window`.
        """
        files = pl.DataFrame(table.get_add_actions(flatten=True))
        is_monthly_table = f"partition.{MONTH}" in files.columns
        month = pl.col(f"partition.{MONTH}") if is_monthly_table else pl.lit(None)
        first, last = (
            pl.col(name) if (name := f"{bound}.{date_column}") in files.columns else pl.lit(None)
            for bound in ("min", "max")
        )
        files = files.select(
            "path",
            month.cast(pl.String).alias("month"),
            pl.col("num_records").alias("n_rows"),
            first.cast(pl.Date).alias("first"),
            last.cast(pl.Date).alias("last"),
        )
        if months is not None:
            files = files.filter(pl.col("month").is_in(months))
        if window is not None:
            outside = (pl.col("last") < window.first) | (pl.col("first") > window.last)
            files = files.filter(~outside.fill_null(value=False))
        return files

    def scan(
        self,
        table: DeltaTable,
        files: pl.DataFrame,
        *,
        name: str,
        contract: TableContract | None = None,
    ) -> pl.LazyFrame:
        """The rows of `files` with the columns of `contract`, or all that are stored."""
        if contract is None:
            schema = stored_schema(table.schema(), table=name)
        else:
            self.check_schema(table, contract)
            schema = polars_schema(contract)
        if files.is_empty():
            return pl.LazyFrame(schema=schema)
        root = self.location.table_uri(name)
        return pl.scan_parquet(
            [f"{root}/{path}" for path in files["path"]],
            schema=schema,
            missing_columns="insert",
            extra_columns="ignore",
            glob=False,
            hive_partitioning=False,
            storage_options=dict(self.options) or None,
        )

    def write(self, table: DeltaTable, change: Change, contract: TableContract) -> None:
        """Nothing; `change` is the next version of `table`, or CommitFailedError was raised.

        delta-rs refuses rows outside the months that are replaced.
        """
        rows = change.rows
        if is_monthly(contract):
            rows = rows.with_columns(month_expr(contract))
        months = ", ".join(f"'{month}'" for month in change.months)
        if months or change.replaces_all:
            write_deltalake(
                table,
                rows,
                mode="overwrite",
                predicate=f"{MONTH} IN ({months})" if months else None,
                commit_properties=_WITHOUT_RETRY,
                post_commithook_properties=_AFTER_COMMIT,
            )
        else:
            write_deltalake(
                table,
                rows,
                mode="append",
                commit_properties=_WITHOUT_RETRY,
                post_commithook_properties=_AFTER_COMMIT,
            )

    def vacuum(self, table: DeltaTable) -> list[str]:
        """Data files that no version of the last 168 hours needs, now deleted."""
        return table.vacuum(
            dry_run=False,
            full=True,
            commit_properties=_WITHOUT_RETRY,
            post_commithook_properties=_AFTER_COMMIT,
        )

    def compact(self, table: DeltaTable) -> int:
        """Number of small data files that were replaced by larger ones of the same rows."""
        done = table.optimize.compact(
            commit_properties=_WITHOUT_RETRY, post_commithook_properties=_AFTER_COMMIT
        )
        return int(done["numFilesRemoved"])


def choose_columns(rows: pl.LazyFrame, name: str, columns: Collection[str] | None) -> pl.LazyFrame:
    """`rows` with `columns` alone; raises LakeError for a column that is not there."""
    if columns is None:
        return rows
    existing = rows.collect_schema().names()
    if unknown := [c for c in columns if c not in existing]:
        raise LakeError(f"Table '{name}' has no such column", got=unknown, available=existing)
    return rows.select(columns)
