"""Deliveries in: each one is registered with its content, each row accepted or quarantined.

Belongs here: the way from a landing place to a bronze table. Must not: vendor formats (see
`sources`) or how a table is committed (see `lake`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Project, Source
from mmm_orchestration.sources.deliveries import (
    Arrival,
    arrange_arrivals,
    bronze_rows,
    choose_deliveries,
    identify,
    quarantine_rows,
    register_row,
    unpack_content,
)
from mmm_orchestration.sources.landing import SkippedFile, fetch, look_up_landing
from mmm_orchestration.sources.readers import keep_content, read_delivery
from mmm_orchestration.sources.reading import Reading
from mmm_orchestration.tables.contracts import DELIVERIES, QUARANTINE, bronze_contract
from mmm_orchestration.tables.schema import polars_schema

_INDEX = tuple(name for name in DELIVERIES.column_names if name != "content")


@dataclass(frozen=True)
class Landed:
    """What landing one source did; `commit` is None when no delivery has a row in the window.

    `refused` has `(file, reason)` of the deliveries that lie in the landing place and cannot be
    read. The counts are of the deliveries that were new: `n_input` is accepted + quarantined.
    """

    commit: Commit | None
    refused: pl.DataFrame
    skipped: tuple[SkippedFile, ...]
    n_deliveries: int
    n_new: int
    n_input: int
    n_accepted: int
    n_quarantined: int
    n_days_without_delivery: int

    def counts(self) -> dict[str, int]:
        """The counts by name, for people."""
        return {
            "deliveries": self.n_deliveries,
            "new_deliveries": self.n_new,
            "new_rows": self.n_input,
            "new_rows_accepted": self.n_accepted,
            "new_rows_quarantined": self.n_quarantined,
            "files_skipped": len(self.skipped),
            "days_without_delivery": self.n_days_without_delivery,
        }


@dataclass(frozen=True)
class _Received:
    """The new deliveries of one look at the landing place, with readings by delivery."""

    present: frozenset[str]
    register: pl.DataFrame
    readings: Mapping[str, Reading]
    skipped: tuple[SkippedFile, ...]


def land_source(
    lake: Lake, *, source: Source, project: Project, base: Path, window: DayWindow
) -> Landed:
    """Registers what is new for `source` and writes the days of `window` that it covers.

    A delivery is known by its content: one that came before changes nothing, a later one
    restates its days. A day that no delivery covers, or whose delivery has no row for it, stays
    as it is.
    """
    received = _receive(lake, source=source, project=project, base=base)
    index = _read_index(lake, source)
    chosen = choose_deliveries(index, window)
    rows = _gather_rows(lake, chosen, index=index, source=source, project=project, known=received)
    contract = bronze_contract(source)
    commit = None
    if not rows.is_empty():
        commit = lake.write_days(rows, contract=contract, window=window)
    lying = pl.col("delivery").is_in(sorted(received.present))
    new = received.register
    return Landed(
        commit=commit,
        refused=index.filter(lying & (pl.col("status") == "refused")).select("file", "reason"),
        skipped=received.skipped,
        n_deliveries=index.height,
        n_new=new.height,
        n_input=int(new["n_input"].sum()),
        n_accepted=int(new["n_accepted"].sum()),
        n_quarantined=int(new["n_quarantined"].sum()),
        n_days_without_delivery=chosen["delivery"].null_count(),
    )


def _receive(lake: Lake, *, source: Source, project: Project, base: Path) -> _Received:
    """Registers every delivery that lies in the landing place and was not seen before."""
    landing = look_up_landing(source, base=base)
    known = _read_index(lake, source)
    seen = set(known["delivery"])
    present: set[str] = set()
    contents: dict[str, bytes] = {}
    arrivals: list[Arrival] = []
    for found in landing.found:
        content = fetch(found)
        delivery = identify(content)
        present.add(delivery)
        if delivery not in seen:
            seen.add(delivery)
            contents[delivery] = content
            outcome = _read(content, file=found.name, source=source, project=project)
            arrivals.append(Arrival(found.name, found.modified, delivery, outcome))
    rows = _register(
        lake, arrange_arrivals(arrivals), contents=contents, source=source, after=known.height
    )
    readings = {a.delivery: a.outcome for a in arrivals if isinstance(a.outcome, Reading)}
    return _Received(frozenset(present), rows, readings, landing.skipped)


def _read_index(lake: Lake, source: Source) -> pl.DataFrame:
    """The rows of the register that are of `source`, without the contents."""
    rows = lake.read(DELIVERIES.name, contract=DELIVERIES, columns=_INDEX)
    return rows.filter(pl.col("source") == source.name).collect()


def _read(content: bytes, *, file: str, source: Source, project: Project) -> Reading | SourceError:
    """The reading of a delivery, or why it is refused."""
    try:
        reading = read_delivery(
            content, file=file, source=source, project_time_zone=project.time_zone
        )
        _check_currency(reading, file=file, source=source, project=project)
    except SourceError as error:
        return error
    return reading


def _check_currency(reading: Reading, *, file: str, source: Source, project: Project) -> None:
    """Nothing, or SourceError when money would enter in a currency that is not the project's."""
    if source.exchange_rate is None and reading.currency not in {None, project.currency}:
        raise SourceError(
            f"{file} is in {reading.currency} and the project in {project.currency}",
            fix=f"Declare 'exchange_rate' for source '{source.name}' in mmm.yaml",
        )


