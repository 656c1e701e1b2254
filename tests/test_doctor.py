"""The checks of the machine: what they say on a good one and on a poor one."""

import errno
import os
from pathlib import Path

import pytest

from mmm_orchestration import doctor

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (doctor.check_python((3, 13, 0)), "fine"),
        (doctor.check_python((3, 11, 9)), "missing"),
        (doctor.check_disk(50.0), "fine"),
        (doctor.check_disk(5.0), "limited"),
        (doctor.check_disk(0.2), "missing"),
        (doctor.check_memory(16.0), "fine"),
        (doctor.check_memory(4.0), "limited"),
        (doctor.check_memory(1.0), "missing"),
        (doctor.check_memory(None), "fine"),
        (doctor.check_cores(4), "fine"),
        (doctor.check_cores(1), "limited"),
        (doctor.check_time_zones(599), "fine"),
        (doctor.check_time_zones(0), "missing"),
        (doctor.check_bytecode(is_disabled=False), "fine"),
        (doctor.check_bytecode(is_disabled=True), "limited"),
        (doctor.check_java("/usr/bin/java"), "fine"),
        (doctor.check_java(None), "limited"),
        (doctor.check_gpu("NVIDIA H200"), "fine"),
        (doctor.check_gpu(None), "limited"),
        (doctor.check_compiler("/usr/bin/cc"), "fine"),
        (doctor.check_compiler(None), "fine"),
        (doctor.check_browser("/usr/bin/chromium"), "fine"),
        (doctor.check_browser(None), "limited"),
    ],
)
def test_status_follows_what_was_found(check: doctor.Check, status: str) -> None:
    """Each check has its status, and says consequence and remedy whenever it is not fine."""
    assert check.status == status
    assert check.found
    assert bool(check.follows) == bool(check.mend) == (status != "fine")


def test_hard_links_are_tried(tmp_path: Path) -> None:
    """A folder on a local disk makes hard links, and nothing is left behind."""
    assert doctor.check_hard_links(tmp_path / "lake").status == "fine"
    assert list(tmp_path.iterdir()) == []


def test_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that refuses hard links makes the lake impossible."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    check = doctor.check_hard_links(tmp_path)
    assert check.status == "missing"
    assert "lake.uri" in check.mend


def test_remote_lake_needs_no_hard_links(tmp_path: Path) -> None:
    """An object store needs no hard links on this machine."""
    checks = doctor.examine_machine(tmp_path, lake="s3://bucket/lake")
    assert any(c.name.startswith("hard links") and "not needed" in c.found for c in checks)


def test_unwritable_folder_is_missing(tmp_path: Path) -> None:
    """A project folder below something that is no folder falls back to its parent."""
    assert doctor.check_writable(tmp_path / "new").status == "fine"
    assert doctor.check_writable(Path("/proc/1")).status == "missing"


def test_able_only_without_missing() -> None:
    """A machine is able as long as nothing is missing."""
    fine, limited = doctor.check_cores(8), doctor.check_cores(1)
    assert doctor.is_able([fine, limited])
    assert not doctor.is_able([fine, doctor.check_time_zones(0)])


def test_machine_is_examined(tmp_path: Path) -> None:
    """Every check runs on the machine at hand and none is named twice."""
    names = [check.name for check in doctor.examine_machine(tmp_path)]
    assert len(names) == len(set(names)) == 12
