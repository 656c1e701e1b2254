"""The types of a table contract in Delta, stated once."""

from collections.abc import Mapping
from typing import Final

import polars as pl
from deltalake import Field, Schema
from deltalake.schema import PrimitiveType

from mmm_orchestration.errors import LakeError
from mmm_orchestration.tables.contracts import Column, Dtype, TableContract
from mmm_orchestration.tables.schema import POLARS

MONTH: Final = "lake_month"

_DELTA: Final[Mapping[Dtype, str]] = {
    "date": "date",
    "datetime": "timestamp",
    "text": "string",
    "integer": "long",
    "float": "double",
    "boolean": "boolean",
    "binary": "binary",
}
_FROM_DELTA: Final = {delta: POLARS[dtype] for dtype, delta in _DELTA.items()}


def stored_schema(schema: Schema, *, table: str) -> pl.Schema:
    """The columns of a stored Delta table with their polars types, without the month.

    Raises LakeError at a type that the lake does not write.
    """
    types: dict[str, pl.DataType] = {}
    for field in schema.fields:
        stored = str(getattr(field.type, "type", field.type))
        if stored not in _FROM_DELTA:
            raise LakeError(
                f"Table '{table}' has a column '{field.name}' of a type the lake does not write",
                got=stored,
                available=_FROM_DELTA,
            )
        types[field.name] = _FROM_DELTA[stored]
    types.pop(MONTH, None)
    return pl.Schema(types)


def delta_schema(contract: TableContract) -> Schema:
    """The Delta schema of `contract`, with descriptions, and the month where it has one."""
    fields = [delta_field(c) for c in contract.columns]
    if is_monthly(contract):
        fields.append(
            Field(
                MONTH, PrimitiveType("string"), metadata={"comment": "month of the date, internal"}
            )
        )
    return Schema(fields)


def delta_field(column: Column) -> Field:
    """One Delta field; the gate and not Delta refuses nulls, so that a column can be added."""
    metadata = {"comment": column.description}
    if column.unit:
        metadata["unit"] = column.unit
    return Field(column.name, PrimitiveType(_DELTA[column.dtype]), metadata=metadata)


def is_monthly(contract: TableContract) -> bool:
    """Whether every row has a date, so that the files are kept by month."""
    return any(c.name == contract.date_column and not c.is_nullable for c in contract.columns)


def month_expr(contract: TableContract) -> pl.Expr:
    """The month of each row as '2026-03'."""
    return pl.col(contract.date_column).dt.strftime("%Y-%m").alias(MONTH)


def measures(contract: TableContract) -> tuple[str, ...]:
    """The first four float columns outside the key: what sums are told of."""
    floats = [c.name for c in contract.columns if c.dtype == "float" and c.name not in contract.key]
    return tuple(floats[:4])