def _register(
    lake: Lake,
    arrivals: Iterable[Arrival],
    *,
    contents: Mapping[str, bytes],
    source: Source,
    after: int,
) -> pl.DataFrame:
    """The new rows of the register; a delivery counts as seen after its quarantine is kept."""
    now = datetime.now(UTC)
    registered = [pl.DataFrame(schema=polars_schema(DELIVERIES))]
    quarantined = []
    for sequence, arrival in enumerate(arrivals, start=after + 1):
        registered.append(
            register_row(
                arrival.outcome,
                source=source,
                file=arrival.file,
                content=keep_content(contents[arrival.delivery], file=arrival.file, source=source),
                delivery=arrival.delivery,
                sequence=sequence,
                received_at=now,
            )
        )
        if isinstance(arrival.outcome, Reading) and arrival.outcome.quarantined.height:
            quarantined.append(
                quarantine_rows(
                    arrival.outcome, source=source, file=arrival.file, delivery=arrival.delivery
                )
            )
    if quarantined:
        lake.append_new(pl.concat(quarantined), contract=QUARANTINE)
    rows = pl.concat(registered)
    if not rows.is_empty():
        lake.append_new(rows, contract=DELIVERIES)
    return rows


def _gather_rows(
    lake: Lake,
    chosen: pl.DataFrame,
    *,
    index: pl.DataFrame,
    source: Source,
    project: Project,
    known: _Received,
) -> pl.DataFrame:
    """The rows of every day from the delivery that speaks for it."""
    wins = chosen.drop_nulls("delivery")
    wanted = set(wins["delivery"]) - set(known.readings)
    readings = dict(known.readings) | _read_again(lake, wanted, source=source, project=project)
    files = dict(index.select("delivery", "file").iter_rows())
    schema = polars_schema(bronze_contract(source))
    parts = [pl.DataFrame(schema=schema)]
    for (delivery,), days in wins.group_by("delivery", maintain_order=True):
        rows = bronze_rows(readings[str(delivery)], file=files[delivery], delivery=str(delivery))
        parts.append(rows.join(days.select("date"), on="date", how="semi"))
    return pl.concat(parts)


def _read_again(
    lake: Lake, deliveries: set[str], *, source: Source, project: Project
) -> dict[str, Reading]:
    """The readings of deliveries that came earlier, from the content the register keeps."""
    if not deliveries:
        return {}
    register = lake.read(DELIVERIES.name, contract=DELIVERIES)
    rows = register.filter(
        (pl.col("source") == source.name) & pl.col("delivery").is_in(sorted(deliveries))
    )
    readings: dict[str, Reading] = {}
    for row in rows.select("delivery", "file", "content").collect().iter_rows(named=True):
        outcome = _read(
            unpack_content(row["content"]), file=row["file"], source=source, project=project
        )
        if isinstance(outcome, SourceError):
            raise outcome
        readings[row["delivery"]] = outcome
    return readings
