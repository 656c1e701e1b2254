"""JSON and Parquet as rows under a header.

Belongs here: records that carry their own column names. Must not: the meaning of a column.
"""

import io
import json
from collections.abc import Mapping, Sequence

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.grid import Grid, blank_to_null
from mmm_orchestration.sources.reading import (
    ASIDE_SCHEMA,
    QUARANTINE_SCHEMA,
    RAW_LENGTH,
    EmptyDeliveryError,
)

Value = str | int | float | bool | None
_Numbered = tuple[int, Mapping[str, Value]]
_Broken = tuple[int, str, str, str]


def is_parquet(content: bytes) -> bool:
    """Whether the bytes begin like a Parquet file."""
    return content.startswith(b"PAR1")


def is_json(text: str) -> bool:
    """Whether the text begins like JSON records."""
    return text.lstrip()[:1] in {"[", "{"}


def read_parquet_grid(content: bytes, *, file: str) -> Grid:
    """The rows of a Parquet file, numbered from 1.

    Raises SourceError where it is damaged.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(content), hive_partitioning=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = (str(error).splitlines() or [""])[0][:120]
        raise SourceError(f"{file} is a damaged Parquet file ({reason})") from error
    line = pl.Series("line", range(1, frame.height + 1), pl.Int64)
    cells = [_plain(s).alias(str(i)) for i, s in enumerate(frame.get_columns())]
    return _to_grid(frame.columns, pl.DataFrame([line, *cells]))


def read_json_grid(text: str, *, file: str) -> Grid:
    """The rows of a JSON array of objects, numbered from 1, or of JSON lines by their line.

    A line that is no object is malformed. Raises SourceError at an array that cannot be parsed,
    EmptyDeliveryError where there is no row.
    """
    if text.lstrip().startswith("["):
        records, broken = _read_array(text, file=file)
    else:
        records, broken = _read_lines(text)
    if not records and not broken:
        raise EmptyDeliveryError(f"{file} has no rows in the period")
    names = list(dict.fromkeys(name for _, record in records for name in record))
    line = pl.Series("line", [n for n, _ in records], pl.Int64)
    columns = [
        _to_series([record.get(name) for _, record in records]).alias(str(i))
        for i, name in enumerate(names)
    ]
    malformed = pl.DataFrame(broken, schema=QUARANTINE_SCHEMA, orient="row")
    return _to_grid(names, pl.DataFrame([line, *columns]), malformed=malformed)


def _read_array(text: str, *, file: str) -> tuple[list[_Numbered], list[_Broken]]:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error)[:120]
        raise SourceError(f"{file} is damaged JSON ({reason})") from error
    if not all(isinstance(r, dict) for r in records):
        raise SourceError(f"{file} is JSON, but no list of objects", fix="Write one object per row")
    return list(enumerate(records, start=1)), []


def _read_lines(text: str) -> tuple[list[_Numbered], list[_Broken]]:
    records: list[_Numbered] = []
    broken: list[_Broken] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            broken.append((number, "unreadable_line", str(error)[:120], line[:RAW_LENGTH]))
            continue
        if isinstance(record, dict):
            records.append((number, record))
        else:
            broken.append((number, "unreadable_line", "no JSON object", line[:RAW_LENGTH]))
    return records, broken


def _to_series(values: Sequence[object]) -> pl.Series:
    """The values as numbers where all are, else as text; nested values as JSON."""
    if all(v is None or isinstance(v, bool | int | float) for v in values):
        return pl.Series([None if v is None else _to_float(v) for v in values], dtype=pl.Float64)
    texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    return pl.Series(texts, dtype=pl.String)


def _to_float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return float("inf")


def _plain(cells: pl.Series) -> pl.Series:
    """The column as a number, a day, a moment or text."""
    if cells.dtype.is_numeric() or cells.dtype in {pl.Boolean, pl.Null}:
        return cells.cast(pl.Float64)
    if cells.dtype in {pl.String, pl.Date} or isinstance(cells.dtype, pl.Datetime):
        return cells
    if cells.dtype == pl.Categorical or isinstance(cells.dtype, pl.Enum):
        return cells.cast(pl.String)
    return pl.Series([None if v is None else str(v) for v in cells.to_list()], dtype=pl.String)


def _to_grid(
    names: Sequence[str], cells: pl.DataFrame, *, malformed: pl.DataFrame | None = None
) -> Grid:
    return Grid(
        header=tuple(names),
        header_line=0,
        cells=blank_to_null(cells),
        malformed=pl.DataFrame(schema=QUARANTINE_SCHEMA) if malformed is None else malformed,
        set_aside=pl.DataFrame(schema=ASIDE_SCHEMA),
    )
