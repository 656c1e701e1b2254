"""Jobs run from the command line, in this process, with their progress said as they go.

The runs land in the project's own Dagster home, so that the UI shows them afterwards.
"""

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg
from filelock import FileLock

from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.event_log import enable_batches
from mmm_orchestration.home import DAGSTER_HOME_ENV, POSTGRES_ENV, Home
from mmm_orchestration.jobs import RETRAIN
from mmm_orchestration.partitions import tag_range
from mmm_orchestration.retraining import Request
from mmm_orchestration.secrets import hide_users, log_without_passwords

OPENING_LOCK = "opening.lock"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `failures` are sentences about steps and blocking checks."""

    run_id: str
    is_success: bool
    seconds: float
    failures: tuple[str, ...]


@contextmanager
def open_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of the project; its home is in the environment while it is open.

    Two processes may open a new one at once: Dagster creates its databases when it is opened and
    fails where another process is creating them, so one opens it after the other.
    """
    enable_batches()
    declared = os.environ.get(DAGSTER_HOME_ENV)
    folder = home.dagster_home.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[DAGSTER_HOME_ENV] = str(folder)
    try:
        with FileLock(folder / OPENING_LOCK):
            home.prepare_dagster()
            opened = _get_instance()
        with opened as instance:
            yield instance
    finally:
        if declared is None:
            del os.environ[DAGSTER_HOME_ENV]


def _get_instance() -> dg.DagsterInstance:
    """Dagster's instance; UpkeepError where its records are in Postgres and cannot be opened."""
    try:
        with log_without_passwords():
            return dg.DagsterInstance.get()
    except Exception as error:
        if POSTGRES_ENV not in os.environ:
            raise
        # not chained: the server's words may hold the password of the address
        said = hide_users(str(error.__cause__ or error))
        raise UpkeepError(
            f"Dagster's records in Postgres cannot be opened: {said}",
            fix=f"See whether {POSTGRES_ENV} names a server that answers",
        ) from None


def run_maintenance(home: Home, *, say: Say) -> Outcome:
    """The care that the schedule asks for at night."""
    return _run_job(home, "maintenance_job", partition_key=None, tags={}, say=say)


def run_daily(home: Home, *, window: DayWindow, say: Say) -> Outcome:
    """The daily chain for one day or, as one run, for every day of `window`."""
    if window.n_days == 1:
        return _run_job(home, "daily", partition_key=window.first.isoformat(), tags={}, say=say)
    return _run_job(home, "daily", partition_key=None, tags=tag_range(window), say=say)


def run_train(home: Home, *, say: Say) -> Outcome:
    """The fit of the home's one model, its checks and the reports."""
    return _run_job(home, "train", partition_key=home.one.model_name, tags={}, say=say)


def run_retrain(home: Home, *, asked: Request, say: Say) -> Outcome:
    """The retrain of the home's one model for the period that is asked for."""
    return _run_job(home, RETRAIN, partition_key=home.one.model_name, tags=asked.to_tags(), say=say)


def _run_job(
    home: Home, name: str, *, partition_key: str | None, tags: dict[str, str], say: Say
) -> Outcome:
    run_id = str(uuid.uuid4())
    failures: list[str] = []
    listen = _Listener(say=say, failures=failures)
    started = time.monotonic()
    with open_instance(home) as instance:
        instance.add_event_listener(run_id, listen)
        job = build_defs(home=home).resolve_job_def(name)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            partition_key=partition_key,
            tags=tags,
            run_config=_QUIET,
            raise_on_error=False,
        )
    return Outcome(run_id, result.success, time.monotonic() - started, tuple(failures))


class _Listener:
    """Turns Dagster's events into lines: what was written, what is red, what failed."""

    def __init__(self, *, say: Say, failures: list[str]) -> None:
        self._say = say
        self._failures = failures
        self._told: set[str] = set()

    def __call__(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            if int(entry.level) >= logging.INFO and not entry.error_info:
                self._say(entry.user_message)
        elif event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            self._tell_table(event.step_materialization_data.materialization)
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            self._tell_check(event.asset_check_evaluation_data)
        elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
            self._tell_failure(event)

    def _tell_table(self, written: dg.AssetMaterialization) -> None:
        key = written.asset_key.to_user_string()
        if written.partition is not None and key in self._told:
            return
        self._told.add(key)
        counts = {
            name.removeprefix("dagster/"): value.value
            for name, value in written.metadata.items()
            if isinstance(value, dg.IntMetadataValue)
        }
        rows = counts.get("partition_row_count", counts.get("rows_of_run"))
        self._say(f"{key}" + ("" if rows is None else f": {rows:,} rows"))

    def _tell_check(self, check: dg.AssetCheckEvaluation) -> None:
        if check.passed:
            return
        name = f"{check.asset_key.to_user_string()}.{check.check_name}"
        self._say(f"{check.severity.value.lower()}: {name}: {check.description or 'failed'}")
        if check.blocking and check.severity is dg.AssetCheckSeverity.ERROR:
            self._failures.append(f"{name}: {check.description or 'failed'}")

    def _tell_failure(self, event: dg.DagsterEvent) -> None:
        error = event.step_failure_data.error
        cause = error.cause if error is not None and error.cause is not None else error
        if cause is not None and "AssetCheckFailedError" not in (cause.cls_name or ""):
            self._failures.append(f"{event.step_key}: {cause.message.strip()}")
