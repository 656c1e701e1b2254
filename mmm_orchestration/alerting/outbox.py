"""What people were told and what they are still to be told, kept in a file of the Dagster home.

Belongs here: one SQLite database. Must not: deciding what to tell, or sending it.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mmm_orchestration.alerting.problems import Notice, Plan, Problem, Told

FILE_NAME: Final = "alerts.db"
KEPT: Final = timedelta(days=90)
DIGEST_PAUSE: Final = timedelta(hours=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=60), timedelta(hours=1)
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS told (
    id TEXT PRIMARY KEY, problem TEXT NOT NULL, targets TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notice (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, target TEXT NOT NULL, change TEXT NOT NULL,
    problem TEXT NOT NULL, made_at TEXT NOT NULL, sent_at TEXT, UNIQUE (key, target)
);
CREATE INDEX IF NOT EXISTS waiting ON notice (target) WHERE sent_at IS NULL;
CREATE TABLE IF NOT EXISTS trouble (
    target TEXT PRIMARY KEY, n_failures INTEGER NOT NULL, failed_at TEXT NOT NULL,
    next_try TEXT NOT NULL, error TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS mail (
    key TEXT PRIMARY KEY, message_id TEXT NOT NULL, sent_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS message (
    target TEXT NOT NULL, sent_at TEXT NOT NULL, is_digest INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS looks (first_at TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Waiting:
    """A notice that its target has not got yet."""

    number: int
    notice: Notice


@dataclass(frozen=True)
class Trouble:
    """Why a target cannot be reached, since how many tries, and when it is tried again."""

    n_failures: int
    failed_at: datetime
    next_try: datetime
    error: str

    def is_over(self, now: datetime) -> bool:
        """Whether it is time to try again; a clock that was set back does not keep it waiting."""
        return now >= self.next_try or now < self.failed_at


@dataclass(frozen=True)
class Recent:
    """Messages of the last hour; after a digest the next message waits until `pause`."""

    n_sent: int
    pause: datetime | None


class Outbox:
    """The file of told problems, waiting notices and sent mail; every change is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._change() as database:
            for statement in _TABLES.split(";"):
                database.execute(statement)

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes beside, kept on disk when it ends."""
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def _list(self, query: str, *values: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30)) as database:
            return database.execute(query, values).fetchall()

    @property
    def is_new(self) -> bool:
        """Whether nobody has ever looked for problems."""
        return not self._list("SELECT 1 FROM looks LIMIT 1")

    def list_told(self) -> tuple[Told, ...]:
        """What people believe to be wrong."""
        rows = self._list("SELECT problem, targets FROM told ORDER BY id")
        return tuple(Told(_read(problem), tuple(json.loads(names))) for problem, names in rows)

    def keep(self, plan: Plan, *, now: datetime) -> None:
        """Nothing; the plan is kept as a whole. A notice that was kept before is not kept twice."""
        at = now.isoformat()
        notices = [(n.key, n.target, n.change, _write(n.problem), at) for n in plan.notices]
        told = [(t.problem.id, _write(t.problem), json.dumps(t.targets)) for t in plan.told]
        with self._change() as database:
            database.executemany(
                "INSERT OR IGNORE INTO notice (key, target, change, problem, made_at) "
                "VALUES (?, ?, ?, ?, ?)",
                notices,
            )
            database.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", told)
            database.executemany("DELETE FROM told WHERE id = ?", [(i,) for i in plan.forgotten])
            old = (now - KEPT).isoformat()
            database.execute("DELETE FROM notice WHERE sent_at < ?", (old,))
            database.execute("DELETE FROM message WHERE sent_at < ?", (old,))
            database.execute(
                "INSERT INTO looks SELECT ? WHERE NOT EXISTS (SELECT 1 FROM looks)", (at,)
            )

    def list_waiting(self, target: str) -> tuple[Waiting, ...]:
        """The notices that the target has not got, oldest first."""
        rows = self._list(
            "SELECT number, key, target, change, problem FROM notice "
            "WHERE sent_at IS NULL AND target = ? ORDER BY number",
            target,
        )
        return tuple(
            Waiting(int(number), Notice(key, name, change, _read(problem)))  # type: ignore[arg-type]
            for number, key, name, change, problem in rows
        )

    def count_waiting(self) -> dict[str, int]:
        """How many notices wait, by target; also targets that mmm.yaml no longer names."""
        rows = self._list("SELECT target, count(*) FROM notice WHERE sent_at IS NULL GROUP BY 1")
        return {target: int(count) for target, count in rows}

    def find_trouble(self, target: str) -> Trouble | None:
        """Why the target could not be reached, None where the last try succeeded."""
        rows = self._list(
            "SELECT n_failures, failed_at, next_try, error FROM trouble WHERE target = ?", target
        )
        for n_failures, failed_at, next_try, error in rows:
            begun, until = map(datetime.fromisoformat, (failed_at, next_try))
            return Trouble(int(n_failures), begun, until, error)
        return None

    def find_recent(self, target: str, *, now: datetime) -> Recent:
        """What went to the target within an hour before `now`.

        What a clock that was set back puts after `now` does not count.
        """
        since, until = (now - DIGEST_PAUSE).isoformat(), now.isoformat()
        rows = self._list(
            "SELECT count(*), max(CASE WHEN is_digest THEN sent_at END) FROM message "
            "WHERE target = ? AND sent_at > ? AND sent_at <= ?",
            *(target, since, until),
        )
        ((n_sent, digest),) = rows
        pause = datetime.fromisoformat(digest) + DIGEST_PAUSE if digest else None
        return Recent(int(n_sent), pause)

    def note_sent(
        self, waiting: Collection[Waiting], *, target: str, now: datetime, is_digest: bool
    ) -> None:
        """Nothing; one message told the notices, and the target is reached again."""
        with self._change() as database:
            database.executemany(
                "UPDATE notice SET sent_at = ? WHERE number = ?",
                [(now.isoformat(), w.number) for w in waiting],
            )
            database.execute(
                "INSERT INTO message VALUES (?, ?, ?)", (target, now.isoformat(), is_digest)
            )
            database.execute("DELETE FROM trouble WHERE target = ?", (target,))

    def note_failure(self, target: str, *, error: str, now: datetime) -> Trouble:
        """The trouble with the target, which is tried again after twice the time of before."""
        before = self.find_trouble(target)
        n_failures = 1 + (before.n_failures if before else 0)
        wait = min(FIRST_WAIT * 2 ** min(n_failures - 1, 10), LONGEST_WAIT)
        trouble = Trouble(n_failures, now, now + wait, error)
        with self._change() as database:
            database.execute(
                "INSERT OR REPLACE INTO trouble VALUES (?, ?, ?, ?, ?)",
                (target, n_failures, now.isoformat(), trouble.next_try.isoformat(), error),
            )
        return trouble

    def is_mailed(self, key: str) -> bool:
        """Whether the mail with this key was handed to the mail server."""
        return bool(self._list("SELECT 1 FROM mail WHERE key = ?", key))

    def note_mailed(self, key: str, *, message_id: str, now: datetime) -> None:
        """Nothing; the mail with this key was handed to the mail server."""
        with self._change() as database:
            database.execute(
                "INSERT OR IGNORE INTO mail VALUES (?, ?, ?)", (key, message_id, now.isoformat())
            )


def _write(problem: Problem) -> str:
    return json.dumps(vars(problem) | {"since": problem.since.isoformat()}, sort_keys=True)


def _read(text: str) -> Problem:
    row = json.loads(text)
    return Problem(**row | {"since": datetime.fromisoformat(row["since"])})
