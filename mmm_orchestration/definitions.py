"""The whole system on one screen: every asset, check, job, schedule, sensor and resource."""

import os
import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.bronze import build_bronze_assets
from assets.evaluation import build_cross_validation_asset
from assets.experiments import build_experiment_assets
from assets.gold import build_gold_assets
from assets.monitoring import build_monitoring_assets
from assets.posterior import build_posterior_asset
from assets.promotion import build_promotion_assets
from assets.quality import build_acceptance_check, build_finding_checks, build_suite_checks
from assets.reports import (
    build_budget_plan_asset,
    build_roi_report_asset,
    build_scenarios_asset,
)
from assets.reviews import build_quarterly_review_asset
from assets.silver import build_silver_assets
from assets.upkeep import build_maintenance_asset
from assets.weekly import build_weekly_asset
from mmm_orchestration.home import MLFLOW_ENV, Home, open_home
from mmm_orchestration.jobs import (
    build_daily_job,
    build_evaluate_job,
    build_maintenance_job,
    build_monitor_job,
    build_retrain_job,
    build_review_job,
    build_train_job,
    build_weekly_job,
)
from mmm_orchestration.partitions import build_daily_partitions
from mmm_orchestration.resources import FolderResource, LakeResource, MlflowResource
from mmm_orchestration.schedules import (
    build_daily_schedule,
    build_maintenance_schedule,
    build_monitor_schedule,
    build_replay_schedule,
    build_review_schedule,
    build_weekly_schedule,
)
from mmm_orchestration.sensors.alerts import build_alert_sensor
from mmm_orchestration.sensors.drift import build_drift_sensor
from mmm_orchestration.sensors.reaper import build_reaper_sensor
from mmm_orchestration.sensors.retrain import build_retrain_sensor

# Single-run backfills are a beta of Dagster that is used knowingly.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

type Resources = Mapping[str, dg.ConfigurableResource[Any]]


def build_defs(
    *, home: Home | None = None, resource_overrides: Resources | None = None
) -> dg.Definitions:
    """Everything Dagster knows of the project in `home`, or of the one that is found."""
    home = home or open_home()
    project = home.project
    partitions = build_daily_partitions(project)
    daily, retrain = build_daily_job(), build_retrain_job(project)
    monitor, review, weekly = build_monitor_job(), build_review_job(), build_weekly_job()
    maintenance = build_maintenance_job()
    return dg.Definitions(
        assets=[
            *build_bronze_assets(project, partitions=partitions),
            *build_silver_assets(project, partitions=partitions),
            *build_gold_assets(project, partitions=partitions),
            *build_experiment_assets(project),
            build_posterior_asset(project),
            build_roi_report_asset(project),
            build_budget_plan_asset(project),
            build_scenarios_asset(project),
            *build_promotion_assets(project),
            build_cross_validation_asset(project),
            build_weekly_asset(project),
            *build_monitoring_assets(project),
            build_quarterly_review_asset(project),
            build_maintenance_asset(project),
        ],
        asset_checks=[
            *build_suite_checks(project),
            build_acceptance_check(project),
            build_finding_checks(project),
        ],
        jobs=[
            daily,
            build_train_job(),
            retrain,
            build_evaluate_job(),
            monitor,
            review,
            weekly,
            maintenance,
        ],
        schedules=[
            build_daily_schedule(project, job=daily),
            build_replay_schedule(home, job=daily),
            build_monitor_schedule(project, job=monitor),
            build_review_schedule(project, job=review),
            build_weekly_schedule(home, job=weekly),
            build_maintenance_schedule(project, job=maintenance),
        ],
        sensors=[
            build_alert_sensor(home),
            build_retrain_sensor(home, job=retrain),
            build_drift_sensor(home, job=retrain),
            build_reaper_sensor(),
        ],
        resources={**build_resources(home), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )


def build_resources(home: Home) -> Resources:
    """The lake, the folder and the MLflow tracking of `home`."""
    options = dict(home.project.lake.storage_options_env)
    return {
        "lake": LakeResource(uri=home.lake_uri, storage_options_env=options),
        "folder": FolderResource(path=str(home.base)),
        "mlflow": MlflowResource(
            # by name where it is declared, because the UI shows what a resource is given
            tracking_uri=dg.EnvVar(MLFLOW_ENV) if os.environ.get(MLFLOW_ENV) else home.mlflow_uri,
            experiment=home.project.project,
            artifacts=str(home.base / "mlflow_artifacts"),
        ),
    }


@dg.definitions
def defs() -> dg.Definitions:
    """What the Dagster UI and daemon load."""
    return build_defs()
