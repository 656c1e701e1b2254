"""Opening sets broken parts aside and says so; bit flips are found by verify."""

import json
import os
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable
from lake_scenario import MEDIA, REGISTER, WINDOW, make_media, make_register

from mmm_orchestration.errors import LakeError
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.lake.log import commit_path, log_folder
from mmm_orchestration.lake.manifest import manifest_path
from mmm_orchestration.lake.tail import QUARANTINE, Repair

pytestmark = pytest.mark.unit

N_RESTATED, N_FIRST = 99.0 * 2, 10.0 * 2


def reopen(folder: Path) -> tuple[Lake, tuple[Repair, ...]]:
    """The lake as a new process finds it, and what it repaired."""
    lake = Lake(folder.parent)
    return lake, lake.open(folder.name)


def sum_first_day(lake: Lake) -> float:
    """Spend of the first day, which the second commit restated."""
    rows = lake.read("media", contract=MEDIA).collect()
    assert rows.height == 6
    return float(rows.sort("date")["spend"][:2].sum())


def test_a_sound_table_needs_no_repair(media_folder: Path) -> None:
    """Opening a table that was written to the end repairs nothing, once and again."""
    lake, repairs = reopen(media_folder)
    assert repairs == lake.open("media") == lake.repairs == ()
    assert not (media_folder / QUARANTINE).exists()


@pytest.mark.parametrize("n_bytes", [0, 1, 300])
def test_a_cut_last_commit_is_set_aside(media_folder: Path, n_bytes: int) -> None:
    """An empty or cut newest commit is moved away whole, and the version before is read."""
    os.truncate(commit_path(media_folder, 2), n_bytes)
    lake, repairs = reopen(media_folder)
    assert [r.kind for r in repairs] == ["commit", "manifest"]
    assert sum_first_day(lake) == N_FIRST
    assert (media_folder / str(repairs[0].moved_to)).stat().st_size == n_bytes
    assert lake.repairs == repairs
    assert "00000002.json was moved to _quarantine/" in str(repairs[0])


def test_a_commit_of_zero_bytes_is_set_aside(media_folder: Path) -> None:
    """A commit whose blocks never reached the disk reads as zeros and is moved away."""
    size = commit_path(media_folder, 2).stat().st_size
    commit_path(media_folder, 2).write_bytes(b"\0" * size)
    assert sum_first_day(reopen(media_folder)[0]) == N_FIRST


def test_a_commit_that_lost_its_last_line_is_set_aside(media_folder: Path) -> None:
    """A commit cut between two actions names fewer files than it counts."""
    lines = commit_path(media_folder, 2).read_text().splitlines()
    commit_path(media_folder, 2).write_text("\n".join(lines[:-1]))
    _, repairs = reopen(media_folder)
    assert "names 0 of 1 data files" in repairs[0].reason


@pytest.mark.parametrize("size", [None, 100])
def test_a_commit_with_a_dangling_data_file_is_set_aside(
    media_folder: Path, size: int | None
) -> None:
    """A newest commit that names a missing or wrong-sized file is dropped, the file kept."""
    newest = max(media_folder.rglob("*.parquet"), key=lambda p: p.stat().st_mtime_ns)
    newest.unlink() if size is None else os.truncate(newest, size)
    lake, repairs = reopen(media_folder)
    kinds = ["commit", "manifest"] if size is None else ["data_file", "commit", "manifest"]
    assert [r.kind for r in repairs] == kinds
    assert sum_first_day(lake) == N_FIRST


def test_the_dropped_days_can_be_written_again(media_folder: Path) -> None:
    """After a repair the same write lands under the same version number and is recorded."""
    commit_path(media_folder, 2).write_bytes(b"")
    lake, _ = reopen(media_folder)
    again = make_media(days=range(1), spend=99.0)
    assert lake.write_days(again, contract=MEDIA, window=WINDOW).version == 2
    assert sum_first_day(reopen(media_folder)[0]) == N_RESTATED
    assert lake.verify("media") == ()


def test_commits_after_a_broken_one_go_with_it(media_folder: Path) -> None:
    """Commits that were never recorded are dropped from the first broken one on."""
    for version in (1, 2):
        manifest_path(media_folder, version).unlink()
    os.truncate(commit_path(media_folder, 1), 10)
    lake, repairs = reopen(media_folder)
    assert [r.path[-7:] for r in repairs] == ["02.json", "01.json"]
    assert lake.read("media", contract=MEDIA).collect().height == 0


def test_an_unreadable_file_of_an_unrecorded_commit_drops_it(media_folder: Path) -> None:
    """A data file of the right size but without content is found while it is not recorded."""
    manifest_path(media_folder, 2).unlink()
    newest = max(media_folder.rglob("*.parquet"), key=lambda p: p.stat().st_mtime_ns)
    newest.write_bytes(b"\0" * newest.stat().st_size)
    lake, repairs = reopen(media_folder)
    assert "which cannot be read" in repairs[0].reason
    assert sum_first_day(lake) == N_FIRST


def test_a_recorded_commit_is_not_dropped_for_an_old_file(media_folder: Path) -> None:
    """A file missing from an older, recorded commit is damage to report, not to drop."""
    old = min(media_folder.rglob("lake_month=2026-02/*.parquet"), key=lambda p: p.name)
    old.unlink()
    lake, repairs = reopen(media_folder)
    assert repairs == ()
    assert [(d.kind, d.version) for d in lake.verify("media")] == [("missing", 1)]


