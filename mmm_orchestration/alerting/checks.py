"""Asset checks that are failing now, as problems.

Belongs here: reading the newest verdict of every check. Must not: what a check means.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.tags import PARTITION_NAME_TAG

from mmm_orchestration.alerting.problems import Problem
from mmm_orchestration.project import AlertSeverity

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
    from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

# Told as problems of their own kind: silent sources, and what the gates say of a challenger.
TOLD_ELSEWHERE: Final = frozenset({"stale_source"})
JUDGED_ELSEWHERE: Final = frozenset({dg.AssetKey("champion")})
_COMPLETED: Final = {
    AssetCheckExecutionRecordStatus.SUCCEEDED,
    AssetCheckExecutionRecordStatus.FAILED,
}
_TRIES_PER_MODEL: Final = 10


def find_failing_checks(instance: dg.DagsterInstance, *, graph: "AssetGraph") -> list[Problem]:
    """Every check whose newest completed execution failed; by model where its asset has several.

    One query finds the newest executions of all checks. Only a check that is planned just now, or
    is kept by model, is asked for its history.
    """
    keys = [
        key
        for key in sorted(graph.asset_check_keys, key=str)
        if key.name not in TOLD_ELSEWHERE and key.asset_key not in JUDGED_ELSEWHERE
    ]
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return [
        problem
        for key in keys
        if key in latest
        for model, record in _find_newest(instance, latest=latest[key], graph=graph)
        if record.status is AssetCheckExecutionRecordStatus.FAILED
        for problem in _describe(record, key=key, model=model, graph=graph)
    ]


def _find_newest(
    instance: dg.DagsterInstance, *, latest: "AssetCheckExecutionRecord", graph: "AssetGraph"
) -> Iterator[tuple[str | None, "AssetCheckExecutionRecord"]]:
    """The newest completed execution, one for each model where the asset is made by model."""
    key = latest.key
    partitions = graph.get(key.asset_key).partitions_def if graph.has(key.asset_key) else None
    is_by_model = isinstance(partitions, dg.StaticPartitionsDefinition)
    if not is_by_model and latest.status in _COMPLETED:
        yield None, latest
        return
    models = partitions.get_partition_keys() if is_by_model and partitions is not None else []
    records = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=max(1, _TRIES_PER_MODEL * len(models)), status=_COMPLETED
    )
    if not is_by_model:
        yield from ((None, record) for record in records)
        return
    named = _name_models(instance, run_ids=[record.run_id for record in records])
    newest: dict[str, AssetCheckExecutionRecord] = {}
    for record in records:
        newest.setdefault(named.get(record.run_id, ""), record)
    yield from ((model, newest[model]) for model in models if model in newest)


def _name_models(instance: dg.DagsterInstance, *, run_ids: list[str]) -> Mapping[str, str]:
    """The model of each run that is for one."""
    if not run_ids:
        return {}
    runs = instance.get_runs(filters=dg.RunsFilter(run_ids=list(dict.fromkeys(run_ids))))
    return {run.run_id: run.tags.get(PARTITION_NAME_TAG, "") for run in runs}


def _describe(
    record: "AssetCheckExecutionRecord",
    *,
    key: dg.AssetCheckKey,
    model: str | None,
    graph: "AssetGraph",
) -> Iterator[Problem]:
    evaluation = record.evaluation
    if evaluation is None:
        return
    name = f"{key.asset_key.to_user_string()}.{key.name}"
    spec = graph.get_check_spec(key)
    means, _, fix = re.sub(r"\s+", " ", spec.description or "").partition(" If ")
    severity: AlertSeverity = "warning"
    if evaluation.severity is dg.AssetCheckSeverity.ERROR:
        severity = "critical" if evaluation.blocking else "error"
    yield Problem(
        id=f"check/{name}" + (f"/{model}" if model else ""),
        kind="check",
        severity=severity,
        what=evaluation.description or f"This is not so: {means}",
        where=f"check {name}" + (f", model {model}" if model else "") + f", run {record.run_id}",
        since=datetime.fromtimestamp(record.create_timestamp, UTC),
        fix=fix.partition(": ")[2] or "Look at the check in the UI; its table says more.",
    )
