"""A project operated for forty simulated days with one of every fault."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks.ops.year import judge_year
from benchmarks.ops.year.count import count_alerts
from benchmarks.ops.year.operate import Diary, find_day
from benchmarks.ops.year.story import list_faults


def tell_all(n_days: int) -> Diary:
    """The diary of days on which each fault was told once and was over once."""
    diary = Diary(n_done=n_days)
    for fault in list_faults(n_days):
        if fault.kind in {"late", "broken", "silent"}:
            where = f"check silver_outcomes.days_are_accepted, run {fault.day}"
            diary.got += [("team", "[year] Failed check", where)]
            diary.got += [("team", "[year] Over: Failed check", where)]
        elif fault.kind in {"killed", "full"}:
            where = f"Where: job daily, {find_day(fault.day)}, run x"
            diary.got += [("team", "[year] Failed run", where), ("team", "[year] Over: run", where)]
    return diary


@pytest.mark.unit
def test_each_fault_told_once_is_right() -> None:
    """One alert and one end for each fault reach what is asked."""
    assert count_alerts(tell_all(40)).is_ok


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
    assert not count_alerts(diary).is_ok


@pytest.mark.flow
@pytest.mark.long
def test_forty_days_are_operated(tmp_path: Path) -> None:
    """One of each fault leaves nothing lost, nothing doubled and nobody untold."""
    figures = judge_year(tmp_path, days=40, say=print)
    assert [figure for figure in figures if not figure.is_ok] == []
