"""One daily table per source, as received."""

import dagster as dg

from mmm_orchestration.intake import land_source
from mmm_orchestration.metadata import describe_frame, describe_static, describe_write
from mmm_orchestration.partitions import get_window
from mmm_orchestration.project import Project, Source
from mmm_orchestration.resources import FolderResource, LakeResource
from mmm_orchestration.tables.contracts import bronze_contract

READABLE = "deliveries_are_readable"


def build_bronze_assets(
    project: Project, *, partitions: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """One asset per source, in the order of mmm.yaml."""
    return [
        _build_bronze_asset(source, project=project, partitions=partitions)
        for source in project.sources
    ]


def _build_bronze_asset(
    source: Source, *, project: Project, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    contract = bronze_contract(source)

    @dg.asset(
        name=contract.name,
        description=f"{contract.description} Read from {source.path or 'a query'}; the latest "
        "delivery that covers a day wins.",
        group_name="bronze",
        owners=["team:data"],
        kinds={"delta", source.format},
        metadata=describe_static(contract, project=project),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[
            dg.AssetCheckSpec(
                READABLE,
                asset=contract.name,
                description="Every file in the landing place could be read. If red: the table "
                "shows which file was refused and why; replace or remove it.",
            )
        ],
    )
    def bronze(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        tables = lake.get()
        landed = land_source(
            tables,
            source=source,
            project=project,
            base=folder.base,
            window=get_window(context, project=project),
        )
        readable = dg.AssetCheckResult(
            check_name=READABLE,
            passed=landed.refused.is_empty(),
            metadata={"refused": describe_frame(landed.refused)},
        )
        return describe_write(
            landed.commit,
            contract=contract,
            lake=tables,
            counts=landed.counts(),
            check_results=[readable],
        )

    return bronze
