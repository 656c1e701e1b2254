"""Dagster's files shrink when much of them is free, and only then."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mmm_orchestration.upkeep.vacuum import give_back_space

pytestmark = pytest.mark.unit


def write_events(home: Path, *, n_rows: int) -> Path:
    """An index of so many rows below the Dagster home, in the journal mode of Dagster."""
    path = home / "history" / "runs" / "index.db"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, text TEXT)")
        rows = ((i, "x" * 1000) for i in range(n_rows))
        connection.executemany("INSERT INTO events VALUES (?, ?)", rows)
    return path


def delete_events(path: Path, *, before: int) -> None:
    """Deletes the events with a smaller id."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM events WHERE id < ?", (before,))


def test_a_file_shrinks_by_what_was_deleted(tmp_path: Path) -> None:
    """Nine tenths of the rows go, most of the bytes follow, and the rest can be read."""
    path = write_events(tmp_path, n_rows=1000)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT count(*) FROM events").fetchone()
        delete_events(path, before=900)
        size = path.stat().st_size
        given = give_back_space(tmp_path)
        assert path.stat().st_size == size - given < size / 5
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (100,)


def test_a_file_with_little_free_stays_as_it_is(tmp_path: Path) -> None:
    """A twentieth of the rows is not worth writing the file anew."""
    path = write_events(tmp_path, n_rows=1000)
    delete_events(path, before=50)
    assert give_back_space(tmp_path) == 0


def test_no_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    """A home whose records are in Postgres gives nothing back and stays empty."""
    assert give_back_space(tmp_path) == 0
    assert not list(tmp_path.rglob("*"))


def test_a_busy_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another connection is writing stays whole."""
    monkeypatch.setattr("mmm_orchestration.upkeep.vacuum.SECONDS", 0.1)
    path = write_events(tmp_path, n_rows=1000)
    delete_events(path, before=900)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert give_back_space(tmp_path) == 0
        writer.execute("DELETE FROM events WHERE id = 900")
        writer.execute("COMMIT")
        assert writer.execute("SELECT count(*) FROM events").fetchone() == (99,)
