"""The modelling tables; only accepted days."""

import dagster as dg

from assets.tables import build_table_asset
from mmm_orchestration.freshness import expect_each_day
from mmm_orchestration.inspection import list_gold, list_silver
from mmm_orchestration.project import Project
from mmm_orchestration.refine import write_gold

HELD_BACK = (
    "A day that breaks a critical expectation, or that a required source has not delivered, is "
    "held back."
)


def build_gold_assets(
    project: Project, *, partitions: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The gold tables; each depends on all silver, since a day is accepted as a whole."""
    return [
        build_table_asset(
            contract,
            write=write_gold,
            deps=[silver.name for silver in list_silver(project)],
            layer="gold",
            description=f"{contract.description} {HELD_BACK}",
            project=project,
            partitions=partitions,
            freshness=expect_each_day(),
        )
        for contract in list_gold(project)
    ]
