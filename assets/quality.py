"""Which suite guards which table, and the findings on gaps, scale, mapping and recency."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from mmm_orchestration.inspection import (
    accept_days,
    find_in_lake,
    list_gold,
    list_silver,
    validate_table,
)
from mmm_orchestration.metadata import describe_acceptance, describe_cause, describe_verdict
from mmm_orchestration.partitions import get_window
from mmm_orchestration.project import Project
from mmm_orchestration.quality.causes import CAUSES
from mmm_orchestration.quality.docs import update_data_docs
from mmm_orchestration.quality.suites import Suite, build_suites
from mmm_orchestration.resources import FolderResource, LakeResource

ACCEPTED = "days_are_accepted"


def build_suite_checks(project: Project) -> list[dg.AssetChecksDefinition]:
    """One multi-check per table that a suite guards, with one check per expectation."""
    return [_build_suite_check(suite, project=project) for suite in build_suites(project)]


def _build_suite_check(suite: Suite, *, project: Project) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            expectation.name,
            asset=suite.table,
            description=f"{expectation.means} If red: {expectation.fix}",
            blocking=expectation.severity == "critical",
        )
        for expectation in suite.expectations
    ]

    @dg.multi_asset_check(name=f"validate_{suite.table}", specs=specs, can_subset=True)
    def validate(
        context: dg.AssetCheckExecutionContext, lake: LakeResource, folder: FolderResource
    ) -> Iterator[dg.AssetCheckResult]:
        window = get_window(context, project=project)
        validation = validate_table(lake.get(), suite=suite, project=project, window=window)
        docs = update_data_docs(validation, folder=folder.data_docs)
        is_fatal = validation.has_broken_critical and not (
            accept_days(lake.get(), project=project, window=window).days
        )
        for verdict in validation.verdicts:
            if _is_asked(context, table=suite.table, check=verdict.expectation.name):
                yield describe_verdict(verdict, table=suite.table, docs=docs, is_fatal=is_fatal)

    return validate


def build_acceptance_check(project: Project) -> dg.AssetChecksDefinition:
    """The gate before gold: every required source delivered, every critical check passed."""

    @dg.asset_check(
        asset="silver_outcomes",
        name=ACCEPTED,
        blocking=True,
        description="Every day of the run may enter gold. If red: the table lists the days held "
        "back and why; deliver what is missing and run the days again.",
    )
    def days_are_accepted(
        context: dg.AssetCheckExecutionContext, lake: LakeResource
    ) -> dg.AssetCheckResult:
        window = get_window(context, project=project)
        return describe_acceptance(accept_days(lake.get(), project=project, window=window))

    return days_are_accepted


def build_finding_checks(project: Project) -> dg.AssetChecksDefinition:
    """One check per cause of findings over the whole past; they warn and never block."""
    tables = {contract.name for contract in (*list_silver(project), *list_gold(project))}
    causes = [cause for cause in CAUSES if cause.table in tables]
    specs = [
        dg.AssetCheckSpec(
            cause.name,
            asset=cause.table,
            description=f"{cause.means} If red: each finding in the table says what to do.",
        )
        for cause in causes
    ]

    @dg.multi_asset_check(name="find_trouble", specs=specs, can_subset=True)
    def find_trouble(
        context: dg.AssetCheckExecutionContext, lake: LakeResource
    ) -> Iterator[dg.AssetCheckResult]:
        today = datetime.now(ZoneInfo(project.time_zone)).date()
        findings = find_in_lake(lake.get(), project=project, today=today)
        for cause in causes:
            if _is_asked(context, table=cause.table, check=cause.name):
                yield describe_cause(cause, findings=[f for f in findings if f.cause == cause.name])

    return find_trouble


def _is_asked(context: dg.AssetCheckExecutionContext, *, table: str, check: str) -> bool:
    """Whether the run wants this check: all of them, unless a person picked some in the UI."""
    return dg.AssetCheckKey(dg.AssetKey(table), check) in context.selected_asset_check_keys
