"""A project operated for forty simulated days with one of every fault."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks.ops.year import judge_year
from benchmarks.ops.year.count import count_alerts
from benchmarks.ops.year.operate import Diary, find_day
from benchmarks.ops.year.story import list_faults

CHECK = ("team", "[year] Failed check: silver", "check silver_outcomes.days_are_accepted")
CHECK_OVER = ("team", "[year] Over: Failed check", "check silver_outcomes.days_are_accepted")


def tell_all(n_days: int) -> Diary:
    """The diary of days on which each fault was told once and was over once."""
    diary = Diary(n_done=n_days)
    for fault in list_faults(n_days):
        if fault.kind in {"late", "broken", "silent"}:
            diary.got += [CHECK, CHECK_OVER]
        elif fault.kind in {"killed", "full"}:
            where = f"Where: job daily, {find_day(fault.day)}, run x"
            diary.got += [("team", "[year] Failed run", where), ("team", "[year] Over: run", where)]
    return diary


@pytest.mark.unit
def test_each_fault_told_once_is_right() -> None:
    """One alert and one end for each fault reach what is asked."""
    assert count_alerts(tell_all(40)).is_met


@pytest.mark.unit
@pytest.mark.parametrize("change", ["lost", "doubled", "other"])
def test_any_other_message_is_not(change: str) -> None:
    """A message that is lost, comes twice or tells of something else is counted as wrong."""
    diary = tell_all(40)
    match change:
        case "lost":
            diary.got.pop()
        case "doubled":
            diary.got.append(diary.got[-1])
        case _:
            diary.got.append(("team", "[year] Stuck run", str(date(2025, 1, 1))))
    assert not count_alerts(diary).is_met


@pytest.mark.flow
@pytest.mark.long
def test_forty_days_are_operated(tmp_path: Path) -> None:
    """One of each fault leaves nothing lost, nothing doubled and nobody untold."""
    verdicts = judge_year(tmp_path, days=40, say=print)
    assert [v.figure for v in verdicts if not v.is_met] == []
