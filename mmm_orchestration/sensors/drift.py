"""Asks for a retrain when drift of a champion is confirmed."""

from typing import TYPE_CHECKING

import dagster as dg

from mmm_orchestration.home import Home
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.retraining import (
    JUDGED_TAG,
    REASON_TAG,
    Request,
    Wait,
    count_tries,
    list_given_up,
)
from mmm_orchestration.sensors.tries import list_tries
from mmm_orchestration.watching import find_drift_request

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

DRIFT = "drift"


def build_drift_sensor(home: Home, *, job: "AssetJob") -> dg.SensorDefinition:
    """One `retrain` per model and confirmed drift, tried as often as that of a period.

    Its day follows from the table `drift`, and its try from the tags of runs, so the same drift
    has the same run keys, whatever becomes of clock, cursor or daemon.
    """
    settings, max_attempts = home.project.monitoring, home.project.retrain.max_attempts

    @dg.sensor(
        name="drift_sensor",
        job=job,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for a retrain when a monitor of the champion is red on "
        f"{settings.confirmations} judged days in a row, at most {max_attempts} times, and again "
        f"{settings.cool_down_days} accepted days after the last training or try at the soonest.",
    )
    def drift_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        asked, waits, lake = list[dg.RunRequest](), list[str](), home.open_lake()
        for each in home.list_models():
            found = _decide_for(each, lake=lake, instance=context.instance)
            if isinstance(found, Wait):
                waits.append(f"{each.one.title}: {found.reason}")
            else:
                asked.append(found)
        if asked:
            return dg.SensorResult(run_requests=asked)
        return dg.SensorResult(skip_reason=dg.SkipReason(" ".join(waits)))

    return drift_sensor


def _decide_for(home: Home, *, lake: Lake, instance: dg.DagsterInstance) -> dg.RunRequest | Wait:
    """The try to ask for now of the home's one model, or why there is none."""
    max_attempts = home.project.retrain.max_attempts
    tries = list_tries(instance, model=home.model, tags={REASON_TAG: DRIFT})
    given_up = list_given_up(tries, max_attempts=max_attempts)
    found = find_drift_request(lake, home=home, given_up=given_up)
    if found is None:
        return Wait("no drift is confirmed beyond the cool-down.")
    if any(one.is_going for one in tries):
        return Wait("a retrain is going on.")
    if found.day in given_up:
        return Wait(
            f"gave up on the drift of {found.day} after {max_attempts} tries; it is asked for anew "
            f"{home.project.monitoring.cool_down_days} accepted days later, if drift lasts."
        )
    asked = Request(
        period=found.day, attempt=count_tries(tries, period=found.day) + 1, reason=DRIFT
    )
    return dg.RunRequest(
        run_key=" ".join(filter(None, [DRIFT, home.model, str(found.day), f"try {asked.attempt}"])),
        partition_key=home.model,
        tags=asked.to_tags() | {JUDGED_TAG: str(found.judged)},
    )
