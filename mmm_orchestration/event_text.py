"""The text of Dagster's events, kept small in SQLite.

Belongs here: how one event's text is stored and read. Must not: which events are stored (see
`event_log`).

An event is some two thousand characters of JSON, nearly all of them the same in every event of
its kind. Deflated against a dictionary of such events it takes a tenth of that. Rows that were
stored as text are read as they are.
"""

import zlib
from functools import cache
from importlib import resources
from typing import override

from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)
from sqlalchemy import Dialect, Text, TypeDecorator

DICTIONARY = "event_dictionary.txt"
_LEVEL = 9


@cache
def load_dictionary() -> bytes:
    """What events have in common. It never changes: stored events are read with it."""
    return resources.files("mmm_orchestration").joinpath(DICTIONARY).read_bytes()


@cache
def _prepare_packer() -> "zlib._Compress":
    """One that has read the dictionary; a copy of it is made in a third of the time."""
    return zlib.compressobj(_LEVEL, zdict=load_dictionary())


def deflate(text: str) -> bytes:
    """The text as SQLite keeps it, in zlib's format (RFC 1950) with the dictionary preset."""
    packer = _prepare_packer().copy()
    return packer.compress(text.encode()) + packer.flush()


def inflate(kept: bytes) -> str:
    """The text that `deflate` was given. Raises zlib.error where a byte of it is damaged."""
    opener = zlib.decompressobj(zdict=load_dictionary())
    text = opener.decompress(kept) + opener.flush()
    if not opener.eof:
        raise zlib.error("the text of an event is cut short")
    return text.decode()


class EventText(TypeDecorator[str]):
    """A column of events: deflated in SQLite, text in every other database."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | bytes | None:
        """What is stored of the text."""
        return value if value is None or dialect.name != "sqlite" else deflate(value)

    @override
    def process_result_value(self, value: str | bytes | None, dialect: Dialect) -> str | None:
        """The text that was stored."""
        return inflate(value) if isinstance(value, bytes) else value


def keep_small() -> None:
    """From now on the events of this process are stored small; those stored before stay."""
    SqlEventLogStorageTable.c.event.type = EventText()
    AssetCheckExecutionsTable.c.evaluation_event.type = EventText()
