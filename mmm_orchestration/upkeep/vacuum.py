"""The space that removed records leave in Dagster's SQLite files, given back to the disk.

Belongs here: the files of a Dagster home. Must not: which records go (see `retention`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

FILES: Final = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
WORTH: Final = 0.1  # of a file that is free, below which it is not written anew
SECONDS: Final = 60.0


def give_back_space(dagster_home: Path) -> int:
    """Bytes by which the files shrank; one that somebody else writes all the time is left.

    SQLite keeps the pages of deleted rows for later rows and never shrinks a file by itself.
    Readers and writers of other processes wait for as long as the file is written anew.
    """
    found = [path for name in FILES if (path := dagster_home / name).is_file()]
    return sum(map(_vacuum, found))


def _vacuum(path: Path) -> int:
    before = path.stat().st_size
    with closing(sqlite3.connect(path, timeout=SECONDS, isolation_level=None)) as connection:
        (n_free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
        if n_free < WORTH * n_pages:
            return 0
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError:  # busy beyond the timeout; the next night tries again
            return 0
    return max(before - path.stat().st_size, 0)
