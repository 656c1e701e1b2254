"""Secrets that stay out of every text."""

from datetime import date
from pathlib import Path

import pytest

from mmm_orchestration.alerting.redaction import list_secret_names, redact
from mmm_orchestration.project.operating import Reports, Smtp
from mmm_orchestration.secrets import hide_users
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_URI", "MMM_POSTGRES_URL"])
@pytest.mark.parametrize("shown", ["s3cret%2Fword", "s3cret/word"])
def test_the_password_of_an_address_goes(
    monkeypatch: pytest.MonkeyPatch, name: str, shown: str
) -> None:
    """As it is written and decoded, whatever else is named; the host stays."""
    monkeypatch.setenv(name, "http://ann:s3cret%2Fword@tracking.example:5000/path")
    text = f"no answer from tracking.example with {shown}"
    assert redact(text, names=()) == "no answer from tracking.example with ***"


def test_a_short_secret_leaves_words_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes where it stands alone."""
    monkeypatch.setenv("PASSWORD", "ann")
    text = "the channel cannot be planned: login 'ann' refused"
    assert redact(text, names=["PASSWORD"]) == text.replace("'ann'", "'***'")


def test_a_secret_may_hold_signs_of_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken by the letter, long or short."""
    for secret in ("a+b(c.d*e", "a.c"):
        monkeypatch.setenv("PASSWORD", secret)
        assert redact(f"{secret} but abc", names=["PASSWORD"]) == "*** but abc"


def test_a_key_within_a_list_of_keys_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable holds names and scopes beside the keys."""
    monkeypatch.setenv("KEYS", "bot:read:T0K3N99xyz,eve:plan:T0K3N88xyz")
    assert redact("read T0K3N99xyz and T0K3N88xyz", names=["KEYS"]) == "read *** and ***"


def test_the_user_of_the_mail_server_is_no_secret(tmp_path: Path) -> None:
    """Of what a project names, its password is one."""
    home = write_small_project(tmp_path, first=date(2026, 3, 2), n_days=1)
    names = {"username_env": "MAIL_USER", "password_env": "MAIL_PASSWORD"}
    smtp = Smtp(host="mail.example", **names)
    reports = Reports(recipients=("a@example.com",), sender="b@example.com", smtp=smtp)
    found = list_secret_names(home.project.model_copy(update={"reports": reports}))
    assert "MAIL_PASSWORD" in found
    assert "MAIL_USER" not in found


def test_a_password_that_a_server_says_back_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of any address too."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:s3cret%2Fword@tracking.example")
    assert hide_users("403: no user with s3cret/word") == "403: no user with ***"


def test_users_are_hidden_in_addresses() -> None:
    """Of the first line only."""
    assert hide_users("failed: http://ann:pw@host/x\nmore") == "failed: http://***@host/x"
