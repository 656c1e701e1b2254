"""The list of causes, the page about them and the file they are kept in."""

from dataclasses import fields
from pathlib import Path

import pytest

import mmm_orchestration.diagnosis as package
from mmm_orchestration.diagnosis.causes import AFTER, BEFORE
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.examining import FitFindings, keep_findings, load_findings
from mmm_orchestration.metadata import describe_examination
from mmm_orchestration.quality.finding import Finding, Severity

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def make_finding(severity: Severity = "warning") -> Finding:
    """A finding with numbers."""
    return Finding(
        severity, "high_vif", "gold_media_daily", "Much.", "Less.", numbers={"vif": 12.5}
    )


def test_every_cause_is_listed() -> None:
    """The causes in the code are those of the list."""
    sources = [p.read_text(encoding="utf-8") for p in Path(package.__path__[0]).glob("*.py")]
    told = {line.split('"')[1] for s in sources for line in s.splitlines() if 'cause="' in line}
    assert told == set(BEFORE) | set(AFTER)


def test_the_page_names_every_cause_and_threshold() -> None:
    """Nothing that speaks, and no limit of it, is left out of the page."""
    text = PAGE.read_text(encoding="utf-8")
    names = [*BEFORE, *AFTER, *(field.name for field in fields(Thresholds))]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_threshold_is_explained() -> None:
    """The docstring of the thresholds names each of them."""
    text = Thresholds.__doc__ or ""
    assert [f.name for f in fields(Thresholds) if f"`{f.name}`" not in text] == []


def test_kept_findings_are_read_again(tmp_path: Path) -> None:
    """Findings come back from their file as they were, numbers too."""
    findings = FitFindings(before=(make_finding(),), after=(make_finding("info"),))
    keep_findings(findings, folder=tmp_path, version="v1")
    assert load_findings(tmp_path, version="v1") == findings
    assert load_findings(tmp_path, version="v2").all == ()


def test_a_check_passes_on_information_alone() -> None:
    """Information does not fail the check, a warning does, and a critical finding is an error."""
    shown = [
        describe_examination("data_findings", findings=[make_finding(s)], unsaid="Nothing.")
        for s in ("info", "warning", "critical")
    ]
    assert [result.passed for result in shown] == [True, False, False]
    assert [result.severity.value for result in shown] == ["WARN", "WARN", "ERROR"]
