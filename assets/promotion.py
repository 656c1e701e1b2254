"""What moved since the champion, and whether the challenger becomes the champion."""

import dagster as dg

from mmm_orchestration.home import Home
from mmm_orchestration.metadata_promotion import GATES, describe_promotion, describe_refresh
from mmm_orchestration.partitions import build_model_partitions, get_model
from mmm_orchestration.project import Project
from mmm_orchestration.promoting import judge, promote
from mmm_orchestration.refreshing import refresh
from mmm_orchestration.resources import FolderResource


def build_promotion_assets(project: Project) -> list[dg.AssetsDefinition]:
    """The refresh report and, after it where both run, the champion."""
    return [_build_refresh_asset(project), _build_champion_asset(project)]


def _build_refresh_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="refresh_report",
        description="How ROI, contribution and the recommended split moved since the champion, "
        "and why: new days, restated days, settings, code or seed, by refits with one thing "
        "changed at a time.",
        deps=["posterior"],
        partitions_def=build_model_partitions(project),
        group_name="refresh",
        owners=["team:analytics"],
        kinds={"pymc", "html"},
        pool="gpu",
    )
    def refresh_report(
        context: dg.AssetExecutionContext, folder: FolderResource
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        return describe_refresh(refresh(home, say=context.log.info), folder=home.reports)

    return refresh_report


def _build_champion_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="champion",
        description="The model that the business relies on. The challenger takes its place "
        "when it passes every gate; what a red gate stops is this switch, not the run.",
        deps=["posterior", "refresh_report"],
        partitions_def=build_model_partitions(project),
        group_name="promotion",
        owners=["team:analytics"],
        kinds={"mlflow"},
        pool="gpu",
        check_specs=[
            dg.AssetCheckSpec(name, asset="champion", description=means) for name, means in GATES
        ],
    )
    def champion(context: dg.AssetExecutionContext, folder: FolderResource) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        verdict = judge(home, say=context.log.info)
        return describe_promotion(verdict, why_not=promote(home, verdict))

    return champion
