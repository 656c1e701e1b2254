"""What files hold once they are opened: rows of databases, members of archives, streams of PDFs.

Belongs here: opening. Must not: what is looked for in it (see `secrets`).
"""

import gzip
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from mmm_orchestration.event_text import inflate

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def open_file(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each content of the file with its place in it, first the bytes as they lie on the disk."""
    content = path.read_bytes()
    yield "", content
    if content.startswith(b"SQLite format 3\0"):
        yield from _open_database(path)
    elif content.startswith(b"PAR1"):
        yield from _open_parquet(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            yield from ((f" member {name}", archive.read(name)) for name in archive.namelist())
    elif content.startswith(b"\x1f\x8b"):
        yield " unzipped", gzip.decompress(content)
    elif content.startswith(b"%PDF"):
        for number, match in enumerate(_STREAM.finditer(content)):
            yield f" stream {number}", _inflate(match.group(1))


def _open_database(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every cell of every table; deflated events as their text."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own names
                for cell in row:
                    if isinstance(cell, bytes):
                        yield f" table {name}", _read_cell(cell)
                    elif isinstance(cell, str):
                        yield f" table {name}", cell.encode()


def _read_cell(cell: bytes) -> bytes:
    try:
        return inflate(cell).encode()
    except (zlib.error, UnicodeDecodeError):
        return _inflate(cell)


def _inflate(content: bytes) -> bytes:
    """What zlib makes of it, or the content itself where it is not deflated."""
    try:
        return zlib.decompressobj().decompress(content)
    except zlib.error:
        return content


def _open_parquet(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Every text of every column; deliveries that are kept deflated as they came."""
    table = pq.read_table(BytesIO(content))
    yield " metadata", str(table.schema.metadata).encode()
    for name, column in zip(table.column_names, table.columns, strict=True):
        for value in column.to_pylist():
            if isinstance(value, str):
                yield f" column {name}", value.encode()
            elif isinstance(value, bytes):
                yield f" column {name}", _inflate(value)
