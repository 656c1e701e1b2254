"""ROI, contributions and curves; built only from a posterior that passed."""

import dagster as dg

from mmm_orchestration.metadata import describe_report
from mmm_orchestration.project import Project
from mmm_orchestration.publishing import prepare_report, write_report
from mmm_orchestration.resources import FolderResource, LakeResource


def build_roi_report_asset(project: Project) -> dg.AssetsDefinition:
    """The page an executive and an analyst read."""

    @dg.asset(
        name="roi_report",
        description="ROI and marginal ROI with 94 % intervals, contributions, response curves, "
        "fit, data findings and provenance, as one self-contained HTML page.",
        deps=["posterior"],
        group_name="reports",
        owners=["team:analytics"],
        kinds={"html"},
    )
    def roi_report(lake: LakeResource, folder: FolderResource) -> dg.MaterializeResult:
        report = prepare_report(
            lake.get(), project=project, posteriors=folder.posteriors, base=folder.base
        )
        path = write_report(report, folder=folder.reports)
        return describe_report(report, path=path)

    return roi_report
