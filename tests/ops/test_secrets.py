"""Planted secrets that the search must find, and rows that must not pass."""

import base64
import gzip
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import httpx
import polars as pl
import pytest

from benchmarks.ops.refusers import run_refusers
from benchmarks.ops.secrets import SECRETS, judge, search, search_folder
from mmm_orchestration.event_text import deflate

pytestmark = pytest.mark.unit

SECRET = SECRETS["webhook token"]


@pytest.mark.parametrize(
    "content",
    [
        f"x{SECRET}y".encode(),
        f"x{quote(SECRET, safe='')}y".encode(),
        *(base64.b64encode(b"u" * n + SECRET.encode() + b":tail") for n in range(7)),
        *(base64.b64encode(b"u" * n + SECRET.encode()) for n in range(7)),
        *(base64.urlsafe_b64encode(b"user:"[:n] + SECRET.encode()) for n in range(5)),
    ],
)
def test_a_planted_secret_is_found(content: bytes) -> None:
    """Plain, quoted and in base64 at every offset."""
    assert {leak.secret for leak in search(content, where="here")} == {"webhook token"}


def test_files_and_their_names_are_searched(tmp_path: Path) -> None:
    """A secret between other bytes of a file below, and one that is a file's name."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "events.db").write_bytes(b"\0\1" + SECRET.encode() + b"\xff")
    (tmp_path / SECRETS["Slack token"]).touch()
    leaks, _ = search_folder(tmp_path)
    assert {leak.secret for leak in leaks} == {"webhook token", "Slack token"}


def write_database(path: Path) -> None:
    """A deflated event and a text."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE event_logs (event, note)")
        database.execute("INSERT INTO event_logs VALUES (?, ?)", (deflate(f"e {SECRET}"), "n"))
        database.commit()


def write_archive(path: Path) -> None:
    """A ZIP file with one member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", f"{SECRET} " * 9)


def write_pdf(path: Path) -> None:
    """One deflated stream."""
    stream = zlib.compress(f"{SECRET} ".encode() * 9)
    path.write_bytes(b"%PDF-1.7\n1 0 obj\nstream\n" + stream + b"\nendstream\n")


def write_parquet(path: Path) -> None:
    """A text, and a delivery that is kept deflated."""
    kept = zlib.compress(f"{SECRET},1\n".encode() * 9)
    pl.DataFrame({"name": ["x"], "content": [kept]}).write_parquet(path)


def write_gzip(path: Path) -> None:
    """A log that was packed."""
    path.write_bytes(gzip.compress(f"{SECRET} ".encode() * 9))


@pytest.mark.parametrize(
    "write", [write_database, write_archive, write_pdf, write_parquet, write_gzip]
)
def test_what_is_packed_is_opened(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """A secret that no byte of the file shows."""
    write(tmp_path / "packed")
    assert SECRET.encode() not in (tmp_path / "packed").read_bytes()
    leaks, _ = search_folder(tmp_path)
    assert {leak.secret for leak in leaks} == {"webhook token"}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    """Other bytes hold no secret."""
    (tmp_path / "a.db").write_bytes(bytes(range(256)) * 50)
    assert search_folder(tmp_path) == ([], 12_800)


CODES = {"run": 0, "a": 1, "b": 1}


@pytest.mark.parametrize(
    ("n_leaks", "codes", "n_ticks", "unused", "is_ok"),
    [
        (0, CODES, 3, [], True),
        (1, CODES, 3, [], False),
        (0, CODES | {"run": 1}, 3, [], False),
        (0, {"run": 0, "a": 0, "b": 0}, 3, [], False),
        (0, CODES, 1, [], False),
        (0, CODES, 3, ["webhook token"], False),
    ],
)
def test_the_row_can_fail(
    n_leaks: int, codes: dict[str, int], n_ticks: int, unused: list[str], *, is_ok: bool
) -> None:
    """A leak, a first run that failed, nothing that failed, few ticks, a secret that was idle."""
    leaks = search(SECRET.encode(), where="here")[:n_leaks]
    row = judge(leaks, n_bytes=1, codes=codes, n_ticks=n_ticks, unused=unused)
    assert row.is_ok is is_ok
    assert ("not used: webhook token" in row.reached) is bool(unused)


def test_a_server_that_refuses_says_the_secret_back(tmp_path: Path) -> None:
    """What it was told is remembered."""
    with run_refusers(tmp_path) as refusers:
        url = f"http://127.0.0.1:{refusers.web}/models"
        answer = httpx.get(url, auth=("ann", SECRET), trust_env=False)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert f"ann:{SECRET}" in answer.text
        told = search(refusers.list_told(), where="")
    assert {leak.secret for leak in told} == {"webhook token"}
