"""The jobs: the daily chain, training and retrain, evaluation, monitoring and review.

Each runs in one process, because importing the tools anew for every step of a day takes longer
than the work itself. The gate is structural: silver, its checks and gold are in one job.
"""

from typing import TYPE_CHECKING, Final

import dagster as dg
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from mmm_orchestration.project import Project

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

WRITES_LAKE = {"mmm/writes": "lake"}
DAILY_GROUPS = ("bronze", "silver", "gold")
TRAINING_GROUPS = ("model", "reports", "promotion")
REFRESH_GROUP = "refresh"
EVALUATION_GROUP = "evaluation"
MONITORING_GROUP = "monitoring"
REVIEW_GROUP = "reviews"
WEEKLY_GROUP = "weekly"
UPKEEP_GROUP = "upkeep"
RETRAIN: Final = "retrain"
K8S_TAG: Final = "dagster-k8s/config"


def build_daily_job() -> "AssetJob":
    """Bronze to gold with every check, for one day or one range of days."""
    return dg.define_asset_job(
        "daily",
        selection=dg.AssetSelection.groups(*DAILY_GROUPS),
        description="Vendor exports to accepted gold days, with all data checks.",
        tags=WRITES_LAKE,
        executor_def=dg.in_process_executor,
    )


def build_train_job() -> "AssetJob":
    """The posterior, its checks and the reports built from it."""
    return dg.define_asset_job(
        "train",
        selection=dg.AssetSelection.groups(*TRAINING_GROUPS),
        description="Fits the media mix model on gold, builds the ROI report and judges whether "
        "the posterior becomes the champion.",
        executor_def=dg.in_process_executor,
    )


def build_retrain_job(project: Project) -> "AssetJob":
    """The training as the sensor launches it: for a period, with a limit of time."""
    settings = project.retrain
    tags: dict[str, object] = {MAX_RUNTIME_SECONDS_TAG: str(round(settings.max_hours * 3600))}
    if settings.k8s:
        tags[K8S_TAG] = dict(settings.k8s)
    return dg.define_asset_job(
        RETRAIN,
        selection=dg.AssetSelection.groups(*TRAINING_GROUPS, REFRESH_GROUP),
        description="Fits the model for one period and registers it, once whatever happens, "
        "explains what moved and judges whether it becomes the champion. The run tag "
        "mmm/retrain_period says the last day that is read.",
        tags=tags,
        executor_def=dg.in_process_executor,
    )


def build_evaluate_job() -> "AssetJob":
    """Forecasts from earlier origins, which cost several fits and so are no part of `train`."""
    return dg.define_asset_job(
        "evaluate",
        selection=dg.AssetSelection.groups(EVALUATION_GROUP),
        description="Fits the model on the days before earlier origins and scores its forecasts.",
        executor_def=dg.in_process_executor,
    )


def build_weekly_job() -> "AssetJob":
    """The weekly report, written and sent."""
    return dg.define_asset_job(
        "weekly",
        selection=dg.AssetSelection.groups(WEEKLY_GROUP),
        description="Writes the weekly report and sends it to all who have not had it.",
        executor_def=dg.in_process_executor,
    )


def build_monitor_job() -> "AssetJob":
    """What the champion says of the newest days, and how it fared."""
    return dg.define_asset_job(
        "monitor",
        selection=dg.AssetSelection.groups(MONITORING_GROUP),
        description="Forecasts of the champion as they stand, its scorecard, monitors and update.",
        tags=WRITES_LAKE,
        executor_def=dg.in_process_executor,
    )


def build_review_job() -> "AssetJob":
    """The page about the last quarter."""
    return dg.define_asset_job(
        "review",
        selection=dg.AssetSelection.groups(REVIEW_GROUP),
        description="Scorecard, drift and promotions of the last quarter as one page.",
        executor_def=dg.in_process_executor,
    )


def build_maintenance_job() -> "AssetJob":
    """The nightly care; no other run writes the lake meanwhile."""
    return dg.define_asset_job(
        "maintenance_job",
        selection=dg.AssetSelection.groups(UPKEEP_GROUP),
        description="Joins small files, removes what is old and looks for damage.",
        tags=WRITES_LAKE,
        executor_def=dg.in_process_executor,
    )
