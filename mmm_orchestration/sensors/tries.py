"""Earlier runs of the job `retrain`, as tries.

Belongs here: reading run records. Must not: deciding what follows from them (see `retraining`).
"""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from mmm_orchestration.jobs import RETRAIN
from mmm_orchestration.retraining import JUDGED_TAG, PERIOD_TAG, Try, read_attempt


def list_tries(
    instance: dg.DagsterInstance, *, model: str | None, tags: Mapping[str, str | Sequence[str]]
) -> list[Try]:
    """The runs of the model that carry the tags, and whatever retrain of it goes on."""
    own = {PARTITION_NAME_TAG: model} if model else {}
    tagged = instance.get_runs(dg.RunsFilter(tags={**own, **tags}))
    going = instance.get_runs(
        dg.RunsFilter(job_name=RETRAIN, statuses=NOT_FINISHED_STATUSES, tags=own)
    )
    return [
        Try(
            period=_read_day(run.tags, PERIOD_TAG),
            attempt=read_attempt(run.tags),
            is_going=not run.is_finished,
            judged=_read_day(run.tags, JUDGED_TAG),
        )
        for run in {run.run_id: run for run in (*tagged, *going)}.values()
    ]


def _read_day(tags: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(tags.get(name, ""))
    except ValueError:
        return None
