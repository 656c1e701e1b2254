"""The exit code of a suite follows from its verdict."""

from pathlib import Path

import pytest

from benchmarks.truth.coverage import WorldScore, write_coverage
from benchmarks.truth.ranks import RankTest
from benchmarks.truth.report import Report
from benchmarks.truth.sbc import write_report
from benchmarks.truth.scenarios import Scenario, build_clean
from benchmarks.truth.score import ChannelScore
from benchmarks.truth.stress import Stressed, write_stress

pytestmark = pytest.mark.unit

NEAR = ChannelScore("tv", "geometric hill", truth=100, low=80, median=100, high=120)
FAR = ChannelScore("tv", "geometric hill", truth=100, low=180, median=200, high=220)


def test_a_bad_verdict_ends_with_one_after_the_report_is_kept(tmp_path: Path) -> None:
    """The report is in its file and the exit code is 1; a good verdict ends quietly."""
    Report("good", is_passed=True).close(tmp_path / "new" / "good.md")
    with pytest.raises(SystemExit, match="1"):
        Report("bad", is_passed=False).close(tmp_path / "bad.md")
    assert (tmp_path / "new" / "good.md").read_text("utf-8") == "good"
    assert (tmp_path / "bad.md").read_text("utf-8") == "bad"


@pytest.mark.parametrize(("n_missed", "is_passed"), [(2, False), (5, True), (12, False)])
def test_coverage_passes_inside_its_target(n_missed: int, *, is_passed: bool) -> None:
    """Of 100 channels 98 and 88 are outside 90 to 97 %, and 95 are inside."""
    channels = (FAR,) * n_missed + (NEAR,) * (100 - n_missed)
    report = write_coverage([WorldScore(channels, 1.0, 0)], is_told=True)
    assert report.is_passed is is_passed
    assert ("OUTSIDE" in report.text) is not is_passed


def test_calibration_passes_unless_a_test_rejects() -> None:
    """One rejected test is a bad verdict."""
    tests = [RankTest("share[0]", "ECDF", 0.4, is_rejected=False)]
    assert write_report([], tests=tests).is_passed
    assert not write_report([], tests=[RankTest("s", "χ²", 0.0, is_rejected=True)]).is_passed


@pytest.mark.parametrize(
    ("channel", "found", "is_clean", "is_passed"),
    [
        (NEAR, (), True, True),
        (NEAR, ("high_vif",), True, False),
        (FAR, (), False, False),
        (FAR, ("change_point",), False, True),
    ],
)
def test_stress_passes_without_silence_and_false_alarm(
    channel: ChannelScore, found: tuple[str, ...], *, is_clean: bool, is_passed: bool
) -> None:
    """A wrong answer must be named, and a clean world must raise nothing."""
    scenario = Scenario("world", build_clean, ("change_point",), is_clean=is_clean)
    stressed = Stressed(scenario, (channel,), before=found, after=())
    assert write_stress([stressed]).is_passed is is_passed
