"""A full disk, a file-size limit and a place that cannot be written: a clear error, no loss."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from lake_scenario import MEDIA, WINDOW, make_media

from mmm_orchestration.errors import LakeError
from mmm_orchestration.lake import lake as lake_module
from mmm_orchestration.lake.durable import check_hard_links, flush_file_system
from mmm_orchestration.lake.lake import Lake

pytestmark = pytest.mark.unit

SMALL = make_media()
LARGE = make_media(days=range(3), n_geos=30_000, spend=0.1)
FULL = "Cannot write .* the disk is full or its quota is used up. Nothing that was in the table"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB; skips where this user cannot mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_disk(disk: Path, *, leave: int) -> Path:
    """A file that takes all free space of the disk but `leave` bytes."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"\1" * max(0, state.f_bavail * state.f_frsize - leave))
    return filler


def try_to_write(lake: Lake, frame: pl.DataFrame) -> str:
    """The error of the write, '' where it landed."""
    try:
        lake.write_days(frame, contract=MEDIA, window=WINDOW)
    except LakeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("leave", [0, 4_096, 8_192, 12_288, 16_384, 20_480, 40_960])
def test_a_full_disk_loses_nothing(small_disk: Path, leave: int) -> None:
    """A write that finds the disk full says so or lands whole, and the table reads on."""
    lake = Lake(small_disk / "lake")
    lake.write_days(SMALL, contract=MEDIA, window=WINDOW)
    later = make_media(spend=50.0)
    filler = fill_disk(small_disk, leave=leave)
    said = try_to_write(lake, later)
    assert said == "" or "the disk is full" in said
    for opened in (lake, Lake(small_disk / "lake")):
        rows = opened.read("media", contract=MEDIA).collect().sort("date", "geo")
        assert rows.equals(SMALL) or rows.equals(later)
    filler.unlink()
    lake.write_days(later, contract=MEDIA, window=WINDOW)
    assert lake.read("media", contract=MEDIA).collect().sort("date", "geo").equals(later)
    assert lake.verify("media") == ()


def test_a_write_larger_than_the_disk_says_so(small_disk: Path) -> None:
    """Rows that do not fit raise LakeError that says what was not written and that all is there."""
    lake = Lake(small_disk / "lake")
    lake.write_days(SMALL, contract=MEDIA, window=WINDOW)
    fill_disk(small_disk, leave=100_000)
    with pytest.raises(LakeError, match=FULL):
        lake.write_days(LARGE, contract=MEDIA, window=WINDOW)
    assert lake.read("media", contract=MEDIA).collect().height == 6
    assert lake.open("media") == ()


@pytest.fixture
def file_size_limit() -> Iterator[None]:
    """Files of this process may grow to 64 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_size_limit_loses_nothing(lake: Lake, file_size_limit: None) -> None:
    """A data file that may not grow is reported as a full disk; the next small write lands."""
    lake.write_days(SMALL, contract=MEDIA, window=WINDOW)
    with pytest.raises(LakeError, match=FULL):
        lake.write_days(LARGE, contract=MEDIA, window=WINDOW)
    assert lake.read("media", contract=MEDIA).collect().sort("date", "geo").equals(SMALL)
    assert lake.write_days(make_media(spend=1.0), contract=MEDIA, window=WINDOW).version == 2


def test_a_lake_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """A lake below a file raises LakeError and not the system's error."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(LakeError, match="Cannot prepare table 'media'"):
        Lake(tmp_path / "file").write_days(SMALL, contract=MEDIA, window=WINDOW)


def test_hard_links_are_tried_for_real(tmp_path: Path) -> None:
    """A folder with hard links passes and keeps no trace."""
    check_hard_links(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_hard_links_is_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses a link the write stops before Delta and says what to do."""

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(LakeError, match="makes no hard links"):
        lake.write_days(SMALL, contract=MEDIA, window=WINDOW)


def test_a_sync_that_fails_is_an_error(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write whose sync reports an error is never acknowledged."""

    def fail(folder: Path) -> None:
        raise OSError(5, "Input/output error", str(folder))

    monkeypatch.setattr(lake_module, "flush_file_system", fail)
    with pytest.raises(LakeError, match=r"Cannot sync table 'media'.* Check the disk"):
        lake.write_days(SMALL, contract=MEDIA, window=WINDOW)


def test_a_sync_of_a_folder_that_is_gone_raises(tmp_path: Path) -> None:
    """The sync reports what it could not do."""
    flush_file_system(tmp_path)
    with pytest.raises(FileNotFoundError):
        flush_file_system(tmp_path / "gone")
