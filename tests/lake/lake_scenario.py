"""Contracts and frames that the lake's tests write."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.tables.contracts import Column, TableContract
from mmm_orchestration.tables.schema import polars_schema

FIRST = date(2026, 1, 30)
WINDOW = DayWindow(FIRST, FIRST + timedelta(days=59))

MEDIA = TableContract(
    name="media",
    description="Media by day and geo, for tests.",
    columns=(
        Column("date", "date", "the day"),
        Column("geo", "text", "the geo"),
        Column("clicks", "integer", "clicks", is_nullable=True, minimum=0, unit="clicks"),
        Column("spend", "float", "cost", is_nullable=True, minimum=0),
        Column("is_paid", "boolean", "whether it is paid"),
        Column("seen_at", "datetime", "when it was read", is_nullable=True),
        Column("raw", "binary", "the bytes", is_nullable=True),
    ),
    key=("date", "geo"),
)
REGISTER = TableContract(
    name="register",
    description="Things seen once, for tests.",
    columns=(
        Column("id", "text", "what it is"),
        Column("amount", "float", "how much", is_nullable=True),
        Column("first_day", "date", "first day", is_nullable=True),
    ),
    key=("id",),
    date_column="first_day",
)


def day(offset: int) -> date:
    """The day `offset` days after the first."""
    return FIRST + timedelta(days=offset)


def make_media(
    *, days: range = range(3), spend: float | None = 10.0, n_geos: int = 2
) -> pl.DataFrame:
    """A sound frame of MEDIA; two geos per day; clicks of the second geo are missing."""
    rows = [
        {
            "date": day(offset),
            "geo": f"g{geo}",
            "clicks": 5 if geo == 0 else None,
            "spend": None if spend is None else spend + offset,
            "is_paid": True,
            "seen_at": datetime(2026, 4, 1, 6, tzinfo=UTC),
            "raw": b"\x00x",
        }
        for offset in days
        for geo in range(n_geos)
    ]
    return pl.DataFrame(rows, schema=polars_schema(MEDIA))


def make_register(*ids: str, amount: float = 1.0) -> pl.DataFrame:
    """Rows of REGISTER with these ids and no day."""
    rows = [{"id": i, "amount": amount, "first_day": None} for i in ids]
    return pl.DataFrame(rows, schema=polars_schema(REGISTER))
