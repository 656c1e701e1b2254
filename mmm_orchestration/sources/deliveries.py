"""The register of deliveries: what came, in which order, and which one speaks for a day.

Belongs here: pure functions on the `deliveries` and `quarantine` contracts. Must not: reading a
delivery (see `readers`) or a table (see `lake`).
"""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np
import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source
from mmm_orchestration.sources.reading import EmptyDeliveryError, Reading
from mmm_orchestration.tables.contracts import DELIVERIES, QUARANTINE
from mmm_orchestration.tables.schema import polars_schema

Status = Literal["read", "empty", "refused"]


@dataclass(frozen=True)
class Arrival:
    """One delivery on its way into the register; `outcome` is its reading or its refusal."""

    file: str
    modified: datetime
    delivery: str
    outcome: Reading | SourceError


def identify(content: bytes) -> str:
    """SHA-256 of the content in hexadecimal: the identity of a delivery."""
    return hashlib.sha256(content).hexdigest()


def arrange_arrivals(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Deliveries found together in the order they count: last day covered, modified, name.

    A delivery that is empty or refused comes first, since it changes no day.
    """

    def rank(arrival: Arrival) -> tuple[date, datetime, str]:
        read = arrival.outcome if isinstance(arrival.outcome, Reading) else None
        return (read.covered.last if read else date.min, arrival.modified, arrival.file)

    return sorted(arrivals, key=rank)


def choose_deliveries(register: pl.DataFrame, window: DayWindow) -> pl.DataFrame:
    """Which delivery speaks for each day: one row `(date, delivery, sequence)` per day.

    `register` holds the rows of one source of the `deliveries` table. The latest sequence with
    status 'read' that covers a day wins it; both columns are null where none does.
    """
    read = register.filter(
        (pl.col("status") == "read")
        & pl.col("first_day").is_not_null()
        & pl.col("last_day").is_not_null()
    ).sort("sequence")
    starts = (read["first_day"] - window.first).dt.total_days().to_numpy()
    ends = (read["last_day"] - window.first).dt.total_days().to_numpy() + 1
    winner = np.full(window.n_days, -1)
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        winner[max(start, 0) : max(end, 0)] = i
    places = pl.Series("place", winner).replace(-1, None)
    days = pl.date_range(window.first, window.last, eager=True)
    return pl.DataFrame(
        {
            "date": days,
            "delivery": read["delivery"].gather(places),
            "sequence": read["sequence"].gather(places),
        }
    )


def register_row(
    outcome: Reading | SourceError,
    *,
    source: Source,
    file: str,
    content: bytes,
    delivery: str,
    sequence: int,
    received_at: datetime,
) -> pl.DataFrame:
    """One row in the `deliveries` contract for a delivery that was read, empty or refused.

    `content` is what is kept for replays, `delivery` the identity of the bytes as delivered;
    they differ where personal data is withheld.
    """
    reading = outcome if isinstance(outcome, Reading) else None
    status: Status = "read" if reading else "refused"
    if isinstance(outcome, EmptyDeliveryError):
        status = "empty"
    row = {
        "source": source.name,
        "delivery": delivery,
        "sequence": sequence,
        "file": file,
        "received_at": received_at.astimezone(UTC),
        "status": status,
        "reason": None if reading else str(outcome),
        "first_day": reading.covered.first if reading else None,
        "last_day": reading.covered.last if reading else None,
        "n_input": reading.n_input if reading else 0,
        "n_accepted": reading.accepted.height if reading else 0,
        "n_quarantined": reading.quarantined.height if reading else 0,
        "currency": reading.currency if reading else source.currency,
        "time_zone": reading.time_zone if reading else source.time_zone,
        "notes": json.dumps([note.to_row() for note in reading.notes]) if reading else None,
        "content": zlib.compress(content),
    }
    return pl.DataFrame([row], schema=polars_schema(DELIVERIES))


def unpack_content(packed: bytes) -> bytes:
    """The bytes that `register_row` packed. Raises SourceError when they are damaged."""
    try:
        return zlib.decompress(packed)
    except zlib.error as error:
        raise SourceError("The stored content of a delivery is damaged") from error


def quarantine_rows(reading: Reading, *, source: Source, file: str, delivery: str) -> pl.DataFrame:
    """The quarantined rows of a reading in the `quarantine` contract, by `(delivery, line)`."""
    named = {"source": source.name, "file": file, "delivery": delivery}
    return reading.quarantined.with_columns(pl.lit(v).alias(k) for k, v in named.items()).select(
        pl.col(name).cast(dtype) for name, dtype in polars_schema(QUARANTINE).items()
    )


def bronze_rows(reading: Reading, *, file: str, delivery: str) -> pl.DataFrame:
    """The accepted rows of a reading with `file` and `delivery`, in the bronze contract."""
    return reading.accepted.with_columns(file=pl.lit(file), delivery=pl.lit(delivery)).select(
        *[c for c in reading.accepted.columns if c != "line"], "file", "line", "delivery"
    )
