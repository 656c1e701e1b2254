"""Typed, de-duplicated media, outcomes and controls, each computed from the bronze it needs."""

import dagster as dg

from mmm_orchestration.inspection import list_silver
from mmm_orchestration.metadata import describe_static, describe_write
from mmm_orchestration.partitions import get_window
from mmm_orchestration.project import Project
from mmm_orchestration.refine import write_silver
from mmm_orchestration.resources import LakeResource
from mmm_orchestration.tables.contracts import TableContract
from mmm_orchestration.tables.lineage import list_feeds


def build_silver_assets(
    project: Project, *, partitions: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The silver tables that some source feeds."""
    return [
        _build_silver_asset(contract, project=project, partitions=partitions)
        for contract in list_silver(project)
    ]


def _build_silver_asset(
    contract: TableContract, *, project: Project, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        name=contract.name,
        description=contract.description,
        deps=[f"bronze_{source.name}" for source in list_feeds(project, contract.name)],
        group_name="silver",
        owners=["team:data"],
        kinds={"delta", "polars"},
        metadata=describe_static(contract, project=project),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def silver(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult:
        tables, window = lake.get(), get_window(context, project=project)
        commit = write_silver(tables, contract=contract, project=project, window=window)
        return describe_write(commit, contract=contract, lake=tables)

    return silver
