"""Who asked what and when: one line of JSON per request.

Belongs here: the file of a month. Must not: bodies, questions, keys or anything else that a client
wrote, but the name of a known route.
"""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

FOLDER: Final = "audit"

_log = logging.getLogger(__name__)


class Audit:
    """The log below the project's folder, which only its owner reads."""

    def __init__(self, base: Path) -> None:
        self._folder = base / FOLDER
        self._month = ""
        self._file = -1

    def write(
        self, *, key: str | None, method: str, route: str, status: int, ms: float, version: str
    ) -> None:
        """Nothing; the line is in the file, or the error stream says that it is not."""
        now = datetime.now(UTC)
        row = {
            "at": now.isoformat(timespec="milliseconds"),
            "key": key,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(ms, 2),
            "model_version": version,
        }
        try:
            os.write(self._open(f"{now:%Y-%m}"), (json.dumps(row) + "\n").encode())
        except OSError as error:
            _log.error("The audit log cannot be written: %s", error.strerror)

    def close(self) -> None:
        """Nothing; the file is closed, and opened again by the next line."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._month = -1, ""

    def _open(self, month: str) -> int:
        if month != self._month:
            self.close()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"api-{month}.jsonl"
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._month = month
        return self._file
