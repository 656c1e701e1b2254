"""Asks for a retrain when drift of a champion is confirmed."""

from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from mmm_orchestration.home import Home
from mmm_orchestration.jobs import RETRAIN
from mmm_orchestration.monitoring.drift import Drifted
from mmm_orchestration.retraining import Request
from mmm_orchestration.watching import find_drift_request

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

DRIFT = "drift"


def build_drift_sensor(home: Home, *, job: "AssetJob") -> dg.SensorDefinition:
    """One `retrain` per model and confirmed drift, `cool_down_days` after the last at the soonest.

    The day of the request follows from the table `drift` alone, so the same drift always has the
    same run key, whatever becomes of clock, cursor or daemon.
    """
    settings = home.project.monitoring

    @dg.sensor(
        name="drift_sensor",
        job=job,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for a retrain when a monitor of the champion is red on "
        f"{settings.confirmations} judged days in a row, at the soonest "
        f"{settings.cool_down_days} accepted days after the last training or request.",
    )
    def drift_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        asked, waits, lake = list[dg.RunRequest](), list[str](), home.open_lake()
        for each in home.list_models():
            found = find_drift_request(lake, home=each)
            if found is None:
                waits.append(f"{each.one.title}: no drift is confirmed beyond the cool-down.")
            elif _is_fitting(context.instance, model=each.model):
                waits.append(f"{each.one.title}: a retrain is going on.")
            else:
                context.log.info(f"{each.one.title}: {' '.join(found.reasons)}")
                asked.append(_to_run_request(found, model=each.model))
        if asked:
            return dg.SensorResult(run_requests=asked)
        return dg.SensorResult(skip_reason=dg.SkipReason(" ".join(waits)))

    return drift_sensor


def _is_fitting(instance: dg.DagsterInstance, *, model: str | None) -> bool:
    """Whether a retrain of the model is queued or running."""
    own = {PARTITION_NAME_TAG: model} if model else {}
    going = dg.RunsFilter(job_name=RETRAIN, statuses=NOT_FINISHED_STATUSES, tags=own)
    return bool(instance.get_runs(going, limit=1))


def _to_run_request(found: Drifted, *, model: str | None) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=" ".join(filter(None, [DRIFT, model, found.day.isoformat()])),
        partition_key=model,
        tags=Request(period=found.day, reason=DRIFT).to_tags(),
    )
