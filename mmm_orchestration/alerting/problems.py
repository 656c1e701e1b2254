"""What can be wrong, and what of it is new, worse or over since people were last told.

Belongs here: pure comparison. Must not: finding problems (see `watching`) or keeping what was told
(see `outbox`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from mmm_orchestration.project import AlertKind, AlertSeverity, AlertTarget

Change = Literal["opened", "over", "happened"]

SEVERITIES: tuple[AlertSeverity, ...] = get_args(AlertSeverity)
TITLES: Mapping[AlertKind, str] = {
    "check": "Failed check",
    "run_failed": "Failed run",
    "run_stuck": "Stuck run",
    "retrain": "Retrain",
    "promotion": "Promotion",
    "drift": "Drift",
    "stale_source": "Stale source",
    "watching": "Cannot watch",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, since when and what to do; `id` stays the same while it lasts.

    An event, such as a retrain that succeeded, is told as a problem is, and is never over.
    """

    id: str
    kind: AlertKind
    severity: AlertSeverity
    what: str
    where: str
    since: datetime
    fix: str
    is_event: bool = False


@dataclass(frozen=True)
class Look:
    """What is wrong now; of the kinds in `unseen` nobody could tell."""

    problems: tuple[Problem, ...]
    unseen: frozenset[AlertKind] = frozenset()


@dataclass(frozen=True)
class Told:
    """A problem that is open as far as people know, and the targets that were told."""

    problem: Problem
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Notice:
    """One thing to tell to one target, once: `key` names it for ever."""

    key: str
    target: str
    change: Change
    problem: Problem


@dataclass(frozen=True)
class Plan:
    """What to tell, what to remember as told, and which ids to forget."""

    notices: tuple[Notice, ...]
    told: tuple[Told, ...]
    forgotten: tuple[str, ...]


def plan_notices(
    before: Collection[Told], look: Look, *, targets: Collection[AlertTarget], is_first: bool
) -> Plan:
    """What is new, worse or over in `look` against what was told `before`.

    A problem goes once to each target that wants its kind and severity, also to one that is new
    while it lasts; that it is over goes to those that were told of it. Nothing of an unseen kind is
    over. On the first look ever, of all events of one kind and place only the newest is told.
    """
    known = {told.problem.id: told for told in before}
    now = {problem.id: problem for problem in look.problems}
    silent = _list_old_events(now.values()) if is_first else frozenset()
    notices, remembered = list[Notice](), list[Told]()
    for problem in now.values():
        old = known.get(problem.id)
        had = old.targets if old else ()
        new = [t.name for t in targets if t.name not in had and is_wanted(problem, target=t)]
        if problem.id in silent or (problem.is_event and old):
            new = []
        change: Change = "happened" if problem.is_event else "opened"
        first = old.problem if old else problem
        notices += [_note(problem, first=first, target=name, change=change) for name in new]
        if old is None or new:
            remembered.append(Told(first, (*had, *new)))
    names = {target.name for target in targets}
    gone = [t for i, t in known.items() if i not in now and t.problem.kind not in look.unseen]
    notices += [
        _note(told.problem, first=told.problem, target=name, change="over")
        for told in gone
        for name in told.targets
        if name in names and not told.problem.is_event
    ]
    return Plan(tuple(notices), tuple(remembered), tuple(told.problem.id for told in gone))


def is_wanted(problem: Problem, *, target: AlertTarget) -> bool:
    """Whether the target is told of problems of this kind and severity."""
    is_severe = SEVERITIES.index(problem.severity) >= SEVERITIES.index(target.min_severity)
    return is_severe and (not target.kinds or problem.kind in target.kinds)


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """The problems, worst first, then oldest first."""
    return sorted(problems, key=lambda p: (-SEVERITIES.index(p.severity), p.since, p.id))


def _note(problem: Problem, *, first: Problem, target: str, change: Change) -> Notice:
    """A notice whose key is that of the problem as it was first seen."""
    key = f"{first.id}@{first.since.isoformat()} {change}"
    return Notice(key=key, target=target, change=change, problem=problem)


def _list_old_events(problems: Iterable[Problem]) -> frozenset[str]:
    """The ids of all events but the newest of each kind and place."""
    newest: dict[tuple[str, str], Problem] = {}
    events = [problem for problem in problems if problem.is_event]
    for event in sorted(events, key=lambda e: e.since):
        newest[event.kind, event.where.partition(",")[0]] = event
    return frozenset(e.id for e in events) - {e.id for e in newest.values()}
