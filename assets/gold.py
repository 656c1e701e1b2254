"""The modelling tables; only accepted days."""

import dagster as dg

from mmm_orchestration.inspection import list_gold, list_silver
from mmm_orchestration.metadata import describe_static, describe_write
from mmm_orchestration.partitions import get_window
from mmm_orchestration.project import Project
from mmm_orchestration.refine import write_gold
from mmm_orchestration.resources import LakeResource
from mmm_orchestration.tables.contracts import TableContract


def build_gold_assets(
    project: Project, *, partitions: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The gold tables; each depends on all silver, since a day is accepted as a whole."""
    return [
        _build_gold_asset(contract, project=project, partitions=partitions)
        for contract in list_gold(project)
    ]


def _build_gold_asset(
    contract: TableContract, *, project: Project, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        name=contract.name,
        description=f"{contract.description} A day that breaks a critical expectation, or that a "
        "required source has not delivered, is held back.",
        deps=[silver.name for silver in list_silver(project)],
        group_name="gold",
        owners=["team:data"],
        kinds={"delta", "polars"},
        metadata=describe_static(contract, project=project),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def gold(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult:
        tables, window = lake.get(), get_window(context, project=project)
        commit = write_gold(tables, contract=contract, project=project, window=window)
        return describe_write(commit, contract=contract, lake=tables)

    return gold
