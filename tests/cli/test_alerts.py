"""The commands that list alerts and try targets."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mmm_orchestration.cli import main
from mmm_orchestration.home import Home
from tests.alerting.listener import SECRET, Listener, add_alerts, listen
from tests.alerting.test_outbox import ALERTS, do_round
from tests.alerting.test_problems import BEGIN, make_problem
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.unit


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A web server whose URL is in the environment."""
    with listen() as server:
        monkeypatch.setenv("TEAM_URL", server.url)
        yield server


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A project that tells nobody."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return write_small_project(tmp_path / "p", first=BEGIN.date(), n_days=1)


def invoke(home: Home, *arguments: str) -> Result:
    """The result of `mmm` over the project."""
    return CliRunner().invoke(main, ["--project", str(home.base), *arguments])


def test_a_test_message_reaches_the_target(bare: Home, listener: Listener) -> None:
    """`mmm alerts test` sends one message to each target and says that it got there."""
    result = invoke(add_alerts(bare, ALERTS), "alerts", "test")
    assert result.exit_code == 0, result.output
    assert "team: it took the message" in result.stdout
    assert listener.titles == ["[small] Test"]


def test_a_target_that_fails_is_named_without_its_secret(bare: Home, listener: Listener) -> None:
    """The exit code is 1, and what went wrong is said without any part of the URL."""
    listener.status = 403
    result = invoke(add_alerts(bare, ALERTS), "alerts", "test")
    assert result.exit_code == 1
    assert "team: Target 'team' did not take the message" in result.stderr
    assert SECRET not in result.output


def test_without_targets_the_key_is_named(bare: Home) -> None:
    """`mmm alerts test` names the key that is missing."""
    result = invoke(bare, "alerts", "test")
    assert result.exit_code == 2
    assert "alerts.targets" in result.stderr


def test_what_waits_is_listed(bare: Home, listener: Listener) -> None:
    """`mmm alerts --json` lists open problems and what a silent target has not got."""
    home = add_alerts(bare, ALERTS)
    listener.status = 503
    do_round(home, make_problem("a"))
    result = invoke(home, "alerts", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["problems"] == []
    assert "1 message for 'team' not sent yet" in found["waiting"][0]
    assert SECRET not in result.output
