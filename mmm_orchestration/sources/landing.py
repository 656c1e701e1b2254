"""Where deliveries land: folders, globs, object stores and database queries.

Belongs here: finding and fetching bytes. Must not: understanding them.
"""

import fnmatch
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import fs

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source

_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class FoundFile:
    """One delivery that can be fetched; `location` is a path or URI, or None for a query."""

    name: str
    modified: datetime
    location: str | None = None
    query: str | None = None
    connection_env: str | None = None


@dataclass(frozen=True)
class SkippedFile:
    """A file that is not read, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Landing:
    """What lies where a source lands: `found` by (modification time, name), and the rest."""

    found: tuple[FoundFile, ...]
    skipped: tuple[SkippedFile, ...]


def find_deliveries(source: Source, *, base: Path) -> list[FoundFile]:
    """The files of a source, or its query, ordered by modification time and name."""
    return list(look_up_landing(source, base=base).found)


def look_up_landing(source: Source, *, base: Path) -> Landing:
    """The files of a source and those that are skipped; `base` is where relative paths start.

    A path is a folder (its files, not those of folders below), a file, a glob or a URI. A
    database query is one delivery. Raises SourceError when the place cannot be listed; a folder
    without files is no error.
    """
    if source.query is not None:
        now = datetime.now(UTC)
        named = f"{source.name}.parquet"
        query = FoundFile(named, now, query=source.query, connection_env=source.connection_env)
        return Landing((query,), ())
    place = source.path or ""
    if "://" not in place:
        place = (base / place).as_posix()
    system, path = _open_system(place)
    return _sort_out(_list_files(system, path, place=place), prefix=_prefix(place))


def fetch(found: FoundFile) -> bytes:
    """The bytes of a delivery; a query gives the Parquet file of its sorted result.

    Raises SourceError when they cannot be read; a connection's secret is never shown.
    """
    if found.query is not None:
        return _run_query(found.query, connection_env=found.connection_env or "")
    system, path = _open_system(found.location or "")
    try:
        with system.open_input_stream(path, compression=None) as stream:
            return bytes(stream.read())
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{found.name} cannot be read ({type(error).__name__})") from error


def _open_system(place: str) -> tuple[fs.FileSystem, str]:
    if "://" not in place:
        return fs.LocalFileSystem(), place
    try:
        system, path = fs.FileSystem.from_uri(_prefix(place) + place.split("://", 1)[1])
    except (OSError, ValueError, pa.ArrowException) as error:
        scheme = place.split("://", 1)[0]
        raise SourceError(
            f"A location of kind '{scheme}://' cannot be opened",
            available=("file", "s3", "gs", "abfs", "hdfs"),
            fix="Check the URI and the access settings of the environment",
        ) from error
    return system, path


def _prefix(place: str) -> str:
    return place.split("://", 1)[0] + "://" if "://" in place else ""


def _list_files(system: fs.FileSystem, path: str, *, place: str) -> list[fs.FileInfo]:
    """The files of a folder, the one file, or those that match the last part of a glob."""
    folder, _, last = path.rstrip("/").rpartition("/")
    try:
        if set(last) & _WILD:
            infos = system.get_file_info(fs.FileSelector(folder or "/", allow_not_found=True))
            return [i for i in infos if i.is_file and fnmatch.fnmatchcase(i.base_name, last)]
        info = system.get_file_info(path)
        if info.type == fs.FileType.Directory:
            infos = system.get_file_info(fs.FileSelector(path))
            return [i for i in infos if i.is_file]
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{place} cannot be listed ({type(error).__name__})") from error
    if info.type == fs.FileType.NotFound:
        raise SourceError(
            f"There is nothing at {place}", fix="Create the folder or correct 'path' of the source"
        )
    return [info]


def _sort_out(infos: Sequence[fs.FileInfo], *, prefix: str) -> Landing:
    found, skipped = [], []
    for info in infos:
        reason = _why_skipped(info)
        if reason:
            skipped.append(SkippedFile(info.base_name, reason))
            continue
        modified = info.mtime or datetime.fromtimestamp(0, UTC)
        location = prefix + info.path if prefix else info.path
        found.append(FoundFile(info.base_name, modified.astimezone(UTC), location))
    found.sort(key=lambda f: (f.modified, f.name))
    skipped.sort(key=lambda s: s.name)
    return Landing(tuple(found), tuple(skipped))


def _why_skipped(info: fs.FileInfo) -> str | None:
    name = info.base_name
    if name.startswith("."):
        return "hidden"
    if name.startswith("~$"):
        return "lock file of an open workbook"
    if name.lower().endswith(_UNFINISHED):
        return "transfer not finished"
    return None


def _run_query(query: str, *, connection_env: str) -> bytes:
    """Parquet bytes of the result, sorted by all columns, so that equal results are equal bytes."""
    import sqlalchemy

    uri = os.environ.get(connection_env)
    if not uri:
        raise SourceError(
            f"The environment variable {connection_env} is not set",
            fix="Set it to the database URI, for example postgresql://user:password@host/name",
        )
    try:
        engine = sqlalchemy.create_engine(uri)
        try:
            with engine.connect() as connection:
                result = pl.read_database(query, connection, infer_schema_length=None)
        finally:
            engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, pl.exceptions.PolarsError) as error:
        # The message of a driver may repeat the URI, so only the kind of error is told.
        raise SourceError(
            f"The query cannot be run ({type(error).__name__})",
            fix=f"Check the query and the database that {connection_env} names",
        ) from None
    buffer = io.BytesIO()
    result.sort(result.columns, maintain_order=True).write_parquet(buffer, statistics=False)
    return buffer.getvalue()
