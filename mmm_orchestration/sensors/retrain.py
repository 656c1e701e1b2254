"""The sensor that asks for a retrain when a period of accepted days is complete."""

from functools import cache
from typing import TYPE_CHECKING, Final

import dagster as dg

from mmm_orchestration.accepted import list_accepted_days
from mmm_orchestration.fitting import tell_unready
from mmm_orchestration.home import Home
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.registry import open_registry
from mmm_orchestration.retraining import PERIOD_TAG, Request, Wait, decide, list_candidates
from mmm_orchestration.sensors.tries import list_tries

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

EVERY_SECONDS: Final = 300


def build_retrain_sensor(home: Home, *, job: "AssetJob") -> dg.SensorDefinition:
    """Asks for the retrain of each model whose next period is complete.

    It keeps no cursor: what is accepted is in gold, what is fitted in the registry, and what was
    tried in the tags of runs.
    """
    settings, open_lake = home.project.retrain, cache(home.open_lake)

    @dg.sensor(
        name="retrain_sensor",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Asks for a retrain when {settings.new_days} new accepted days are in "
        f"gold, at most {settings.max_attempts} times for one period.",
    )
    def retrain_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        requests, waits = list[dg.RunRequest](), list[str]()
        for each in home.list_models():
            found = decide_for(each, lake=open_lake(), instance=context.instance)
            if isinstance(found, Wait):
                waits.append(f"{each.model}: {found.reason}" if each.model else found.reason)
            else:
                requests.append(_to_run_request(found, model=each.model))
        if requests:
            return dg.SensorResult(run_requests=requests)
        return dg.SensorResult(skip_reason=dg.SkipReason(" ".join(waits)))

    return retrain_sensor


def decide_for(home: Home, *, lake: Lake, instance: dg.DagsterInstance) -> Request | Wait:
    """The try to ask for now of the home's one model, or why there is none."""
    settings = home.project.retrain
    days = list_accepted_days(lake, project=home.one)
    versions = open_registry(home).list()
    candidates = list_candidates(days, versions=versions, new_days=settings.new_days)
    tagged = {PERIOD_TAG: [str(period) for period in candidates]}
    tries = list_tries(instance, model=home.model, tags=tagged) if candidates else []
    found = decide(days, versions=versions, tries=tries, settings=settings)
    if isinstance(found, Request) and found.period is not None and not versions:
        lacking = tell_unready(lake, project=home.one, period=found.period)
        return Wait(f"No first fit yet: {lacking}") if lacking else found
    return found


def _to_run_request(asked: Request, *, model: str | None) -> dg.RunRequest:
    """The run; its key holds the try, since a key is never launched twice."""
    named = f"{model} " if model else ""
    return dg.RunRequest(
        run_key=f"retrain {named}{asked.period} try {asked.attempt}",
        partition_key=model,
        tags=asked.to_tags(),
    )
