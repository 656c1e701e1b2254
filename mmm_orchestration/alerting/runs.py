"""Runs that failed or do not end, and how retrains came out, as problems.

Belongs here: reading run records. Must not: launching or ending runs.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from mmm_orchestration.alerting.problems import Problem
from mmm_orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG
from mmm_orchestration.retraining import PERIOD_TAG, read_attempt

RETRAIN_JOB: Final = "retrain"
N_LOOKED_AT: Final = 500
_ENDED: Final = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
_TRIED: Final = [*_ENDED, dg.DagsterRunStatus.CANCELED]
_GOING: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_LOOK: Final = "Open the run in the UI, mend what its error names, and launch it again."


def find_failed_runs(instance: dg.DagsterInstance) -> list[Problem]:
    """Failed runs that no later run of their job has made good; retrains are told apart.

    A run makes good what failed where it is for the same day, model or range, or for a range that
    holds the day. A run that a failed check stopped is told by that check.
    """
    problems = list[Problem]()
    good = list[dg.DagsterRun]()
    seen = set[tuple[str, str]]()
    for record in instance.get_run_records(
        filters=dg.RunsFilter(statuses=_ENDED), limit=N_LOOKED_AT
    ):
        run = record.dagster_run
        key = (run.job_name, _name_part(run))
        if PERIOD_TAG in run.tags:
            continue
        # each range counts: the newest one holds other days than those before it
        if run.status is dg.DagsterRunStatus.SUCCESS:
            good.append(run)
        elif key not in seen and not any(_covers(later, run) for later in good):
            problems += _describe_failure(instance, record)
        seen.add(key)
    return problems


def find_stuck_runs(
    instance: dg.DagsterInstance, *, now: datetime, after: timedelta
) -> list[Problem]:
    """Runs that were launched more than `after` ago and have not ended."""
    records = instance.get_run_records(filters=dg.RunsFilter(statuses=_GOING), limit=N_LOOKED_AT)
    return [
        Problem(
            id=f"run_stuck/{record.dagster_run.run_id}",
            kind="run_stuck",
            severity="error",
            what=f"The run has not ended {_count_hours(now - begun)} after it was launched; it is "
            f"{record.dagster_run.status.value.lower().replace('_', ' ')}.",
            where=_place(record.dagster_run),
            since=begun,
            fix="Look whether its process is alive; if not, terminate the run in the UI. Its work "
            "is safe to repeat.",
        )
        for record in records
        for begun in [_find_begin(record)]
        if now - begun > after
    ]


def find_retrains(instance: dg.DagsterInstance, *, max_attempts: int) -> list[Problem]:
    """How the retrain of each model and period came out: an event, or a problem after its tries.

    Of a period that is tried again nothing is told yet, and none is a problem any more when a
    later one of the same model has succeeded.
    """
    records = instance.get_run_records(
        filters=dg.RunsFilter(job_name=RETRAIN_JOB, statuses=_TRIED), limit=N_LOOKED_AT
    )
    tries: dict[tuple[str, str], list[dg.RunRecord]] = {}
    for record in records:
        tags = record.dagster_run.tags
        if PERIOD_TAG in tags:
            period = (tags[PERIOD_TAG], tags.get(PARTITION_NAME_TAG, ""))
            tries.setdefault(period, []).append(record)
    done = {
        (model, period)
        for (period, model), runs in tries.items()
        if any(r.dagster_run.status is dg.DagsterRunStatus.SUCCESS for r in runs)
    }
    return [
        problem
        for (period, model), runs in tries.items()
        for problem in _judge_period(
            instance, runs, period=period, model=model, max_attempts=max_attempts
        )
        if problem.is_event or not any(m == model and later > period for m, later in done)
    ]


def _judge_period(
    instance: dg.DagsterInstance,
    runs: Sequence[dg.RunRecord],
    *,
    period: str,
    model: str,
    max_attempts: int,
) -> Iterator[Problem]:
    of = f"{f'model {model}' if model else 'the model'}, period {period}"
    good = [r for r in runs if r.dagster_run.status is dg.DagsterRunStatus.SUCCESS]
    if good:
        first = good[-1]
        yield Problem(
            id=f"retrain/{model}/{period}/done",
            kind="retrain",
            severity="info",
            what=f"The model was trained again with the days up to {period}.",
            where=f"{of}, run {first.dagster_run.run_id}",
            since=_find_end(first),
            fix="Nothing; whether it becomes champion is told apart.",
            is_event=True,
        )
    elif (n_tries := max(len(runs), *(read_attempt(r.dagster_run.tags) for r in runs))) >= (
        max_attempts
    ):
        yield Problem(
            id=f"retrain/{model}/{period}/failed",
            kind="retrain",
            severity="critical",
            what=f"All {n_tries} tries to train the model again failed; the last one said: "
            f"{_read_error(instance, runs[0].dagster_run) or 'a check is red, see there.'}",
            where=f"{of}, run {runs[0].dagster_run.run_id}",
            since=_find_end(runs[0]),
            fix="Mend what the error names, then launch the job 'retrain' for this period by hand. "
            "The champion stays as it is until then.",
        )


def _describe_failure(instance: dg.DagsterInstance, record: dg.RunRecord) -> Iterator[Problem]:
    run = record.dagster_run
    error = _read_error(instance, run)
    if error is None:
        return
    yield Problem(
        id=f"run_failed/{run.job_name}/{_name_part(run)}",
        kind="run_failed",
        severity="error",
        what=f"The job '{run.job_name}' failed: {error}",
        where=_place(run),
        since=_find_end(record),
        fix=_LOOK,
    )


def _read_error(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str | None:
    """Why the run failed, in one line; None where failed checks alone stopped it."""
    events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    errors = list[str]()
    for entry in events:
        event = entry.dagster_event
        error = event.step_failure_data.error if event else None
        cause = error.cause if error and error.cause else error
        if cause and "AssetCheckFailedError" not in (cause.cls_name or ""):
            errors.append(cause.message)
    if errors:
        return re.sub(r"\s+", " ", errors[0]).strip()
    return None if events else "its process ended without saying why"


def _name_part(run: dg.DagsterRun) -> str:
    """What of its job the run is for: a day, a model, 'range' or nothing."""
    return run.tags.get(PARTITION_NAME_TAG) or ("range" if RANGE_START_TAG in run.tags else "")


def _covers(later: dg.DagsterRun, run: dg.DagsterRun) -> bool:
    """Whether `later` is a range run of the same job that holds the one day of `run`."""
    day, tags = run.tags.get(PARTITION_NAME_TAG, ""), later.tags
    if later.job_name != run.job_name or RANGE_START_TAG not in tags:
        return False
    try:
        first, last = (date.fromisoformat(tags[t]) for t in (RANGE_START_TAG, RANGE_END_TAG))
        return first <= date.fromisoformat(day) <= last
    except ValueError:
        return False


def _place(run: dg.DagsterRun) -> str:
    part = _name_part(run)
    if part == "range":
        part = f"{run.tags[RANGE_START_TAG]} to {run.tags.get(RANGE_END_TAG, '?')}"
    return f"job {run.job_name}{f', {part}' if part else ''}, run {run.run_id}"


def _find_end(record: dg.RunRecord) -> datetime:
    moment = record.end_time or record.update_timestamp.timestamp()
    return datetime.fromtimestamp(moment, UTC)


def _find_begin(record: dg.RunRecord) -> datetime:
    moment = record.start_time or record.create_timestamp.timestamp()
    return datetime.fromtimestamp(moment, UTC)


def _count_hours(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:.0f} hours" if hours >= 2 else f"{60 * hours:.0f} minutes"
