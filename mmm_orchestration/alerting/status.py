"""What is wrong now and what waits, for the command line.

Belongs here: reading, and test messages. Must not: keeping or telling anything.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from mmm_orchestration.alerting.outbox import FILE_NAME
from mmm_orchestration.alerting.problems import Problem, sort_problems
from mmm_orchestration.alerting.redaction import list_secret_names, redact
from mmm_orchestration.alerting.telling import AFTER_DIGEST, open_outbox, send_test
from mmm_orchestration.alerting.watching import look_at
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.errors import DeliveryError, ProjectError
from mmm_orchestration.home import Home
from mmm_orchestration.project import AlertTarget, Project
from mmm_orchestration.quality.text import count
from mmm_orchestration.runner import open_instance


@dataclass(frozen=True)
class Status:
    """Open problems, worst first; a line for each target that waits; what else is to be known."""

    problems: tuple[Problem, ...]
    waiting: tuple[str, ...]
    notes: tuple[str, ...]

    def to_row(self) -> dict[str, object]:
        """The status as JSON takes it."""
        rows = [vars(p) | {"since": p.since.isoformat()} for p in self.problems]
        return {"problems": rows, "waiting": list(self.waiting), "notes": list(self.notes)}


@dataclass(frozen=True)
class Tried:
    """Whether one target took a test message; `error` is empty where it did."""

    target: str
    error: str


def read_status(home: Home, *, now: datetime) -> Status:
    """What is wrong now, and what its targets have not got yet."""
    graph = build_defs(home=home).get_repository_def().asset_graph
    with open_instance(home) as instance:
        look = look_at(home, instance=instance, graph=graph, now=now)
    names = list_secret_names(home.project)
    problems = sort_problems(p for p in look.problems if not p.is_event)
    return Status(
        problems=tuple(problems),
        waiting=tuple(redact(line, names=names) for line in _list_waiting(home, now=now)),
        notes=() if home.project.alerts.targets else ("Nobody is told: alerts has no targets.",),
    )


def _list_waiting(home: Home, *, now: datetime) -> list[str]:
    if not (home.dagster_home / FILE_NAME).is_file():
        return []
    outbox, zone, lines = open_outbox(home), ZoneInfo(home.project.time_zone), list[str]()
    named = {target.name for target in home.project.alerts.targets}
    for target, n_waiting in sorted(outbox.count_waiting().items()):
        trouble, why = outbox.find_trouble(target), "They go out in the next round."
        if target not in named:
            why = "mmm.yaml no longer names it."
        elif trouble is not None:
            why = f"{trouble.error} Next try at {trouble.next_try.astimezone(zone):%H:%M:%S}."
        elif (pause := outbox.find_recent(target, now=now).pause) is not None:
            why = f"They go out at {pause.astimezone(zone):%H:%M:%S}: {AFTER_DIGEST}."
        lines.append(f"{count(n_waiting, 'message')} for '{target}' not sent yet: {why}")
    return lines


def try_targets(home: Home, *, now: datetime) -> tuple[Tried, ...]:
    """A test message to every target; raises ProjectError where there is none."""
    project = home.project
    if not project.alerts.targets:
        raise ProjectError("mmm.yaml names no target", fix="Add one under alerts.targets")
    return tuple(_try(project, target=target, now=now) for target in project.alerts.targets)


def _try(project: Project, *, target: AlertTarget, now: datetime) -> Tried:
    try:
        send_test(project, target=target, now=now)
    except DeliveryError as error:
        return Tried(target.name, redact(str(error), names=list_secret_names(project)))
    return Tried(target.name, "")
