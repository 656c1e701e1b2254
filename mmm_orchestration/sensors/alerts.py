"""The sensor that tells people of problems."""

from datetime import UTC, datetime

import dagster as dg

from mmm_orchestration.alerting.telling import tell
from mmm_orchestration.alerting.watching import look_at
from mmm_orchestration.home import Home

EVERY_SECONDS = 30


def build_alert_sensor(home: Home) -> dg.SensorDefinition:
    """Tells the targets of mmm.yaml what is newly wrong and what is over.

    Truth is what is wrong now against what the outbox says was told; the cursor only shows the
    last round.
    """

    @dg.sensor(
        name="alert_sensor",
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells people once of each failed check, failed or stuck run, retrain, "
        "promotion, drift and stale source, and once when it is over.",
    )
    def alert_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not home.project.alerts.targets:
            return dg.SkipReason("Nobody is told: mmm.yaml names no target under alerts.")
        repository, now = context.repository_def, datetime.now(UTC)
        if repository is None:
            return dg.SkipReason("Nobody is told: the checks of the project are not loaded.")
        done = tell(
            home,
            look=lambda: look_at(
                home, instance=context.instance, graph=repository.asset_graph, now=now
            ),
            now=now,
        )
        context.update_cursor(f"{now.isoformat(timespec='seconds')} {done or 'elsewhere'}")
        return dg.SkipReason(str(done) if done else "Another process is telling people just now.")

    return alert_sensor
