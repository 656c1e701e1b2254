"""The polars types of a table contract, stated once."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from mmm_orchestration.tables.contracts import Dtype, TableContract

POLARS: Final[Mapping[Dtype, pl.DataType]] = {
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
    "text": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "binary": pl.Binary(),
}


def polars_schema(contract: TableContract) -> pl.Schema:
    """The columns of `contract` in their order with their polars types."""
    return pl.Schema({column.name: POLARS[column.dtype] for column in contract.columns})
