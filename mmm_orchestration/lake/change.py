"""What a write would change: computed from the rows there are and the rows delivered.

Belongs here: frame to frame. Must not: reading or writing a table.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from mmm_orchestration.lake.gate import check_key
from mmm_orchestration.lake.schema import measures, month_expr
from mmm_orchestration.tables.contracts import TableContract


@dataclass(frozen=True)
class RestatedDay:
    """A day that had rows and now has others; sums are of the first float measures.

    A measure without any value on the day is left out of the sums.
    """

    day: date
    n_before: int
    n_after: int
    sums_before: Mapping[str, float]
    sums_after: Mapping[str, float]


@dataclass(frozen=True)
class Commit:
    """What a write left in the table.

    `n_rows` and `sums` are of the rows that `days` hold now (of the rows inserted, for a
    register), `n_replaced` is how many these days held before. `version` is the Delta version
    that holds them; without a change it is the one that was there.
    """

    table: str
    version: int
    days: tuple[date, ...]
    n_rows: int
    n_replaced: int
    sums: Mapping[str, float]
    is_changed: bool
    restated_days: tuple[RestatedDay, ...] = ()


@dataclass(frozen=True)
class Change:
    """The rows to write: in place of `months`, of everything, or beside what there is.

    `rows` is complete for the months it replaces, sorted by key.
    """

    rows: pl.DataFrame
    commit: Commit
    months: tuple[str, ...] = ()
    replaces_all: bool = False


def plan_days(
    frame: pl.DataFrame,
    *,
    current: pl.DataFrame,
    contract: TableContract,
    days: tuple[date, ...],
    version: int,
) -> Change:
    """The change after which `days` hold exactly the rows of `frame`.

    `current` holds every row of the months of `days`. A day whose rows are already those of
    `frame` changes nothing, and its month is written only for the sake of another day.
    """
    day = pl.col(contract.date_column)
    frame = sort_rows(frame, contract)
    before = sort_rows(current.filter(day.is_in(days)), contract)
    changed = _find_changed_days(before, frame, contract=contract)
    months = _list_months(changed, contract=contract)
    kept = current.filter(month_expr(contract).is_in(months) & ~day.is_in(changed))
    rows = pl.concat([kept, frame.filter(day.is_in(changed))], how="diagonal")
    check_key(rows, contract)
    commit = Commit(
        table=contract.name,
        version=version,
        days=days,
        n_rows=frame.height,
        n_replaced=before.height,
        sums=sum_measures(frame, contract),
        is_changed=bool(changed),
        restated_days=_describe_restated(before, frame, contract=contract, days=changed),
    )
    return Change(rows=sort_rows(rows, contract), commit=commit, months=tuple(months))


def plan_new(
    frame: pl.DataFrame,
    *,
    current: pl.DataFrame,
    contract: TableContract,
    version: int,
    replaces_all: bool,
) -> Change:
    """The change after which every key of `frame` is in the table; known keys stay as they are.

    `current` holds all rows where `replaces_all`, so that many small files become one, else
    the key columns alone.
    """
    new = frame.join(current, on=list(contract.key), how="anti", nulls_equal=True)
    commit = Commit(
        table=contract.name,
        version=version,
        days=(),
        n_rows=new.height,
        n_replaced=0,
        sums=sum_measures(new, contract),
        is_changed=not new.is_empty(),
    )
    rows = pl.concat([current, new], how="diagonal") if replaces_all else new
    return Change(rows=sort_rows(rows, contract), commit=commit, replaces_all=replaces_all)


def plan_keys(
    frame: pl.DataFrame, *, current: pl.DataFrame, contract: TableContract, version: int
) -> Change:
    """The change after which the keys of `frame` hold its rows; rows of other keys stay.

    `current` holds every row of the table.
    """
    kept = current.join(frame, on=list(contract.key), how="anti", nulls_equal=True)
    before = sort_rows(current.select(contract.column_names), contract)
    rows = sort_rows(pl.concat([kept, frame], how="diagonal"), contract)
    commit = Commit(
        table=contract.name,
        version=version,
        days=(),
        n_rows=frame.height,
        n_replaced=current.height - kept.height,
        sums=sum_measures(frame, contract),
        is_changed=not rows.select(before.columns).equals(before),
    )
    return Change(rows=rows, commit=commit, replaces_all=True)


def sort_rows(frame: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """The rows by day and key, so that equal content is written as equal rows."""
    by = dict.fromkeys((contract.date_column, *contract.key))
    return frame.sort([name for name in by if name in frame.columns])


def sum_measures(frame: pl.DataFrame, contract: TableContract) -> dict[str, float]:
    """Sums of the first float measures, without those that have no value."""
    sums = frame.select(_sum_expr(name) for name in measures(contract))
    return _drop_missing(sums.row(0, named=True)) if sums.width else {}


def _find_changed_days(
    before: pl.DataFrame, after: pl.DataFrame, *, contract: TableContract
) -> list[date]:
    """Days whose rows differ; both frames are sorted."""
    columns = contract.column_names
    old, new = before.select(columns), after.select(columns)
    if old.equals(new):
        return []
    sides = ((old, new), (new, old))
    different = [a.join(b, on=columns, how="anti", nulls_equal=True) for a, b in sides]
    return sorted({day for rows in different for day in rows[contract.date_column].unique()})


def _list_months(days: Collection[date], *, contract: TableContract) -> list[str]:
    frame = pl.DataFrame(
        {contract.date_column: sorted(days)}, schema={contract.date_column: pl.Date}
    )
    return frame.select(month_expr(contract).unique().sort()).to_series().to_list()


def _describe_restated(
    before: pl.DataFrame, after: pl.DataFrame, *, contract: TableContract, days: Collection[date]
) -> tuple[RestatedDay, ...]:
    old, new = (_sum_by_day(f, contract=contract, days=days) for f in (before, after))
    nothing: tuple[int, dict[str, float]] = (0, {})
    return tuple(
        RestatedDay(day, n_before, new.get(day, nothing)[0], sums, new.get(day, nothing)[1])
        for day, (n_before, sums) in sorted(old.items())
    )


def _sum_by_day(
    frame: pl.DataFrame, *, contract: TableContract, days: Collection[date]
) -> dict[date, tuple[int, dict[str, float]]]:
    """Row count and sums of the measures of each of `days` that has rows."""
    day = contract.date_column
    grouped = (
        frame.filter(pl.col(day).is_in(days))
        .group_by(day)
        .agg(pl.len().alias(""), *(_sum_expr(name) for name in measures(contract)))
    )
    return {
        row[0]: (row[1], _drop_missing(dict(zip(measures(contract), row[2:], strict=True))))
        for row in grouped.iter_rows()
    }


def _sum_expr(name: str) -> pl.Expr:
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def _drop_missing(sums: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in sums.items() if value is not None}
