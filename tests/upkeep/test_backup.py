"""A backup taken while tables are written, and archives that must be refused."""

import io
import tarfile
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from mlflow import MlflowClient

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


def register_champion(home: Home) -> str:
    """The MLflow run of a version of the project that is champion."""
    client = MlflowClient(home.mlflow_uri, home.mlflow_uri)
    artefacts = (home.base / "mlflow_artifacts").as_uri()
    run = client.create_run(client.create_experiment("small", artifact_location=artefacts))
    client.create_registered_model("small")
    client.create_model_version("small", run.info.artifact_uri, run.info.run_id)
    client.set_registered_model_alias("small", "champion", "1")
    return run.info.run_id


def test_what_people_decided_is_in_a_backup(home: Home, tmp_path: Path) -> None:
    """Kept scenarios, approved plans and the audit log of the API come back."""
    for name in ("scenarios/less.json", "plans/approved/a.json", "audit/api-2026-03.jsonl"):
        (home.base / name).parent.mkdir(parents=True, exist_ok=True)
        (home.base / name).write_text(name)
    back_up(home, target=tmp_path / "b.tar")
    restored = tmp_path / "there"
    restore(tmp_path / "b.tar", project_file=restored / "mmm.yaml")
    for name in ("scenarios/less.json", "plans/approved/a.json", "audit/api-2026-03.jsonl"):
        assert (restored / name).read_text() == name


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
    run_id = register_champion(home)
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
    client = MlflowClient(there.mlflow_uri, there.mlflow_uri)
    assert client.get_model_version_by_alias("small", "champion").run_id == run_id
    assert client.get_run(run_id).info.artifact_uri.startswith(there.base.as_uri())


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
