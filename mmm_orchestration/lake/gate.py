"""The strict gate before every write: no value is cast, rounded, filled or dropped on the way."""

from collections.abc import Collection, Iterator
from datetime import date

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import ContractError
from mmm_orchestration.lake.schema import MONTH, is_monthly
from mmm_orchestration.tables.contracts import Column, TableContract
from mmm_orchestration.tables.schema import polars_schema


def check_frame(frame: pl.DataFrame, contract: TableContract) -> None:
    """Nothing, when `frame` keeps `contract`; else ContractError with the first culprit."""
    _check_columns(frame, contract)
    _check_values(frame, contract)
    check_key(frame, contract)


def check_days(
    frame: pl.DataFrame,
    contract: TableContract,
    *,
    window: DayWindow,
    retract: Collection[date] = (),
) -> tuple[date, ...]:
    """The days that a write of `frame` replaces, in order; all lie in `window`.

    Raises ContractError for a table without a date on every row, a day outside the window, a
    day that is both held and retracted, and an empty frame that retracts nothing.
    """
    if not is_monthly(contract):
        raise ContractError(
            f"Table '{contract.name}' has no date on every row, so it cannot be written by days",
            fix="Append to it instead",
        )
    held = set(frame[contract.date_column].unique())
    if not held and not retract:
        raise ContractError(
            f"An empty frame for '{contract.name}' is refused, as it would say nothing",
            fix="Name the days to clear in 'retract' if they are meant to be empty",
        )
    if both := sorted(held & set(retract)):
        raise ContractError(f"A day of '{contract.name}' is held and retracted", got=str(both[0]))
    days = sorted(held | set(retract))
    if outside := [day for day in days if not window.contains(day)]:
        raise ContractError(
            f"{len(outside)} days for '{contract.name}' lie outside the window {window}",
            got=str(outside[0]),
            fix="Write them in a run of their own window",
        )
    return tuple(days)


def check_key(frame: pl.DataFrame, contract: TableContract) -> None:
    """Nothing, when no two rows of `frame` share the key of `contract`; else ContractError."""
    if not frame.select(list(contract.key)).is_duplicated().any():
        return
    twice = frame.filter(pl.struct(list(contract.key)).is_duplicated())
    raise ContractError(
        f"{twice.height} rows for '{contract.name}' share their key, "
        f"first {_describe_row(twice, contract)}",
        fix="Add up or choose between rows of the same key",
    )


def _check_columns(frame: pl.DataFrame, contract: TableContract) -> None:
    expected = polars_schema(contract)
    if MONTH in expected:
        raise ContractError(f"Column name '{MONTH}' is kept for the lake", fix="Rename the column")
    missing = [name for name in expected if name not in frame.columns]
    if missing:
        raise ContractError(
            f"A frame for '{contract.name}' lacks columns", got=missing, available=frame.columns
        )
    extra = [name for name in frame.columns if name not in expected]
    if extra:
        raise ContractError(
            f"A frame for '{contract.name}' has unknown columns", got=extra, available=expected
        )
    for name, dtype in expected.items():
        if frame.schema[name] != dtype:
            raise ContractError(
                f"Column '{name}' of '{contract.name}' must be {dtype}",
                got=str(frame.schema[name]),
                fix="Convert it where the values are read, so that no cast is silent",
            )


def _check_values(frame: pl.DataFrame, contract: TableContract) -> None:
    rules = [rule for column in contract.columns for rule in _list_rules(column)]
    if not rules or frame.is_empty():
        return
    broken = frame.select(
        culprits.fill_null(value=False).any().alias(str(i))
        for i, (_, _, culprits) in enumerate(rules)
    ).row(0)
    for (name, what, culprits), is_broken in zip(rules, broken, strict=True):
        if is_broken:
            rows = frame.filter(culprits)
            raise ContractError(
                f"Column '{name}' of '{contract.name}' {what} in {rows.height} rows, "
                f"first {_describe_row(rows, contract)}",
                got=rows[name][0],
            )


def _list_rules(column: Column) -> Iterator[tuple[str, str, pl.Expr]]:
    """Name, words and culprit mask of every rule that a column's values must keep."""
    value = pl.col(column.name)
    if not column.is_nullable:
        yield column.name, "is null", value.is_null()
    if column.dtype == "float":
        yield column.name, "is not a finite number", ~value.is_finite()
    if column.minimum is not None:
        yield column.name, f"is below {column.minimum:g}", value < column.minimum


def _describe_row(rows: pl.DataFrame, contract: TableContract) -> str:
    first = rows.row(0, named=True)
    return ", ".join(f"{name}={first[name]}" for name in contract.key)
