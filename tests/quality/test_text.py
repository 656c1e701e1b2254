"""Days and amounts in words."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.text import (
    count,
    find_runs,
    format_names,
    format_number,
    format_runs,
)

pytestmark = pytest.mark.unit

FIRST = date(2024, 5, 1)


@settings(deadline=None)
@given(st.sets(st.integers(0, 60), max_size=30))
def test_runs_hold_exactly_the_days(offsets: set[int]) -> None:
    """Runs hold every day once and never touch each other."""
    days = [FIRST + timedelta(days=i) for i in offsets]
    runs = find_runs(days)
    assert sorted(day for run in runs for day in run.days()) == sorted(days)
    assert all(b.first - a.last > timedelta(days=1) for a, b in pairwise(runs))


def test_runs_are_told_in_words() -> None:
    """Three windows are spelled out, the rest is counted."""
    days = [FIRST + timedelta(days=i) for i in (0, 1, 5, 9, 13, 14)]
    assert format_runs(find_runs(days)) == (
        "1 May 2024 to 2 May 2024, 6 May 2024, 10 May 2024 and 2 more days"
    )
    assert format_runs([DayWindow(FIRST, FIRST)]) == "1 May 2024"


def test_counts_names_and_amounts_are_told_in_words() -> None:
    """Nouns follow their number and long lists are cut."""
    assert (count(1, "day"), count(2000, "day")) == ("1 day", "2,000 days")
    assert format_names(["a", "b", "c", "d"]) == "'a', 'b', 'c' and 1 more"
    assert [format_number(v) for v in (12345.6, 9.987, 40.0)] == ["12,346", "9.99", "40"]
