"""Readings that must count as failed."""

import pytest

from benchmarks.ops.aliases import Readings, judge

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("readings", "n_failed"),
    [
        (Readings([1, 2, 1]), 0),
        (Readings([1, None]), 1),
        (Readings([1, 9]), 1),
        (Readings([1], ["RegistryError()"]), 1),
    ],
)
def test_a_failed_reading_is_counted(readings: Readings, n_failed: int) -> None:
    """No champion, an unknown one and an error each count."""
    assert readings.count_failed({1, 2}) == n_failed


@pytest.mark.parametrize(
    ("readings", "n_made", "is_ok"),
    [
        (Readings([1, 2, 1]), 3, True),
        (Readings([1, 2, 1]), 2, False),
        (Readings([1, 1, 1]), 3, False),
        (Readings([1, 2]), 3, False),
        (Readings([1, 2, 1], ["x"]), 3, False),
    ],
)
def test_the_row_can_fail(readings: Readings, n_made: int, is_ok: bool) -> None:
    """A lost switch, a version never seen, too few readings and a failed one each miss it."""
    row = judge([readings], known=[1, 2], n_made=n_made, n_asked=3, seconds=1)
    assert row.is_ok is is_ok
