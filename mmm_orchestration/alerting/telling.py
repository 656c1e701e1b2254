"""One round of alerts: look, keep what is to be told, then tell it.

Belongs here: the order of things and the lock against a second process. Must not: how a problem is
found, kept, worded or sent.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from mmm_orchestration.alerting.outbox import FILE_NAME, Outbox, Waiting
from mmm_orchestration.alerting.problems import Look, Notice, Problem, plan_notices
from mmm_orchestration.alerting.redaction import list_secret_names, redact
from mmm_orchestration.alerting.sending import send
from mmm_orchestration.alerting.wording import Message, word_digest, word_notice
from mmm_orchestration.errors import DeliveryError
from mmm_orchestration.home import Home
from mmm_orchestration.project import AlertTarget, Project

LOCK_NAME = "alerts.lock"
TICK_SECONDS = 30.0
STORM_TIMES = 10  # so many times `digest_over` checks that fail at once are a storm too
AFTER_DIGEST = "a digest went out less than an hour ago, and what comes after it is told together"


@dataclass(frozen=True)
class Round:
    """What one round did: problems that are open, messages that went out, and what waits why."""

    n_open: int
    n_sent: int
    waiting: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.n_open:,} open, {self.n_sent:,} sent"
        return "; ".join([said, *self.waiting])


def open_outbox(home: Home) -> Outbox:
    """The outbox in the project's Dagster home."""
    return Outbox(home.dagster_home / FILE_NAME)


def tell(home: Home, *, look: Callable[[], Look], now: datetime) -> Round | None:
    """One round; None where another process is at it, which then tells what there is.

    What is found is on disk before the first message leaves, so that no crash and no silence of a
    service loses any. A message that went out as the process died goes out again.
    """
    folder = home.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK_NAME, timeout=0):
            return _tell_alone(home, look=look, now=now)
    except Timeout:
        return None


def _tell_alone(home: Home, *, look: Callable[[], Look], now: datetime) -> Round:
    project, outbox = home.project, open_outbox(home)
    targets = project.alerts.targets
    names = list_secret_names(project)
    seen = look()
    seen = replace(seen, problems=tuple(_hide(problem, names) for problem in seen.problems))
    plan = plan_notices(outbox.list_told(), seen, targets=targets, is_first=outbox.is_new)
    outbox.keep(plan, now=now)
    deadline = time.monotonic() + TICK_SECONDS
    n_sent, waiting = 0, list[str]()
    for target in targets:
        sent, why = _deliver(outbox, target=target, project=project, now=now, deadline=deadline)
        n_sent += sent
        waiting += [why] if why else []
    return Round(sum(not p.is_event for p in seen.problems), n_sent, tuple(waiting))


def _hide(problem: Problem, names: Sequence[str]) -> Problem:
    """The problem without secrets in its texts."""
    what, where, fix = (redact(t, names=names) for t in (problem.what, problem.where, problem.fix))
    return replace(problem, what=what, where=where, fix=fix)


def _deliver(
    outbox: Outbox, *, target: AlertTarget, project: Project, now: datetime, deadline: float
) -> tuple[int, str]:
    """How many messages went to the target, and why others wait, if some do."""
    n_waiting = outbox.count_waiting().get(target.name, 0)
    if not n_waiting:
        return 0, ""
    trouble, recent = outbox.find_trouble(target.name), outbox.find_recent(target.name, now=now)
    if trouble and not trouble.is_over(now):
        return 0, _say_waiting(target, n_waiting, trouble.next_try, trouble.error, project)
    if recent.pause:
        return 0, _say_waiting(target, n_waiting, recent.pause, AFTER_DIGEST, project)
    waiting, over = outbox.list_waiting(target.name), project.alerts.digest_over
    bundles = bundle(waiting)
    is_storm = len(bundles) + recent.n_sent > over or n_waiting > STORM_TIMES * over
    if is_storm:
        bundles = (waiting,)
    for n_sent, part in enumerate(bundles):
        if time.monotonic() > deadline:
            return n_sent, f"{target.name}: the rest goes out in the next round"
        message = _word([w.notice for w in part], project=project)
        try:
            send(message, target=target, allow_internal=project.alerts.allow_internal)
        except DeliveryError as error:
            text = redact(str(error), names=list_secret_names(project))
            trouble = outbox.note_failure(target.name, error=text, now=now)
            left = sum(map(len, bundles[n_sent:]))
            return n_sent, _say_waiting(target, left, trouble.next_try, text, project)
        outbox.note_sent(part, target=target.name, now=now, is_digest=is_storm)
    return len(bundles), ""


def bundle(waiting: Sequence[Waiting]) -> tuple[tuple[Waiting, ...], ...]:
    """What goes into one message each while there is no storm.

    One missing delivery fails many checks, so those that failed go together, and those that are
    over; anything else has a message of its own.
    """
    together: dict[tuple[str, str], list[Waiting]] = {}
    for each in waiting:
        is_check = each.notice.problem.kind == "check"
        key = ("check" if is_check else str(each.number), each.notice.change)
        together.setdefault(key, []).append(each)
    return tuple(map(tuple, together.values()))


def _word(notices: Sequence[Notice], *, project: Project) -> Message:
    if len(notices) == 1:
        return word_notice(notices[0], project=project.project, zone=ZoneInfo(project.time_zone))
    return word_digest(notices, project=project.project)


def _say_waiting(
    target: AlertTarget, count: int, next_try: datetime, error: str, project: Project
) -> str:
    at = next_try.astimezone(ZoneInfo(project.time_zone))
    return f"{count:,} wait for '{target.name}' until {at:%H:%M:%S}: {error}"


def send_test(project: Project, *, target: AlertTarget, now: datetime) -> None:
    """Nothing, once the target has taken a test message; else DeliveryError without any secret."""
    message = Message(
        title=f"[{project.project}] Test",
        body="This is a test of the alerts. Nothing is wrong.",
        tone="info",
        thread=f"test {now.isoformat()}",
    )
    send(message, target=target, allow_internal=project.alerts.allow_internal)
