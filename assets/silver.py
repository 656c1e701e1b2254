"""Typed, de-duplicated media, outcomes and controls, each computed from the bronze it needs."""

import dagster as dg

from assets.tables import build_table_asset
from mmm_orchestration.inspection import list_silver
from mmm_orchestration.project import Project
from mmm_orchestration.refine import write_silver
from mmm_orchestration.tables.lineage import list_feeds


def build_silver_assets(
    project: Project, *, partitions: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The silver tables that some source feeds."""
    return [
        build_table_asset(
            contract,
            write=write_silver,
            deps=[f"bronze_{source.name}" for source in list_feeds(project, contract.name)],
            layer="silver",
            description=contract.description,
            project=project,
            partitions=partitions,
        )
        for contract in list_silver(project)
    ]
