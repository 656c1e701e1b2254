"""The nightly maintenance: tables cared for, what is old removed, and what is damaged told."""

from datetime import UTC, datetime

import dagster as dg

from mmm_orchestration.home import Home
from mmm_orchestration.metadata import describe_care, describe_damage
from mmm_orchestration.project import Project
from mmm_orchestration.resources import FolderResource, LakeResource
from mmm_orchestration.upkeep.maintenance import care_for
from mmm_orchestration.upkeep.retention import remove_leftovers, remove_old

CHECK = "tables_are_whole"


def build_maintenance_asset(project: Project) -> dg.AssetsDefinition:
    """Compaction, vacuum, janitor and retention as one asset, whose check tells of damage."""

    @dg.asset(
        name="maintenance",
        description="Small files joined, files that no version of 168 hours needs removed, drafts "
        "of crashes removed, and runs, reports and posteriors that are old and not in use.",
        group_name="upkeep",
        owners=["team:data"],
        kinds={"delta"},
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset="maintenance",
                description="Every data file is what was written. If red: the table names the "
                "files; restore them from a backup, or run their days again.",
            )
        ],
    )
    def maintenance(
        context: dg.AssetExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> dg.MaterializeResult:
        home, cared = Home(project, folder.base), care_for(lake.get())
        removed = remove_old(home, instance=context.instance, now=datetime.now(UTC))
        return dg.MaterializeResult(
            metadata=describe_care(cared, removed=removed, leftovers=remove_leftovers(home)),
            check_results=[describe_damage(cared, check=CHECK)],
        )

    return maintenance
