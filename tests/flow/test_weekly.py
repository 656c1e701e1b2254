"""The weekly report of a real project: written, sent once, and asked for by the schedule."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.runner import run_daily
from mmm_orchestration.training import Snapshot, keep_posterior
from mmm_orchestration.weekly import list_missing, prepare_weekly, publish_weekly
from tests.alerting.listener import add_alerts
from tests.alerting.postman import Postman, run_postman
from tests.insight.known import make_posterior

from .small_project import write_small_project

pytestmark = pytest.mark.flow

FIRST, N_DAYS = date(2026, 3, 2), 14
MONDAY = datetime(2026, 3, 16, 9, tzinfo=ZoneInfo("Europe/London"))
REPORTS = """
alerts: {{allow_internal: true}}
reports:
  recipients: [ann@example.com, bob@example.com]
  sender: mmm@example.com
  smtp: {{host: 127.0.0.1, port: {port}, security: none}}
"""


PUBLISH = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from mmm_orchestration.home import open_home
from mmm_orchestration.weekly import publish_weekly

file, now, dies_at = sys.argv[1:]
sys.addaudithook(lambda event, _: event == dies_at and os.kill(os.getpid(), signal.SIGKILL))
publish_weekly(open_home(Path(file)), now=datetime.fromisoformat(now))
"""


@pytest.fixture(scope="module")
def postman() -> Iterator[Postman]:
    """The mail server."""
    with run_postman() as postman:
        yield postman


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, postman: Postman) -> Home:
    """Two weeks in gold, and two recipients."""
    folder = tmp_path_factory.mktemp("weekly")
    home = write_small_project(folder, first=FIRST, n_days=N_DAYS)
    window = DayWindow(FIRST, FIRST + timedelta(days=N_DAYS - 1))
    assert run_daily(home, window=window, say=lambda _: None).is_success
    return add_alerts(home, REPORTS.format(port=postman.port))


def keep_model(home: Home) -> str:
    """The version of a posterior kept in the project."""
    posterior = make_posterior()
    record = keep_posterior(
        posterior,
        folder=home.posteriors,
        snapshot=Snapshot(posterior.data, {"gold_kpi_daily": 3}),
        dagster_run="weekly",
        mlflow_run="",
    )
    return record.version


def ask(home: Home, *, at: datetime) -> dg.RunRequest | dg.SkipReason:
    """What the schedule asks for."""
    defs = build_defs(home=home)
    schedule = defs.resolve_schedule_def("weekly_report_on_monday")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=at,
            repository_def=defs.get_repository_def(),
        )
        data = schedule.evaluate_tick(context)
    return data.run_requests[0] if data.run_requests else dg.SkipReason(data.skip_message)


def test_without_a_model_the_report_says_so(home: Home) -> None:
    """The KPI of the week is there, and why there is no return."""
    report = prepare_weekly(home, today=MONDAY.date())
    (page,) = report.pages
    assert report.name == "2026-W11"
    assert page.headline.startswith("Revenue was £")
    assert "in the week to 15 Mar 2026" in page.headline
    assert "There is no posterior" in page.lede


def test_everybody_gets_it_once(home: Home, postman: Postman) -> None:
    """The first publication sends two mails with the PDF, a second one in the week sends none."""
    postman.got.clear()
    version = keep_model(home)
    assert isinstance(ask(home, at=MONDAY + timedelta(hours=3)), dg.RunRequest)
    written, sent = publish_weekly(home, now=MONDAY)
    assert sent == home.project.reports.recipients
    content = written.pdf.read_bytes()
    assert publish_weekly(home, now=MONDAY + timedelta(days=3))[1] == ()
    assert len(postman.got) == 2
    (pdf,) = postman.got[0].iter_attachments()
    assert pdf.get_content() == content
    assert version in written.html.read_text(encoding="utf-8")
    assert isinstance(ask(home, at=MONDAY + timedelta(hours=3)), dg.SkipReason)
    assert list_missing(home, now=MONDAY + timedelta(days=7)) == sent


def test_a_recipient_who_comes_later_gets_it_alone(home: Home, postman: Postman) -> None:
    """One more address in mmm.yaml is sent the report of the week, the others are not again."""
    publish_weekly(home, now=MONDAY)
    postman.got.clear()
    file = home.base / "mmm.yaml"
    text = file.read_text(encoding="utf-8").replace("bob@", "cleo@example.com, bob@")
    other = home.base / "other.yaml"
    other.write_text(text, encoding="utf-8")
    assert publish_weekly(open_home(other), now=MONDAY)[1] == ("cleo@example.com",)
    assert [mail["To"] for mail in postman.got] == ["cleo@example.com"]


def test_next_week_compares_with_this_one(home: Home) -> None:
    """The report of the next week names the one before, from which no return changed."""
    if not any(home.posteriors.glob("*.json")):
        keep_model(home)
    prepare_weekly(home, today=MONDAY.date())
    (page,) = prepare_weekly(home, today=MONDAY.date() + timedelta(days=7)).pages
    assert "The model is that of the report of 2026-W11" in page.changes[0]
    assert "is not known yet" in page.headline


def start(home: Home, *, now: datetime, dies_at: str = "") -> subprocess.Popen[bytes]:
    """A process that publishes the report, and kills itself at the first event of that name."""
    command = [sys.executable, "-c", PUBLISH, str(home.base / "mmm.yaml"), now.isoformat(), dies_at]
    return subprocess.Popen(command)


def test_a_crash_between_report_and_mail_loses_no_mail(home: Home, postman: Postman) -> None:
    """Killed before its first connection, the report is written and nobody has it; then all do."""
    now = MONDAY + timedelta(days=14)
    postman.got.clear()
    assert start(home, now=now, dies_at="socket.connect").wait(60) == -signal.SIGKILL
    assert (home.base / "reports" / "weekly_2026-W13.pdf").is_file()
    assert postman.got == []
    assert isinstance(ask(home, at=now + timedelta(hours=3)), dg.RunRequest)
    assert publish_weekly(home, now=now + timedelta(hours=3))[1] == home.project.reports.recipients
    assert [mail["To"] for mail in postman.got] == list(home.project.reports.recipients)


def test_a_crash_as_a_mail_is_taken_repeats_it_alone(home: Home, postman: Postman) -> None:
    """Killed before it hears that the first mail was taken, it sends that one under its own id."""
    now = MONDAY + timedelta(days=21)
    postman.got.clear()
    sender = start(home, now=now)
    postman.at_mail = sender.kill
    assert sender.wait(60) == -signal.SIGKILL
    postman.at_mail = None
    publish_weekly(home, now=now + timedelta(hours=3))
    publish_weekly(home, now=now + timedelta(hours=6))
    ids = [mail["Message-ID"] for mail in postman.got]
    assert (len(ids), ids[0] == ids[1], len(set(ids))) == (3, True, 2)


def test_the_schedule_asks_on_monday_at_nine(home: Home) -> None:
    """On Monday at nine the report is asked for, whatever was sent."""
    asked = ask(home, at=MONDAY)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "weekly 2026-03-16 09"


def test_the_job_writes_and_sends(home: Home, postman: Postman, tmp_path: Path) -> None:
    """The job as the schedule launches it ends well, with the pages in the metadata."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_defs(home=home).resolve_job_def("weekly")
        result = job.execute_in_process(instance=instance)
        assert result.success
        (made,) = result.asset_materializations_for_node("weekly_report")
    now = datetime.now(UTC)
    assert made.metadata["sent_now"].value in {0, len(home.project.reports.recipients)}
    assert list_missing(home, now=now) == ()
    assert (home.base / "reports" / "weekly.pdf").is_file()