def test_an_unrecorded_sound_commit_is_kept_and_recorded(media_folder: Path) -> None:
    """A write killed before its manifest counts, and opening makes the manifest."""
    manifest_path(media_folder, 2).write_bytes(b"")
    lake, repairs = reopen(media_folder)
    assert repairs == ()
    assert sum_first_day(lake) == N_RESTATED
    assert lake.verify("media") == ()
    assert json.loads(manifest_path(media_folder, 2).read_text())["version"] == 2


def test_a_table_that_lost_its_first_commit_is_no_table(media_folder: Path) -> None:
    """When even version 0 is broken nothing is left, and the table can be written anew."""
    for version in range(3):
        manifest_path(media_folder, version).unlink()
        commit_path(media_folder, version).write_bytes(b"")
    lake, _ = reopen(media_folder)
    assert not lake.has("media")
    assert lake.write_days(make_media(), contract=MEDIA, window=WINDOW).version == 1


def fill_register(lake: Lake, *, n: int = 22) -> Path:
    """The folder of a register with a checkpoint at version 20 or before."""
    for i in range(n):
        lake.append_new(make_register(f"{i}"), contract=REGISTER)
    folder = Path(lake.table_uri("register"))
    assert list(log_folder(folder).glob("*.checkpoint.parquet"))
    return folder


def test_a_dangling_checkpoint_hint_is_set_aside(lake: Lake) -> None:
    """A hint that points to a checkpoint that is gone is moved away, and all rows are read."""
    folder = fill_register(lake)
    next(log_folder(folder).glob("*.checkpoint.parquet")).unlink()
    with pytest.raises(Exception, match="Invalid Checkpoint"):
        DeltaTable(folder)
    reopened, repairs = reopen(folder)
    assert [r.kind for r in repairs] == ["checkpoint_hint"]
    assert reopened.read("register").collect().height == 22


@pytest.mark.parametrize("keep", [0, 3, 100])
def test_a_cut_checkpoint_is_set_aside(lake: Lake, keep: int) -> None:
    """A checkpoint that was not written to its end is moved away with its hint."""
    folder = fill_register(lake)
    os.truncate(next(log_folder(folder).glob("*.checkpoint.parquet")), keep)
    reopened, repairs = reopen(folder)
    assert [r.kind for r in repairs] == ["checkpoint", "checkpoint_hint"]
    assert reopened.read("register").collect().height == 22


def test_a_checkpoint_of_a_dropped_version_goes_with_it(lake: Lake) -> None:
    """A checkpoint that holds a broken version is not believed."""
    folder = fill_register(lake, n=22)
    checkpoint = next(log_folder(folder).glob("*.checkpoint.parquet"))
    version = int(checkpoint.name[:20])
    for later in range(version, 23):
        manifest_path(folder, later).unlink()
    commit_path(folder, version).write_bytes(b"")
    reopened, repairs = reopen(folder)
    assert {"checkpoint", "checkpoint_hint"} <= {r.kind for r in repairs}
    assert reopened.read("register").collect().height == version - 1


def test_old_staging_files_are_removed_and_young_ones_stay(media_folder: Path) -> None:
    """Only a staging file that is more than a day old is deleted."""
    old, young = (media_folder / f"lake_month=2026-02/part-{n}.parquet#1" for n in "ab")
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)
    _, repairs = reopen(media_folder)
    assert [r.kind for r in repairs] == ["staging"]
    assert (old.exists(), young.exists()) == (False, True)


def test_a_staging_file_that_its_writer_moves_meanwhile_is_no_fault(media_folder: Path) -> None:
    """It is listed and is gone when it is looked at, as a link to nothing is."""
    (media_folder / "part-a.parquet#1").symlink_to(media_folder / "moved.parquet")
    _, repairs = reopen(media_folder)
    assert repairs == ()


def test_a_bit_flip_is_found(lake: Lake, media_folder: Path) -> None:
    """One changed bit in any data file or commit is reported with file and version."""
    for path in [*DeltaTable(media_folder).file_uris(), str(commit_path(media_folder, 1))]:
        content = bytearray(Path(path).read_bytes())
        content[len(content) // 2] ^= 1
        Path(path).write_bytes(content)
        damage = {d.path: d.kind for d in lake.verify("media")}
        assert damage[Path(path).relative_to(media_folder).as_posix()] == "altered"
        content[len(content) // 2] ^= 1
        Path(path).write_bytes(content)
    assert lake.verify("media") == ()


def test_a_file_without_checksum_is_reported(lake: Lake, media_folder: Path) -> None:
    """A data file that no manifest names counts as damage, not as sound."""
    manifest = manifest_path(media_folder, 1)
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"files": {}}))
    assert {d.kind for d in lake.verify("media")} == {"without_checksum"}


def test_a_table_is_looked_at_again_after_an_error(lake: Lake, media_folder: Path) -> None:
    """A table that broke after it was opened is repaired by the call after the failing one."""
    os.truncate(commit_path(media_folder, 2), 10)
    with pytest.raises(LakeError, match="Cannot open table 'media'"):
        lake.read("media", contract=MEDIA)
    assert sum_first_day(lake) == N_FIRST
    assert [r.kind for r in lake.repairs] == ["commit", "manifest"]


def test_another_engines_features_are_refused(lake: Lake, media_folder: Path) -> None:
    """A table with reader features that this lake does not know is not read wrongly."""
    protocol = {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}
    commit_path(media_folder, 3).write_text(json.dumps(protocol))
    with pytest.raises(LakeError, match="Delta features"):
        lake.read("media", contract=MEDIA)
