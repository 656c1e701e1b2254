"""Signs of life that daemons leave in the records of Dagster."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.runner import open_instance
from mmm_orchestration.upkeep.heartbeats import STALE_SECONDS, read_beats, refuse_living_daemon
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.unit


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Records that no daemon has written to."""
    with open_instance(write_small_project(tmp_path, first=date(2026, 3, 2), n_days=1)) as opened:
        yield opened


def beat(instance: dg.DagsterInstance, *, age: float = 0.0, thread: str = "SENSOR") -> None:
    """One sign of life of the daemon 'elsewhere', `age` seconds ago."""
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - age, thread, "elsewhere"))


def test_records_without_a_daemon_are_free(instance: dg.DagsterInstance) -> None:
    """Where no daemon lived, or none of late, nothing is waited for."""
    said: list[str] = []
    refuse_living_daemon(instance, say=said.append)
    beat(instance, age=STALE_SECONDS + 1)
    refuse_living_daemon(instance, say=said.append)
    assert said == []


def test_a_daemon_that_has_just_ended_is_waited_for(instance: dg.DagsterInstance) -> None:
    """A young sign of life that no other follows is said, and is no living daemon."""
    said: list[str] = []
    beat(instance, age=5)
    refuse_living_daemon(instance, say=said.append, watch_seconds=0.3)
    assert "daemon elsewher" in said[0]


@pytest.mark.parametrize("ahead", [0.0, 600.0])
def test_a_living_daemon_elsewhere_is_refused(instance: dg.DagsterInstance, ahead: float) -> None:
    """Another sign of life is refused, also where an older one is from a clock that is ahead."""
    beat(instance, age=-ahead, thread="BACKFILL")
    beat(instance, age=20)
    with open_second(instance) as other:
        later = threading.Timer(0.3, beat, args=(other,))
        later.start()
        with pytest.raises(UpkeepError, match=r"another machine.*daemon elsewher.*End that"):
            refuse_living_daemon(instance, say=lambda _: None, watch_seconds=10)
        later.join()
    assert {each.thread for each in read_beats(instance)} == {"BACKFILL", "SENSOR"}


def open_second(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """The same records as another process opens them."""
    return dg.DagsterInstance.from_ref(instance.get_ref())
