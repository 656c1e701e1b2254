"""What is new, worse or over."""

from datetime import UTC, datetime, timedelta

import pytest

from mmm_orchestration.alerting.problems import Look, Plan, Problem, Told, plan_notices
from mmm_orchestration.project import AlertKind, AlertSeverity, AlertTarget

pytestmark = pytest.mark.unit

BEGIN = datetime(2026, 3, 2, 6, tzinfo=UTC)
TEAM = AlertTarget(name="team", url_env="TEAM_URL")
PAGER = AlertTarget(name="pager", url_env="PAGER_URL", kinds=("check",), min_severity="error")


def make_problem(
    name: str,
    *,
    kind: AlertKind = "check",
    severity: AlertSeverity = "error",
    days: int = 0,
    is_event: bool = False,
) -> Problem:
    """A problem that began `days` after the begin."""
    since = BEGIN + timedelta(days=days)
    return Problem(name, kind, severity, "what", "where, run 1", since, "fix", is_event)


def plan(before: list[Told], *now: Problem, is_first: bool = False, **unseen: AlertKind) -> Plan:
    """The plan for both targets."""
    look = Look(now, frozenset(unseen.values()))
    return plan_notices(before, look, targets=(TEAM, PAGER), is_first=is_first)


def list_notices(plan: Plan) -> set[tuple[str, str, str]]:
    """Problem, target and change of every notice."""
    return {(n.problem.id, n.target, n.change) for n in plan.notices}


def test_a_new_problem_goes_once_to_all_who_want_it() -> None:
    """Kinds and least severity decide; what was told is not told again."""
    a, b = make_problem("a"), make_problem("b", kind="drift", severity="critical")
    first = plan([], a, b)
    assert list_notices(first) == {
        ("a", "team", "opened"),
        ("a", "pager", "opened"),
        ("b", "team", "opened"),
    }
    assert plan(list(first.told), a, b).notices == ()


def test_the_end_goes_to_those_who_were_told() -> None:
    """A problem that is gone is over for its targets, and forgotten."""
    done = plan([Told(make_problem("a"), ("team",))])
    assert list_notices(done) == {("a", "team", "over")}
    assert done.forgotten == ("a",)


def test_nothing_unseen_is_over() -> None:
    """A kind that nobody could look at keeps its problems."""
    done = plan([Told(make_problem("a"), ("team",))], kind="check")
    assert done == Plan((), (), ())


def test_a_problem_that_grows_worse_reaches_the_stricter_target() -> None:
    """The target that wants errors alone is told when a warning becomes one."""
    warned = plan([], make_problem("a", severity="warning"))
    worse = plan(list(warned.told), make_problem("a", days=1))
    assert list_notices(worse) == {("a", "pager", "opened")}
    assert worse.told[0].targets == ("team", "pager")


def test_a_problem_that_comes_back_is_new() -> None:
    """Its later begin makes another key, so that it is told again."""
    first, again = plan([], make_problem("a")), plan([], make_problem("a", days=3))
    assert {n.key for n in first.notices}.isdisjoint(n.key for n in again.notices)


def test_the_key_stays_while_a_problem_lasts() -> None:
    """A later failure of the same check has the key of the first one."""
    told = plan([], make_problem("a")).told
    over = plan(list(told))
    assert {n.key for n in over.notices} == {f"a@{BEGIN.isoformat()} over"}
    worse = plan([Told(told[0].problem, ("team",))], make_problem("a", days=2))
    assert {n.key for n in worse.notices} == {f"a@{BEGIN.isoformat()} opened"}


def test_events_are_told_once_and_are_never_over() -> None:
    """An event that is no longer listed is forgotten without a word."""
    event = make_problem("e", kind="retrain", severity="info", is_event=True)
    told = plan([], event)
    assert list_notices(told) == {("e", "team", "happened")}
    assert plan(list(told.told), event).notices == ()
    assert plan(list(told.told)) == Plan((), (), ("e",))


def test_the_first_look_tells_the_newest_event_alone() -> None:
    """Events of before are remembered as told."""
    events = [make_problem(f"e{i}", kind="retrain", days=i, is_event=True) for i in range(5)]
    first = plan([], *events, is_first=True)
    assert list_notices(first) == {("e4", "team", "happened")}
    assert plan(list(first.told), *events).notices == ()
