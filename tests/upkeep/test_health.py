"""What `mmm doctor` says of how a project is kept."""

import json
import os
import time
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from dagster._daemon.types import DaemonHeartbeat

from mmm_orchestration.cli import main
from mmm_orchestration.days import DayWindow
from mmm_orchestration.doctor import Check
from mmm_orchestration.home import Home
from mmm_orchestration.runner import open_instance, run_daily, run_maintenance
from mmm_orchestration.upkeep import health
from mmm_orchestration.upkeep.backup import back_up
from mmm_orchestration.upkeep.holding import lock_path
from mmm_orchestration.upkeep.locks import describe_self, take_lock
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (health.check_backup(1.0), "fine"),
        (health.check_backup(8.0), "limited"),
        (health.check_backup(None), "limited"),
        (health.check_maintenance(1.0), "fine"),
        (health.check_maintenance(3.0), "limited"),
        (health.check_room(50.0, need_gb=1.0), "fine"),
        (health.check_room(5.0, need_gb=1.0), "limited"),
        (health.check_room(0.5, need_gb=1.0), "missing"),
        (health.check_locks(0), "fine"),
        (health.check_locks(2), "limited"),
        (health.check_daemon(20.0), "fine"),
        (health.check_daemon(7200.0), "limited"),
        (health.check_daemon(None), "limited"),
        (health.check_store(190.0), "fine"),
        (health.check_store(1500.0), "limited"),
        (health.check_store(None), "fine"),
    ],
)
def test_status_follows_what_was_found(check: Check, status: str) -> None:
    """Each check has its status, and says consequence and remedy whenever it is not fine."""
    assert check.status == status
    assert bool(check.follows) == bool(check.mend) == (status != "fine")


def test_a_project_that_never_ran_has_no_lines(tmp_path: Path) -> None:
    """Without a Dagster home nothing is said of upkeep, and none is made by looking."""
    home = write_small_project(tmp_path, first=FIRST, n_days=1)
    assert "last backup" not in ask_doctor(home)
    assert not home.dagster_home.exists()


def ask_doctor(home: Home) -> dict[str, dict[str, str]]:
    """What `mmm doctor --json` prints, by the name of the check."""
    words = ["--project", str(home.base / "mmm.yaml"), "doctor", "--json"]
    return {row["name"]: row for row in json.loads(CliRunner().invoke(main, words).stdout)}


def test_a_kept_project_is_told_from_a_neglected_one(tmp_path: Path) -> None:
    """Maintenance, a backup and a daemon turn their lines fine, and age turns them back."""
    home = write_small_project(tmp_path / "project", first=FIRST, n_days=1)
    assert run_daily(home, window=DayWindow(FIRST, FIRST), say=lambda _: None).is_success
    before = ask_doctor(home)
    names = ("last backup", "last maintenance", "daemon")
    assert {before[name]["status"] for name in names} == {"limited"}
    assert before["room for runs"]["status"] == "fine"
    assert before["Dagster's records"]["found"].endswith("kB per run")
    assert run_maintenance(home, say=lambda _: None).is_success
    back_up(home, target=tmp_path / "b.tar")
    with open_instance(home) as instance:
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SENSOR", "here"))
        after = ask_doctor(home)
        assert {after[name]["status"] for name in names} == {"fine"}
        later = datetime.now(UTC) + timedelta(days=10)
        aged = {c.name: c for c in health.examine_upkeep(home, instance=instance, now=later)}
    assert {aged[name].status for name in names} == {"limited"}
    assert "10.0 days" in aged["last backup"].found


def test_a_lock_of_a_process_that_is_gone_is_told(tmp_path: Path) -> None:
    """A signed lock that nobody holds is stale, and one that is held is not."""
    home = write_small_project(tmp_path, first=FIRST, n_days=1)
    path = lock_path(home.prepare_dagster(), "run")
    path.parent.mkdir()
    path.write_text(json.dumps(asdict(describe_self())))
    assert ask_doctor(home)["locks of runs"]["found"].startswith("1 left")
    descriptor = take_lock(path)
    assert descriptor is not None
    assert ask_doctor(home)["locks of runs"]["status"] == "fine"
    os.close(descriptor)
