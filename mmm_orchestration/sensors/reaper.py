"""The sensor that marks runs as failed whose process is gone."""

import dagster as dg

from mmm_orchestration.upkeep.reaping import EVERY_SECONDS, reap_runs


def build_reaper_sensor() -> dg.SensorDefinition:
    """Looks at the runs in progress, and frees what dead ones hold."""

    @dg.sensor(
        name="reaper_sensor",
        jobs=[],
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose process is gone, so that the queue goes on. Runs "
        "of other machines are left alone.",
    )
    def reaper_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        sweep = reap_runs(context.instance)
        for each in sweep.reaped:
            context.log.warning("%s", each)
        return dg.SkipReason(str(sweep))

    return reaper_sensor
