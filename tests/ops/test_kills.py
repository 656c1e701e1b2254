"""States after a kill that must not pass."""

from dataclasses import replace

import pytest

from benchmarks.ops.kills import State, judge

pytestmark = pytest.mark.unit

HELD = State(n_failed=0, n_locks=12, n_slots=1, is_spared=True)
CLEAR = State(n_failed=12, n_locks=0, n_slots=0, is_spared=True)


def test_cleared_in_time_is_enough() -> None:
    """Everything was held before and nothing is after two minutes."""
    assert judge(119, before=HELD, after=CLEAR, n_killed=12).is_ok


@pytest.mark.parametrize(
    ("seconds", "before", "after"),
    [
        (121, HELD, CLEAR),
        (10, HELD, replace(CLEAR, n_failed=11)),
        (10, HELD, replace(CLEAR, n_locks=1)),
        (10, HELD, replace(CLEAR, n_slots=1)),
        (10, HELD, replace(CLEAR, is_spared=False)),
        (10, replace(HELD, n_slots=0), CLEAR),
        (10, replace(HELD, n_locks=0), CLEAR),
    ],
)
def test_the_row_can_fail(seconds: float, before: State, after: State) -> None:
    """Late, a run or lock or slot left, a dead bystander, or nothing held at first."""
    assert not judge(seconds, before=before, after=after, n_killed=12).is_ok
