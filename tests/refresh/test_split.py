"""The split of today's budget against brute force and laws."""

import itertools

import numpy as np
import pytest

from mmm_orchestration.insight.results import Array, ResponseCurve
from mmm_orchestration.refresh.split import REACH, recommend_split

pytestmark = pytest.mark.unit


def draw_curve(channel: str, *, top: float, half: float, limit: float = 400.0) -> ResponseCurve:
    """A curve `top · x / (x + half)` up to `limit`."""
    level = np.linspace(0, limit, 51)
    median = respond(level, top=top, half=half)
    return ResponseCurve(channel, "GBP", level, median, median, median, 100.0, limit / 1.25)


def respond(level: Array, *, top: float, half: float) -> Array:
    """The response of such a curve."""
    response: Array = top * level / (level + half)
    return response


def test_marginal_returns_are_equal_inside_the_limits() -> None:
    """Two saturating channels end where a little more of either brings the same."""
    curves = [draw_curve("a", top=300, half=100), draw_curve("b", top=400, half=150)]
    split = recommend_split(curves, today={"a": 100.0, "b": 100.0})
    a, b = split.recommended["a"], split.recommended["b"]
    assert a + b == pytest.approx(200)
    assert 300 * 100 / (a + 100) ** 2 == pytest.approx(400 * 150 / (b + 150) ** 2, rel=0.01)


def test_no_split_on_a_grid_is_better() -> None:
    """Brute force over three channels finds nothing that brings more."""
    shapes = {"a": (300.0, 60.0), "b": (200.0, 90.0), "c": (500.0, 400.0)}
    today = {"a": 120.0, "b": 80.0, "c": 100.0}
    curves = [draw_curve(n, top=t, half=h) for n, (t, h) in shapes.items()]
    split = recommend_split(curves, today=today)

    def worth(spend: dict[str, float]) -> float:
        return sum(
            float(respond(np.array(x), top=shapes[n][0], half=shapes[n][1]))
            for n, x in spend.items()
        )

    sides = [np.linspace((1 - REACH) * today[n], (1 + REACH) * today[n], 61) for n in ("a", "b")]
    tried = (
        {"a": a, "b": b, "c": 300 - a - b}
        for a, b in itertools.product(*sides)
        if 50 <= 300 - a - b <= 150
    )
    assert worth(split.recommended) >= max(map(worth, tried)) - 0.05
    assert split.gain == pytest.approx(worth(split.recommended) - worth(today), rel=0.02)


def test_a_channel_moves_by_half_at_most() -> None:
    """A channel that brings nothing keeps half of its spend."""
    curves = [draw_curve("a", top=0, half=100), draw_curve("b", top=400, half=150)]
    split = recommend_split(curves, today={"a": 100.0, "b": 100.0})
    assert split.recommended == pytest.approx({"a": 50.0, "b": 150.0})
    assert split.shares == pytest.approx({"a": 0.25, "b": 0.75})


def test_a_channel_without_spend_gets_none() -> None:
    """What is not spent today is not part of the split, and one channel keeps all of it."""
    curves = [draw_curve("a", top=300, half=100), draw_curve("b", top=400, half=150)]
    split = recommend_split(curves, today={"a": 100.0, "b": 0.0})
    assert split.recommended == {"a": 100.0}
    assert recommend_split([], today={}).shares == {}
