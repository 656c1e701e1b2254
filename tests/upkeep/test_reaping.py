"""Runs whose process is gone, and those that must be left alone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from mmm_orchestration.home import Home
from mmm_orchestration.runner import open_instance
from mmm_orchestration.upkeep.holding import lock_path
from mmm_orchestration.upkeep.locks import describe_self, read_holder, sign_lock, take_lock
from mmm_orchestration.upkeep.reaping import EVERY_SECONDS, UNSIGNED_SECONDS, reap_runs
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.flow

ROOT = Path(__file__).resolve().parents[2]
N_RUNS = 13


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A project with a Dagster home of its own."""
    return write_small_project(tmp_path, first=date(2026, 3, 2), n_days=1)


@pytest.fixture
def runs(home: Home) -> Iterator[dict[str, int]]:
    """The processes of thirteen runs in flight by run, the first of which holds the pool 'gpu'."""
    with open_instance(home):
        pass
    files = [home.base / f"run_{number}" for number in range(N_RUNS)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.upkeep.zombie", *map(str, files)],
        cwd=ROOT,
        env=os.environ | {"DAGSTER_HOME": str(home.dagster_home)},
    ) as parent:
        deadline = time.monotonic() + 300
        while not all(file.exists() and file.read_text() for file in files):
            assert time.monotonic() < deadline
            assert parent.poll() is None
            time.sleep(0.1)
        pids = {run_id: int(pid) for run_id, pid in (file.read_text().split() for file in files)}
        yield pids
        for pid in pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def wait_for_locks(home: Home, runs: list[str]) -> None:
    """Nothing, once the kernel has released what the killed processes held."""
    for run_id in runs:
        while (descriptor := take_lock(lock_path(home.dagster_home, run_id))) is None:
            time.sleep(0.01)
        os.close(descriptor)


def test_killed_runs_are_cleared_and_the_living_one_is_not(
    home: Home, runs: dict[str, int]
) -> None:
    """Of 13 runs in flight 12 are killed: one look fails them and frees their slots in time."""
    *killed, spared = runs
    with open_instance(home) as instance:
        assert reap_runs(instance).reaped == ()
        assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 1
        for run_id in killed:
            os.kill(runs[run_id], signal.SIGKILL)
        wait_for_locks(home, killed)
        started = time.monotonic()
        sweep = reap_runs(instance)
        assert EVERY_SECONDS + time.monotonic() - started < 90
        assert {each.run_id for each in sweep.reaped} == set(killed)
        assert sweep.n_alive == 1
        assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 0
        status = {run.run_id: run.status for run in instance.get_runs()}
        (failed,) = instance.all_logs(killed[0], of_type=dg.DagsterEventType.RUN_FAILURE)
    assert status[spared] is dg.DagsterRunStatus.STARTED
    assert {status[run_id] for run_id in killed} == {dg.DagsterRunStatus.FAILURE}
    assert f"process {runs[killed[0]]} on" in failed.dagster_event.message


def start_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> str:
    """The id of a run that no process executes."""
    run = instance.create_run_for_job(dg.JobDefinition(graph_def=EMPTY, name="nothing"))
    event = {
        dg.DagsterRunStatus.STARTED: dg.DagsterEventType.PIPELINE_START,
        dg.DagsterRunStatus.STARTING: dg.DagsterEventType.PIPELINE_STARTING,
        dg.DagsterRunStatus.CANCELING: dg.DagsterEventType.PIPELINE_CANCELING,
    }[status]
    instance.run_storage.handle_run_event(
        run.run_id, dg.DagsterEvent(event_type_value=event.value, job_name="nothing"), None
    )
    return run.run_id


EMPTY = dg.GraphDefinition(name="nothing", node_defs=[])


def leave_lock(home: Home, run_id: str, *, host: str, boot: str) -> Path:
    """The lock file of a run whose process was on `host`, held by nobody."""
    path = lock_path(home.dagster_home, run_id)
    path.parent.mkdir(exist_ok=True)
    holder = replace(describe_self(), host=host, boot=boot)
    path.write_text(json.dumps(asdict(holder)))
    return path


def test_a_run_of_another_machine_is_left_alone(home: Home) -> None:
    """A lock that another kernel of another name took says nothing here."""
    with open_instance(home) as instance:
        run_id = start_run(instance, dg.DagsterRunStatus.STARTED)
        leave_lock(home, run_id, host="elsewhere", boot="another")
        assert reap_runs(instance).unjudged == (run_id,)
        assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.STARTED


def test_an_unsigned_lock_is_judged_only_when_it_is_old(home: Home) -> None:
    """An empty lock that nobody holds says nothing at first, and that its run is dead later."""
    with open_instance(home) as instance:
        run_id = start_run(instance, dg.DagsterRunStatus.STARTED)
        path = lock_path(home.dagster_home, run_id)
        path.parent.mkdir(exist_ok=True)
        path.touch()
        sweep = reap_runs(instance)
        assert (sweep.reaped, sweep.unjudged) == ((), (run_id,))
        assert path.exists()
        os.utime(path, (time.time() - UNSIGNED_SECONDS - 1,) * 2)
        (reaped,) = reap_runs(instance).reaped
        assert "before it could say which" in reaped.reason


def test_a_signed_lock_names_its_process(tmp_path: Path) -> None:
    """A signed lock names the process that holds it to every reader."""
    descriptor = take_lock(tmp_path / "a.lock")
    assert descriptor is not None
    sign_lock(descriptor)
    holder = read_holder(tmp_path / "a.lock")
    os.close(descriptor)
    assert holder is not None
    assert holder.pid == os.getpid()


@pytest.mark.parametrize("status", ["STARTED", "CANCELING"])
def test_a_run_from_before_a_restart_is_dead(home: Home, status: str) -> None:
    """The same machine after another start: its lock is free, so the run has no process."""
    with open_instance(home) as instance:
        run_id = start_run(instance, dg.DagsterRunStatus[status])
        path = leave_lock(home, run_id, host=describe_self().host, boot="before")
        assert [each.run_id for each in reap_runs(instance).reaped] == [run_id]
        assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.FAILURE
        assert not path.exists()


def test_a_run_whose_code_server_is_gone_never_starts(home: Home) -> None:
    """A run that is starting is dead once nobody is left who could start its process."""
    with open_instance(home) as instance:
        run_id = start_run(instance, dg.DagsterRunStatus.STARTING)
        assert reap_runs(instance).unjudged == (run_id,)
        nobody = json.dumps({"host": "localhost", "socket": str(home.base / "no.sock")})
        instance.add_run_tags(run_id, {".dagster/grpc_info": nobody})
        (reaped,) = reap_runs(instance).reaped
        assert "code server" in reaped.reason


def test_a_lock_is_one_processes(tmp_path: Path) -> None:
    """A second taking is refused until the first is closed, and who signed stays readable."""
    first = take_lock(tmp_path / "a.lock")
    assert first is not None
    assert take_lock(tmp_path / "a.lock") is None
    os.close(first)
    again = take_lock(tmp_path / "a.lock")
    assert again is not None
    os.close(again)
    assert read_holder(tmp_path / "a.lock") is None
