"""The rows that break an expectation, found with polars masks of our own."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from mmm_orchestration.quality.suites import Expectation

Scalar = str | float | bool | date | None
Row = Mapping[str, Scalar]


def find_missing_columns(frame: pl.DataFrame, *, expectation: Expectation) -> tuple[str, ...]:
    """The columns the expectation needs and the frame lacks."""
    needed = (*expectation.columns, *(column for column, _ in expectation.where))
    return tuple(c for c in needed if c not in frame.columns)


def bad_row_expr(expectation: Expectation) -> pl.Expr | None:
    """Whether a row breaks the expectation; None where it is about the table, not about rows."""
    value = pl.col(expectation.columns)
    match expectation.kind:
        case "column_values_to_not_be_null":
            bad = value.is_null()
        case "column_values_to_be_between":
            low, high = expectation.bounds
            bad = ((value < low) | (value > high)).fill_null(value=False)
        case "column_values_to_be_in_set":
            bad = (~value.is_in(expectation.words)).fill_null(value=False)
        case "column_pair_values_a_to_be_greater_than_b":
            larger, smaller = expectation.columns
            bad = (pl.col(larger) < pl.col(smaller)).fill_null(value=False)
        case "compound_columns_to_be_unique":
            bad = pl.struct(expectation.columns).is_duplicated()
        case _:
            return None
    return bad & where_expr(expectation)


def where_expr(expectation: Expectation) -> pl.Expr:
    """The rows the expectation is about."""
    holds = [(pl.col(column) == word).fill_null(value=False) for column, word in expectation.where]
    return pl.all_horizontal(pl.lit(value=True), *holds)


def select_bad_rows(frame: pl.DataFrame, *, expectation: Expectation) -> pl.DataFrame:
    """The rows that break the expectation, none where it is not about rows."""
    mask = bad_row_expr(expectation)
    return frame.clear() if mask is None else frame.filter(mask)
