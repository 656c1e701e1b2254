"""The weekly report for people who decide."""

from datetime import UTC, datetime

import dagster as dg

from mmm_orchestration.home import Home
from mmm_orchestration.jobs import WEEKLY_GROUP
from mmm_orchestration.metadata_weekly import describe_weekly
from mmm_orchestration.partitions import read_whole
from mmm_orchestration.project import Project
from mmm_orchestration.resources import FolderResource
from mmm_orchestration.weekly import publish_weekly


def build_weekly_asset(project: Project) -> dg.AssetsDefinition:
    """The page of the week, sent to all who have not had it."""

    @dg.asset(
        name="weekly_report",
        description="One page in plain words for each model: the KPI of the week, what media "
        "brought, returns with verdicts, what changed and why, where more money pays, and the "
        "health of the data. As HTML and PDF, and by mail once a week to each recipient.",
        deps=read_whole(["roi_report", "gold_kpi_daily"]),
        group_name=WEEKLY_GROUP,
        owners=["team:analytics"],
        kinds={"html", "pdf"},
    )
    def weekly_report(folder: FolderResource) -> dg.MaterializeResult:
        home = Home(project, folder.base)
        written, sent = publish_weekly(home, now=datetime.now(UTC))
        return describe_weekly(written, sent=sent)

    return weekly_report
