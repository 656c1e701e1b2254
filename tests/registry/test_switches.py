"""Who was champion before whom, from the record of switches alone."""

import pytest

from mmm_orchestration.registry.switches import Kind, Switch, find_earlier

pytestmark = pytest.mark.unit


def make_switches(*steps: tuple[Kind, int | None, int]) -> list[Switch]:
    """Switches in order, each with the version it found and the one it made champion."""
    return [
        Switch(
            order=i, kind=kind, alias="champion", number=number, before=before, by="a", reason="b",
            at="2026-01-01T00:00:00+00:00",
        )
        for i, (kind, before, number) in enumerate(steps)
    ]  # fmt: skip


THREE = (("promotion", None, 1), ("promotion", 1, 2), ("promotion", 2, 3))


@pytest.mark.parametrize(
    ("steps", "current", "earlier"),
    [
        ((), 1, None),
        (THREE[:1], 1, None),
        (THREE, 3, 2),
        ((*THREE, ("rollback", 3, 2)), 2, 1),
        ((*THREE, ("rollback", 3, 2), ("rollback", 2, 1)), 1, None),
        ((*THREE, ("rollback", 3, 2), ("promotion", 2, 4)), 4, 2),
        ((*THREE[:2], ("promotion", 2, 1)), 1, 2),
    ],
)
def test_rollback_goes_back_one_by_one(
    steps: tuple[tuple[Kind, int | None, int], ...], current: int, earlier: int | None
) -> None:
    """The earlier champion is that under the current one on the pile of promotions."""
    assert find_earlier(make_switches(*steps), alias="champion", current=current) == earlier


def test_a_switch_that_was_not_made_is_passed_over() -> None:
    """Version 3 was put on record and never became champion; version 4 followed version 2."""
    steps = make_switches(*THREE, ("promotion", 2, 4))
    assert find_earlier(steps, alias="champion", current=4) == 2
    assert find_earlier(make_switches(*THREE), alias="champion", current=2) == 1


def test_a_switch_by_hand_is_seen() -> None:
    """An alias that was moved in MLflow itself counts as a champion too."""
    steps = make_switches(*THREE, ("promotion", 9, 4))
    assert find_earlier(steps, alias="champion", current=4) == 9
