"""Every change that Delta would make silently is refused before the write."""

from datetime import timedelta

import polars as pl
import pytest
from lake_scenario import MEDIA, REGISTER, WINDOW, day, make_media, make_register

from mmm_orchestration.errors import ContractError
from mmm_orchestration.lake.gate import check_frame
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.tables.contracts import Column, TableContract
from mmm_orchestration.tables.schema import polars_schema

pytestmark = pytest.mark.unit

SPEND = pl.col("spend")
CHANGES = {
    "a fraction in an integer column": (pl.lit(1.9).alias("clicks"), "must be Int64"),
    "a smaller integer type": (pl.col("clicks").cast(pl.Int32), "must be Int64"),
    "an integer in a float column": (pl.lit(1).alias("spend"), "must be Float64"),
    "numeric text": (SPEND.cast(pl.String), "must be Float64"),
    "1e400": (pl.lit("1e400").cast(pl.Float64).alias("spend"), "not a finite number"),
    "NaN": (pl.lit(float("nan")).alias("spend"), "not a finite number"),
    "minus infinity": (pl.lit(float("-inf")).alias("spend"), "not a finite number"),
    "a negative spend": (-SPEND, "below 0"),
    "a column without type": (pl.lit(None).alias("spend"), "must be Float64"),
    "a null in the key": (pl.lit(None, dtype=pl.String).alias("geo"), "is null"),
    "a null date": (pl.lit(None, dtype=pl.Date).alias("date"), "is null"),
    "a null flag": (pl.lit(None, dtype=pl.Boolean).alias("is_paid"), "is null"),
    "a date with a time": (pl.col("date").cast(pl.Datetime("us")), "must be Date"),
    "a time without zone": (pl.col("seen_at").dt.replace_time_zone(None), "must be Datetime"),
    "a time in another zone": (
        pl.col("seen_at").dt.convert_time_zone("Europe/Berlin"),
        "must be Datetime",
    ),
    "text instead of bytes": (pl.lit("x").alias("raw"), "must be Binary"),
    "a repeated key": (pl.lit("g0").alias("geo"), "share their key"),
    "a new column": (pl.lit(1.0).alias("cost"), "unknown columns"),
}


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES.keys())
def test_a_silent_change_is_refused(lake: Lake, change: pl.Expr, words: str) -> None:
    """The write raises ContractError that says what, and no table exists afterwards."""
    with pytest.raises(ContractError, match=words):
        lake.write_days(make_media().with_columns(change), contract=MEDIA, window=WINDOW)
    assert not lake.has("media")


def test_a_missing_column_is_refused(lake: Lake) -> None:
    """A frame without a column of the contract never drops that column from the table."""
    lake.write_days(make_media(), contract=MEDIA, window=WINDOW)
    with pytest.raises(ContractError, match="lacks columns, got \\['spend'\\]"):
        lake.write_days(make_media().drop("spend"), contract=MEDIA, window=WINDOW)


def test_the_first_culprit_is_named() -> None:
    """The error names the column, the number of rows, the key and the value."""
    frame = make_media().with_columns(pl.when(pl.col("date") == day(1)).then(-4.0).alias("spend"))
    with pytest.raises(ContractError) as caught:
        check_frame(frame, MEDIA)
    assert str(caught.value) == (
        "Column 'spend' of 'media' is below 0 in 2 rows, first date=2026-01-31, geo=g0, got -4.0."
    )


def test_values_at_the_edge_pass() -> None:
    """Zero, null in a nullable column and another column order keep the contract."""
    check_frame(make_media(spend=None), MEDIA)
    check_frame(make_media().with_columns(spend=0.0).select(sorted(MEDIA.column_names)), MEDIA)


def test_a_column_named_like_the_partition_is_refused() -> None:
    """A contract cannot use the name of the lake's own month column."""
    contract = TableContract("t", "", (Column("lake_month", "text", ""),), key=("lake_month",))
    with pytest.raises(ContractError, match="kept for the lake"):
        check_frame(pl.DataFrame(schema=polars_schema(contract)), contract)


def test_an_empty_frame_deletes_no_day(lake: Lake) -> None:
    """An empty delivery is refused and every day stays."""
    lake.write_days(make_media(), contract=MEDIA, window=WINDOW)
    with pytest.raises(ContractError, match="empty frame"):
        lake.write_days(make_media().clear(), contract=MEDIA, window=WINDOW)
    assert lake.read("media", contract=MEDIA).collect().height == 6


def test_a_day_outside_the_window_is_refused(lake: Lake) -> None:
    """A held or retracted day outside the window raises ContractError that names it."""
    late = WINDOW.last + timedelta(days=1)
    with pytest.raises(ContractError, match=r"1 days .* outside the window .* got '2026-03-31'"):
        lake.write_days(make_media(days=range(59, 61)), contract=MEDIA, window=WINDOW)
    with pytest.raises(ContractError, match="outside the window"):
        lake.write_days(make_media(), contract=MEDIA, window=WINDOW, retract=[late])


def test_a_day_cannot_be_held_and_retracted(lake: Lake) -> None:
    """A day with rows that is also to be cleared raises ContractError."""
    with pytest.raises(ContractError, match="held and retracted"):
        lake.write_days(make_media(), contract=MEDIA, window=WINDOW, retract=[day(1)])


def test_a_register_cannot_be_written_by_days(lake: Lake) -> None:
    """A table whose date may be null refuses write_days."""
    with pytest.raises(ContractError, match="no date on every row"):
        lake.write_days(make_register("a"), contract=REGISTER, window=WINDOW)
