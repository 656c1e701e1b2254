"""Asks for a retrain when drift of a champion is confirmed."""

from typing import TYPE_CHECKING

import dagster as dg

from mmm_orchestration.home import Home
from mmm_orchestration.retraining import Request
from mmm_orchestration.watching import find_drift_request

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

REASON_TAG = "mmm/retrain_reason"
DRIFT = "drift"


def build_drift_sensor(home: Home, *, job: "AssetJob") -> dg.SensorDefinition:
    """One `retrain` per model and confirmed drift, `cool_down_days` after the last at the soonest.

    The day of the request follows from the table `drift` alone, so the same drift always has the
    same run key, whatever becomes of clock, cursor or daemon.
    """
    settings = home.project.monitoring

    @dg.sensor(
        name="drift",
        job=job,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for a retrain when a monitor of the champion is red on "
        f"{settings.confirmations} judged days in a row, at the soonest "
        f"{settings.cool_down_days} accepted days after the last training or request.",
    )
    def drift(context: dg.SensorEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        asked, lake = [], home.open_lake()
        for each in home.list_models():
            request = find_drift_request(lake, home=each)
            if request is not None:
                day = request.day.isoformat()
                context.log.info(f"{each.one.title}: {' '.join(request.reasons)}")
                asked.append(
                    dg.RunRequest(
                        run_key=" ".join(filter(None, [DRIFT, each.model, day])),
                        partition_key=each.model,
                        tags={**Request(period=request.day).to_tags(), REASON_TAG: DRIFT},
                    )
                )
        return asked or dg.SkipReason("No drift is confirmed beyond the cool-down.")

    return drift
