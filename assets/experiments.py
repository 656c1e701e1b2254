"""The market tests that calibrate the model, as a table."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from mmm_orchestration.metadata import describe_static, describe_write
from mmm_orchestration.project import Project
from mmm_orchestration.resources import FolderResource, LakeResource
from mmm_orchestration.tables.contracts import GOLD_EXPERIMENTS, GOLD_KPI_DAILY
from mmm_orchestration.trials import write_experiments


def build_experiment_assets(project: Project) -> list[dg.AssetsDefinition]:
    """The table of experiments, where the project names a file of them."""
    return [] if project.experiments is None else [_build_experiments_asset(project)]


def _build_experiments_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name=GOLD_EXPERIMENTS.name,
        description=f"{GOLD_EXPERIMENTS.description} Read strictly: one wrong cell refuses the "
        "file and names its line; a file without tests changes nothing.",
        deps=[GOLD_KPI_DAILY.name],
        group_name="model",
        owners=["team:analytics"],
        kinds={"delta", "csv"},
        metadata=describe_static(GOLD_EXPERIMENTS, project=project),
    )
    def experiments(lake: LakeResource, folder: FolderResource) -> dg.MaterializeResult:
        tables = lake.get()
        today = datetime.now(ZoneInfo(project.time_zone)).date()
        commit = write_experiments(tables, project=project, base=folder.base, today=today)
        return describe_write(commit, contract=GOLD_EXPERIMENTS, lake=tables)

    return experiments
