"""How the champion fares on the days after its fit."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from mmm_orchestration.approving import keep_followed
from mmm_orchestration.freshness import expect_each_day
from mmm_orchestration.home import Home
from mmm_orchestration.inspection import list_gold
from mmm_orchestration.jobs import MONITORING_GROUP
from mmm_orchestration.metadata import describe_static, describe_write
from mmm_orchestration.metadata_monitoring import describe_update, describe_watch, list_monitors
from mmm_orchestration.metadata_plan import describe_followed
from mmm_orchestration.partitions import build_model_partitions, get_model, read_whole
from mmm_orchestration.project import Project
from mmm_orchestration.resources import FolderResource, LakeResource
from mmm_orchestration.tables.contracts import DRIFT, FORECASTS, SCORECARD
from mmm_orchestration.tables.plan_scorecard import PLAN_SCORECARD
from mmm_orchestration.updating import keep_update, update_champion
from mmm_orchestration.watching import keep_forecasts, open_champion, watch
from mmm_orchestration.weekly import get_today

OWNERS = ["team:analytics"]
PLAN_IS_FOLLOWED = "plan_is_followed"


def build_monitoring_assets(project: Project) -> list[dg.AssetsDefinition]:
    """Forecasts, scorecard with its monitors, drift, and the update between two fits."""
    return [
        _build_forecasts_asset(project),
        _build_scorecard_assets(project),
        _build_update_asset(project),
        _build_plan_scorecard_asset(project),
    ]


def _build_forecasts_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name=FORECASTS.name,
        description=f"{FORECASTS.description} A period is predicted on every day before it is "
        "known, and once from its exposure as it came.",
        deps=[*read_whole(c.name for c in list_gold(project)), "posterior"],
        partitions_def=build_model_partitions(project),
        group_name=MONITORING_GROUP,
        owners=OWNERS,
        kinds={"delta"},
        metadata=describe_static(FORECASTS, project=project),
        freshness_policy=expect_each_day(),
    )
    def forecasts(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        home, tables = Home(project, folder.base, model=get_model(context)), lake.get()
        champion = open_champion(home)
        commit = keep_forecasts(tables, home=home, champion=champion) if champion else None
        return describe_write(commit, contract=FORECASTS, lake=tables)

    return forecasts


def _build_scorecard_assets(project: Project) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="scorecard_and_drift",
        specs=[
            dg.AssetSpec(
                contract.name,
                deps=[deps],
                description=contract.description,
                group_name=MONITORING_GROUP,
                owners=OWNERS,
                kinds={"delta"},
                metadata=describe_static(contract, project=project),
                partitions_def=build_model_partitions(project),
                freshness_policy=expect_each_day(),
            )
            for contract, deps in ((SCORECARD, FORECASTS.name), (DRIFT, SCORECARD.name))
        ],
        check_specs=[
            dg.AssetCheckSpec(name, asset=SCORECARD.name, description=means)
            for name, means in list_monitors(project.monitoring)
        ],
    )
    def scorecard_and_drift(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> Iterator[dg.MaterializeResult]:
        home, tables = Home(project, folder.base, model=get_model(context)), lake.get()
        champion = open_champion(home)
        seen = watch(tables, home=home, champion=champion) if champion else None
        yield from describe_watch(seen, lake=tables)

    return scorecard_and_drift


def _build_update_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="posterior_update",
        description="The champion updated by the days since its fit, by weighing its draws. Relied "
        "on only where Pareto k and the effective draws allow it; it is no version of the model.",
        deps=[*read_whole(c.name for c in list_gold(project)), "posterior"],
        partitions_def=build_model_partitions(project),
        group_name=MONITORING_GROUP,
        owners=OWNERS,
        kinds={"json"},
        freshness_policy=expect_each_day(),
    )
    def posterior_update(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        champion = open_champion(home)
        if champion is None:
            return describe_update(None, path=None)
        report = update_champion(lake.get(), home=home, champion=champion)
        return describe_update(report, path=keep_update(report, home=home))

    return posterior_update


def _build_plan_scorecard_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name=PLAN_SCORECARD.name,
        description=PLAN_SCORECARD.description,
        deps=[*read_whole(c.name for c in list_gold(project)), "posterior"],
        partitions_def=build_model_partitions(project),
        group_name=MONITORING_GROUP,
        owners=OWNERS,
        kinds={"delta"},
        metadata=describe_static(PLAN_SCORECARD, project=project),
        freshness_policy=expect_each_day(),
        check_specs=[
            dg.AssetCheckSpec(
                PLAN_IS_FOLLOWED,
                asset=PLAN_SCORECARD.name,
                description="Each channel spent within a tenth of the plan of record. If yellow: "
                "see who changed it, or approve another plan; its promise holds for itself alone.",
            )
        ],
    )
    def plan_scorecard(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        home, tables = Home(project, folder.base, model=get_model(context)), lake.get()
        today = get_today(home, now=datetime.now(UTC))
        followed, commit = keep_followed(tables, home=home, today=today)
        return describe_followed(followed, commit, lake=tables, check=PLAN_IS_FOLLOWED)

    return plan_scorecard
