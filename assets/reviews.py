"""What a person reads of a model every quarter."""

import dagster as dg

from mmm_orchestration.home import Home
from mmm_orchestration.jobs import REVIEW_GROUP
from mmm_orchestration.metadata_monitoring import describe_review
from mmm_orchestration.partitions import build_model_partitions, get_model, get_reviewed_day
from mmm_orchestration.project import Project
from mmm_orchestration.resources import FolderResource, LakeResource
from mmm_orchestration.reviewing import keep_review, review_model
from mmm_orchestration.tables.contracts import DRIFT, SCORECARD


def build_quarterly_review_asset(project: Project) -> dg.AssetsDefinition:
    """The page about one quarter."""

    @dg.asset(
        name="quarterly_review",
        description="Scorecard of a quarter, drift, fits and promotions, and what to look at, as "
        "HTML and Markdown. The quarter is that of yesterday, or of the tag mmm/reviewed_day.",
        deps=[SCORECARD.name, DRIFT.name],
        partitions_def=build_model_partitions(project),
        group_name=REVIEW_GROUP,
        owners=["team:analytics"],
        kinds={"html"},
    )
    def quarterly_review(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        day = get_reviewed_day(context, project=project)
        review = review_model(lake.get(), home=home, day=day)
        return describe_review(review, pages=keep_review(review, folder=home.reports))

    return quarterly_review
