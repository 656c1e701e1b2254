"""All that is wrong now, whoever says it.

Belongs here: which places are looked at. Must not: cursors; what is wrong is read anew every time.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from mmm_orchestration.alerting.checks import find_failing_checks
from mmm_orchestration.alerting.problems import TITLES, Look, Problem
from mmm_orchestration.alerting.runs import find_failed_runs, find_retrains, find_stuck_runs
from mmm_orchestration.alerting.states import find_drift, find_promotions, find_stale_sources
from mmm_orchestration.errors import MmmError
from mmm_orchestration.home import Home
from mmm_orchestration.project import AlertKind

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

type Find = Callable[[], list[Problem]]


def look_at(
    home: Home, *, instance: dg.DagsterInstance, graph: "AssetGraph", now: datetime
) -> Look:
    """What is wrong with checks, runs, retrains, promotion, drift and sources."""
    project, lake = home.project, home.open_lake
    stuck_after = timedelta(hours=project.alerts.stuck_after_hours)
    finders: Mapping[AlertKind, Find] = {
        "check": lambda: find_failing_checks(instance, graph=graph),
        "run_failed": lambda: find_failed_runs(instance),
        "run_stuck": lambda: find_stuck_runs(instance, now=now, after=stuck_after),
        "retrain": lambda: find_retrains(instance, max_attempts=project.retrain.max_attempts),
        "promotion": lambda: find_promotions(home),
        "drift": lambda: find_drift(lake(), project=project),
        "stale_source": lambda: find_stale_sources(lake(), project=project, now=now),
    }
    return look_with(finders, now=now)


def look_with(finders: Mapping[AlertKind, Find], *, now: datetime) -> Look:
    """What the finders find; one that cannot look is a problem, and none of its kind is over."""
    problems, unseen = list[Problem](), set[AlertKind]()
    for kind, find in finders.items():
        try:
            problems += find()
        except (MmmError, OSError, ValueError, KeyError) as error:
            unseen.add(kind)
            problems.append(_describe_blindness(kind, error=error, now=now))
    return Look(tuple(problems), frozenset(unseen))


def _describe_blindness(kind: AlertKind, *, error: Exception, now: datetime) -> Problem:
    return Problem(
        id=f"watching/{kind}",
        kind="watching",
        severity="error",
        what=f"Alerts of the kind '{TITLES[kind].lower()}' cannot be looked for: "
        f"{type(error).__name__}: {error}",
        where=f"alerts of kind {kind}",
        since=now,
        fix="Mend what the error names; until then nobody is told of such problems.",
    )
