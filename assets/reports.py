"""ROI, contributions, curves and plans; built only from a posterior that passed."""

import dagster as dg

from mmm_orchestration.freshness import expect_each_period
from mmm_orchestration.home import Home
from mmm_orchestration.metadata import describe_report
from mmm_orchestration.metadata_plan import describe_plan, describe_scenarios
from mmm_orchestration.partitions import build_model_partitions, get_model
from mmm_orchestration.planning import keep_plan, plan_budget
from mmm_orchestration.playing import keep_comparison, play_all
from mmm_orchestration.project import Project
from mmm_orchestration.publishing import prepare_report, write_report
from mmm_orchestration.resources import FolderResource, LakeResource


def build_roi_report_asset(project: Project) -> dg.AssetsDefinition:
    """The page an executive and an analyst read."""

    @dg.asset(
        name="roi_report",
        description="ROI and marginal ROI with 94 % intervals, contributions, response curves, "
        "fit, data findings and provenance, as one self-contained HTML page.",
        deps=["posterior"],
        partitions_def=build_model_partitions(project),
        group_name="reports",
        owners=["team:analytics"],
        kinds={"html"},
        freshness_policy=expect_each_period(project),
    )
    def roi_report(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        report = prepare_report(lake.get(), home=home)
        path = write_report(report, folder=home.reports)
        return describe_report(report, path=path)

    return roi_report


def build_budget_plan_asset(project: Project) -> dg.AssetsDefinition:
    """The plan that `plan` in mmm.yaml asks for, with its certificate."""

    @dg.asset(
        name="budget_plan",
        description="The best plan for the question 'plan' of mmm.yaml, with a certificate: "
        "whether starts agree, what it gains beyond today's plan with which probability, how much "
        "of that lies outside observed spend, and how far another seed would move it.",
        deps=["posterior"],
        partitions_def=build_model_partitions(project),
        group_name="reports",
        owners=["team:analytics"],
        kinds={"html"},
        freshness_policy=expect_each_period(project),
    )
    def budget_plan(
        context: dg.AssetExecutionContext, folder: FolderResource
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        planned = plan_budget(home)
        return describe_plan(planned, path=keep_plan(planned, folder=home.reports))

    return budget_plan


def build_scenarios_asset(project: Project) -> dg.AssetsDefinition:
    """What would happen if, answered anew by every posterior."""

    @dg.asset(
        name="scenarios",
        description="The scenarios of mmm.yaml and those that people kept, answered by the newest "
        "posterior and compared with today's plan and with each other, over the same draws.",
        deps=["posterior"],
        partitions_def=build_model_partitions(project),
        group_name="reports",
        owners=["team:analytics"],
        kinds={"html"},
        freshness_policy=expect_each_period(project),
    )
    def scenarios(
        context: dg.AssetExecutionContext, folder: FolderResource
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        played = play_all(home)
        return describe_scenarios(played, path=keep_comparison(played, home=home))

    return scenarios
