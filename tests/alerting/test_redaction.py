"""Secrets that stay out of every text."""

import pytest

from mmm_orchestration.alerting.redaction import redact
from mmm_orchestration.secrets import hide_users

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


def test_users_are_hidden_in_addresses() -> None:
    """Of the first line only."""
    assert hide_users("failed: http://ann:pw@host/x\nmore") == "failed: http://***@host/x"
