"""What is kept on disk, and one round of telling from it."""

import logging
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmm_orchestration.alerting.outbox import LONGEST_WAIT, Outbox
from mmm_orchestration.alerting.problems import Look, Problem
from mmm_orchestration.alerting.redaction import redact
from mmm_orchestration.alerting.status import read_status
from mmm_orchestration.alerting.telling import Round, open_outbox, tell
from mmm_orchestration.home import Home
from mmm_orchestration.project import AlertKind
from tests.flow.small_project import write_small_project

from .listener import SECRET, Listener, add_alerts, listen
from .test_problems import BEGIN, make_problem

pytestmark = pytest.mark.unit

ALERTS = """
alerts:
  allow_internal: true
  targets: [{name: team, url_env: TEAM_URL}]
"""


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A web server whose URL is in the environment."""
    with listen() as server:
        monkeypatch.setenv("TEAM_URL", server.url)
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A project that tells one target."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return add_alerts(write_small_project(tmp_path / "p", first=BEGIN.date(), n_days=1), ALERTS)


def do_round(home: Home, *problems: Problem, minutes: float = 0) -> Round:
    """One round, so many minutes after the begin."""
    done = tell(home, look=lambda: Look(problems), now=BEGIN + timedelta(minutes=minutes))
    assert done is not None
    return done


def test_told_once_and_over_once(home: Home, listener: Listener) -> None:
    """Rounds without news say nothing; the end is told once."""
    for _ in range(3):
        do_round(home, make_problem("a"))
    for _ in range(3):
        do_round(home)
    assert listener.titles == [
        "[small] Failed check: where, run 1",
        "[small] Over: Failed check: where, run 1",
    ]
    assert "What to do: fix" in listener.got[0]["message"]
    assert "Since: 2026-03-02 06:00" in listener.got[0]["message"]


def test_nothing_is_lost_while_the_service_is_down_for_a_day(
    home: Home, listener: Listener
) -> None:
    """What opened and ended on the day is told when the service is back, in order, once."""
    listener.status = 503
    for minute in range(0, 24 * 60, 5):
        b = make_problem("b", kind="drift", days=1)
        now = [make_problem("a")] if minute < 600 else [b]
        do_round(home, *now, minutes=minute)
    assert open_outbox(home).count_waiting() == {"team": 3}
    listener.status = 200
    done = do_round(home, b, minutes=25 * 60)
    assert (done.n_sent, done.waiting) == (3, ())
    assert [("Over" in title) for title in listener.titles] == [False, False, True]
    assert do_round(home, b, minutes=25 * 60 + 5).n_sent == 0


def test_tries_grow_rarer_up_to_an_hour(home: Home, listener: Listener) -> None:
    """The wait doubles after each failure; a clock that is set back does not prolong it."""
    outbox = open_outbox(home)
    waits = [outbox.note_failure("team", error="no", now=BEGIN).next_try - BEGIN for _ in range(9)]
    assert [wait.total_seconds() for wait in waits[:3]] == [60, 120, 240]
    assert waits[-1] == LONGEST_WAIT
    listener.status = 503
    assert "until" in do_round(home, make_problem("a"), minutes=30).waiting[0]
    listener.status = 200
    assert do_round(home, make_problem("a"), minutes=-60).n_sent == 1


def test_a_storm_is_one_digest(home: Home, listener: Listener) -> None:
    """Ten thousand problems are one message, and their end is another one."""
    kinds: tuple[AlertKind, ...] = ("check", "run_failed", "drift")
    storm = [make_problem(f"p{i}", kind=kinds[i % 3], days=i % 7) for i in range(10_000)]
    assert do_round(home, *storm) == Round(10_000, 1, ())
    counts = "3,334 × failed check, 3,333 × failed run, 3,333 × drift"
    assert listener.titles == [f"[small] {counts}"]
    body = listener.got[0]["message"]
    assert body.startswith(f"New problems: {counts}")
    assert "and 9,980 more" in body
    assert do_round(home, *storm).n_sent == 0
    assert do_round(home, minutes=61).n_sent == 1
    assert do_round(home, minutes=61).n_sent == 0


@pytest.mark.parametrize("kinds", [("check",), ("check", "run_failed", "drift")])
def test_a_storm_over_many_rounds_is_one_digest_an_hour(
    home: Home, listener: Listener, kinds: tuple[AlertKind, ...]
) -> None:
    """Ten thousand problems that come in twenty rounds within an hour are told in two messages."""
    storm = [make_problem(f"p{i}", kind=kinds[i % len(kinds)]) for i in range(10_000)]
    for k in range(20):
        done = do_round(home, *storm[: 500 * (k + 1)], minutes=2.5 * k)
    assert len(listener.got) == 1
    assert done.waiting[0].startswith("9,500 wait for 'team' until 07:00:00: a digest went out")
    assert do_round(home, *storm, minutes=59.9).n_sent == 0
    assert do_round(home, *storm, minutes=60).n_sent == 1
    counts = [re.findall(r"([\d,]+) ×", title) for title in listener.titles]
    assert sum(int(n.replace(",", "")) for found in counts for n in found) == 10_000
    assert open_outbox(home).count_waiting() == {}


def test_what_waits_for_the_next_digest_is_shown(home: Home, listener: Listener) -> None:
    """The state says how much waits, until when and why."""
    storm = [make_problem(f"p{i}", kind="drift") for i in range(30)]
    do_round(home, *storm)
    do_round(home, *storm, make_problem("late", kind="drift"), minutes=1)
    (line,) = read_status(home, now=BEGIN + timedelta(minutes=2)).waiting
    assert line.startswith("1 message for 'team' not sent yet: They go out at 07:00:00: a digest")


def test_a_trickle_becomes_a_digest(home: Home, listener: Listener) -> None:
    """One problem a minute is twenty messages and a last one; then once an hour, until it ends."""
    trickle = [make_problem(f"p{i}", kind="drift") for i in range(180)]
    for minute in range(180):
        do_round(home, *trickle[: minute + 1], minutes=minute)
    assert len(listener.got) == 20 + 1 + 2
    do_round(home, *trickle, minutes=201)
    last = make_problem("late", kind="drift")
    assert do_round(home, *trickle, last, minutes=300).n_sent == 1
    assert open_outbox(home).count_waiting() == {}


def test_a_clock_that_was_set_back_holds_nothing(home: Home, listener: Listener) -> None:
    """A digest of tomorrow keeps nobody waiting."""
    storm = [make_problem(f"p{i}", kind="drift") for i in range(100)]
    do_round(home, *storm, minutes=24 * 60)
    assert do_round(home, *storm, make_problem("new")).n_sent == 1


def test_failed_checks_of_one_round_go_together(home: Home, listener: Listener) -> None:
    """A missing day that fails three checks and a run is two messages, each naming what to do."""
    checks = [make_problem(f"c{i}") for i in range(3)]
    assert do_round(home, *checks, make_problem("r", kind="run_failed")).n_sent == 2
    assert listener.titles == ["[small] 3 × failed check", "[small] Failed run: where, run 1"]
    assert listener.got[0]["message"].count("What to do: fix") == 3


def test_two_rounds_at_once_tell_once(home: Home, listener: Listener) -> None:
    """Of eight rounds that start together, none tells what another one told."""
    problems = [make_problem(f"p{i}", kind="drift") for i in range(5)]
    begin = threading.Barrier(8)

    def go() -> None:
        begin.wait()
        tell(home, look=lambda: Look(tuple(problems)), now=BEGIN)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    do_round(home, *problems)
    assert len(listener.got) == 5


def test_a_crash_before_sending_loses_nothing(home: Home, listener: Listener) -> None:
    """What is kept and not yet sent goes out in the next round, though nothing is new."""
    from mmm_orchestration.alerting.problems import plan_notices

    look = Look((make_problem("a"),))
    targets = home.project.alerts.targets
    open_outbox(home).keep(plan_notices([], look, targets=targets, is_first=True), now=BEGIN)
    assert do_round(home, *look.problems).n_sent == 1


def test_a_plan_is_kept_once(tmp_path: Path) -> None:
    """The same notices kept twice are there once."""
    from .test_problems import plan

    outbox, made = Outbox(tmp_path / "alerts.db"), plan([], make_problem("a"))
    assert outbox.is_new
    for _ in range(2):
        outbox.keep(made, now=BEGIN)
    assert not outbox.is_new
    assert outbox.count_waiting() == {"team": 1, "pager": 1}


def test_secrets_are_nowhere(
    home: Home, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """A URL that fails, and a problem that quotes it, leave no secret in logs, words or files."""
    caplog.set_level(logging.DEBUG)
    listener.status = 500
    leaky = Problem("a", "check", "error", f"cannot reach {listener.url}", SECRET, BEGIN, "fix")
    said = str(do_round(home, leaky))
    listener.status = 200
    do_round(home, leaky, minutes=5)
    assert "***" in listener.got[0]["message"]
    kept = b"".join(path.read_bytes() for path in home.base.rglob("*") if path.is_file())
    for text in (said, caplog.text, str(listener.got), kept.decode("utf-8", "ignore")):
        assert SECRET not in text


def test_redaction_keeps_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a URL that are plain short words stay; tokens, also encoded ones, go."""
    monkeypatch.setenv("URL", "json://bob:p%40ss-W0rd@example.com/alerts/T0K3N99")
    text = redact("alerts of bob: p@ss-W0rd p%40ss-W0rd T0K3N99", names=["URL", "NOT_SET"])
    assert text == "alerts of bob: *** *** ***"


def test_moments_are_in_the_time_of_the_project(home: Home, listener: Listener) -> None:
    """In summer a message says British Summer Time."""
    summer = datetime(2026, 7, 1, 5, tzinfo=UTC)
    problem = Problem("a", "check", "error", "what", "where", summer, "fix")
    do_round(home, problem)
    assert "2026-07-01 06:00 BST" in listener.got[0]["message"]
