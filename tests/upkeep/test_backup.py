"""A backup taken while tables are written, and archives that must be refused."""

import io
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.runner import open_instance
from mmm_orchestration.tables.contracts import Column, TableContract
from mmm_orchestration.upkeep.archive import MANIFEST
from mmm_orchestration.upkeep.backup import back_up, restore
from mmm_orchestration.upkeep.daemon import hold_daemon_lock, take_daemon_lock
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.unit

FIRST = date(2026, 3, 2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A project with a report and an MLflow database of its own."""
    home = write_small_project(tmp_path / "here", first=FIRST, n_days=1)
    home.reports.mkdir()
    (home.reports / "roi.html").write_text("page")
    (home.reports / ".draft.html").write_text("half")
    return home


NUMBERS = TableContract(
    "gold_numbers",
    "One number per day, the same on all days of a version.",
    (Column("date", "date", "day"), Column("value", "float", "number of the write")),
    key=("date",),
)


def write_number(lake: Lake, value: float) -> None:
    """One commit that sets three days to `value`."""
    days = [FIRST + timedelta(days=i) for i in range(3)]
    frame = pl.DataFrame({"date": days, "value": [value] * 3})
    lake.write_days(frame, contract=NUMBERS, window=DayWindow(days[0], days[-1]))


def test_a_restored_lake_is_a_committed_state(home: Home, tmp_path: Path) -> None:
    """Backed up while a writer works, every day of the restored table is of the same commit."""
    stop, target = threading.Event(), tmp_path / "b.tar"
    write_number(home.open_lake(), 0.0)

    def write() -> None:
        lake, value = home.open_lake(), 0.0
        while not stop.is_set():
            value += 1
            write_number(lake, value)

    with open_instance(home):
        pass
    with closing(sqlite3.connect(home.base / "mlflow.db")) as database, database:
        database.execute("CREATE TABLE kept (value)")
        database.execute("INSERT INTO kept VALUES (1)")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = back_up(home, target=target)
    finally:
        stop.set()
        writer.join()
    restore(target, project_file=tmp_path / "there" / "mmm.yaml")
    there = open_home(tmp_path / "there" / "mmm.yaml")
    lake = there.open_lake()
    assert lake.version("gold_numbers") == made.manifest.versions["gold_numbers"]
    assert lake.verify("gold_numbers") == ()
    assert lake.read("gold_numbers").collect()["value"].n_unique() == 1
    assert lake.read("gold_numbers").collect().height == 3
    write_number(lake, -1.0)
    assert (there.reports / "roi.html").read_text() == "page"
    assert not (there.reports / ".draft.html").exists()
    assert (there.dagster_home / "history" / "runs.db").exists()
    with closing(sqlite3.connect(there.base / "mlflow.db")) as database:
        assert database.execute("SELECT value FROM kept").fetchall() == [(1,)]


def test_what_is_there_is_kept(home: Home, tmp_path: Path) -> None:
    """A restore over a project is refused, and with force sets what was there aside."""
    target = tmp_path / "b.tar"
    back_up(home, target=target)
    (home.reports / "roi.html").write_text("newer")
    with pytest.raises(UpkeepError, match="--force"):
        restore(target, project_file=home.base / "mmm.yaml")
    assert (home.reports / "roi.html").read_text() == "newer"
    restore(target, project_file=home.base / "mmm.yaml", is_forced=True)
    assert (home.reports / "roi.html").read_text() == "page"
    (aside,) = home.base.glob("reports.before-*")
    assert (aside / "roi.html").read_text() == "newer"


def test_nothing_is_restored_under_a_daemon(home: Home, tmp_path: Path) -> None:
    """While a daemon holds its lock, a restore and a second daemon are refused with its process."""
    back_up(home, target=tmp_path / "b.tar")
    with hold_daemon_lock(home.dagster_home):
        with pytest.raises(UpkeepError, match=r"already runs.*process"):
            take_daemon_lock(home.dagster_home)
        with pytest.raises(UpkeepError, match="already runs"):
            restore(tmp_path / "b.tar", project_file=home.base / "mmm.yaml", is_forced=True)
    assert not list(home.base.glob("*.before-*"))


def rewrite(
    source: Path, target: Path, *, change: Callable[[tarfile.TarInfo], bytes | None]
) -> None:
    """The archive again; `change` may alter a member and gives other content, None for its own."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            assert file is not None
            content = file.read()
            content = change(member) or content
            member.size = len(content) if member.isreg() else 0
            new.addfile(member, io.BytesIO(content))


def to_link(member: tarfile.TarInfo) -> None:
    """The report as a link out of the folder."""
    if member.name.endswith("roi.html"):
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"


def to_parent(member: tarfile.TarInfo) -> None:
    """The report in a folder above."""
    if member.name.endswith("roi.html"):
        member.name = "project/../../evil.html"


def to_root(member: tarfile.TarInfo) -> None:
    """The report under a name from the root."""
    if member.name.endswith("roi.html"):
        member.name = "/tmp/evil.html"  # noqa: S108 - must never be made


def to_other(member: tarfile.TarInfo) -> bytes | None:
    """The report with one byte changed."""
    return b"pagf" if member.name.endswith("roi.html") else None


def to_unnamed(member: tarfile.TarInfo) -> bytes | None:
    """The archive without its manifest."""
    if member.name == MANIFEST:
        member.name = "project/x"
    return None


@pytest.mark.parametrize("change", [to_link, to_parent, to_root, to_other, to_unnamed])
def test_an_archive_that_was_altered_is_refused(
    home: Home, tmp_path: Path, change: Callable[[tarfile.TarInfo], bytes | None]
) -> None:
    """Links, names that lead out, other bytes and a missing manifest leave nothing behind."""
    back_up(home, target=tmp_path / "b.tar")
    rewrite(tmp_path / "b.tar", tmp_path / "evil.tar", change=change)
    with pytest.raises(UpkeepError, match="refused"):
        restore(tmp_path / "evil.tar", project_file=tmp_path / "there" / "mmm.yaml")
    assert list((tmp_path / "there").iterdir()) == []
    assert not (tmp_path / "evil.html").exists()
