"""How well the model predicts what it has not seen."""

import dagster as dg

from mmm_orchestration.evaluating import forecast
from mmm_orchestration.inspection import list_extra, list_gold
from mmm_orchestration.metadata import describe_forecasts
from mmm_orchestration.partitions import build_model_partitions, get_model, read_whole
from mmm_orchestration.project import Project
from mmm_orchestration.resources import LakeResource


def build_cross_validation_asset(project: Project) -> dg.AssetsDefinition:
    """Forecasts from earlier origins, on all accepted days."""

    @dg.asset(
        name="cross_validation",
        description="Rolling-origin cross-validation: the model is fitted on the days before each "
        "of four origins and forecasts the eight weeks after it, with media and controls known.",
        deps=read_whole(c.name for c in (*list_gold(project), *list_extra(project))),
        partitions_def=build_model_partitions(project),
        group_name="evaluation",
        owners=["team:analytics"],
        kinds={"pymc"},
        pool="gpu",
    )
    def cross_validation(
        context: dg.AssetExecutionContext, lake: LakeResource
    ) -> dg.MaterializeResult:
        one = project.for_model(get_model(context))
        found = forecast(lake.get(), project=one, say=context.log.info)
        return describe_forecasts(found)

    return cross_validation
