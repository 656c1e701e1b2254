"""What every silver and gold table is in Dagster: a daily-partitioned Delta table of the lake."""

from collections.abc import Sequence
from typing import Protocol

import dagster as dg

from mmm_orchestration.days import DayWindow
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.metadata import describe_static, describe_write
from mmm_orchestration.partitions import get_window
from mmm_orchestration.project import Project
from mmm_orchestration.resources import LakeResource
from mmm_orchestration.tables.contracts import TableContract


class WriteTable(Protocol):
    """Writes the days of `window` to one table; None when there is nothing to write."""

    def __call__(
        self, lake: Lake, *, contract: TableContract, project: Project, window: DayWindow
    ) -> Commit | None:
        """The commit."""


def build_table_asset(
    contract: TableContract,
    *,
    write: WriteTable,
    deps: Sequence[str],
    layer: str,
    description: str,
    project: Project,
    partitions: dg.DailyPartitionsDefinition,
    freshness: dg.FreshnessPolicy | None = None,
) -> dg.AssetsDefinition:
    """The asset of one table; a range of days is one run."""

    @dg.asset(
        name=contract.name,
        description=description,
        deps=deps,
        group_name=layer,
        owners=["team:data"],
        kinds={"delta", "polars"},
        metadata=describe_static(contract, project=project),
        partitions_def=partitions,
        freshness_policy=freshness,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def table(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult:
        tables, window = lake.get(), get_window(context, project=project)
        commit = write(tables, contract=contract, project=project, window=window)
        return describe_write(commit, contract=contract, lake=tables)

    return table
