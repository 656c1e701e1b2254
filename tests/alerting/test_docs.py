"""Every alert is explained."""

from pathlib import Path
from typing import get_args

import pytest

from mmm_orchestration.alerting.problems import TITLES
from mmm_orchestration.project import AlertKind

pytestmark = pytest.mark.unit

DOCS = Path(__file__).resolve().parents[2] / "docs" / "alerts.md"
KINDS = get_args(AlertKind)


def test_every_kind_has_a_title() -> None:
    """What can be told has a name in words."""
    assert set(TITLES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_to_do(kind: str) -> None:
    """docs/alerts.md has a section for each kind, with what it means and what to do."""
    section = DOCS.read_text(encoding="utf-8").split(f"\n### {kind}\n", 1)[1].split("\n##")[0]
    means, _, action = section.partition("**What to do.**")
    assert len(means.split()) >= 10
    assert len(action.split()) >= 10
