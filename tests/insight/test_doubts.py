"""Sentences about what the data cannot tell."""

import numpy as np
import pytest

from mmm_orchestration.insight.doubts import (
    compute_contraction,
    describe_baseline,
    describe_doubts,
    find_confounded_pairs,
)
from mmm_orchestration.insight.results import Array, Interval

pytestmark = pytest.mark.unit

CLEAR = Interval(2.0, 1.5, 2.5)


def describe(total: Array, *, is_on: float = 1.0, roi: Interval | None = CLEAR) -> tuple[str, ...]:
    """The doubts about channels with a prior log-sd of one."""
    n_channels = total.shape[1]
    return describe_doubts(
        channels=("radio", "print")[:n_channels],
        total=total,
        kpi_total=1000.0,
        prior_log_sd=np.ones(n_channels),
        is_on=np.full(n_channels, is_on),
        roi=[roi] * n_channels,
    )


def draw(log_sd: float, *, seed: int = 0) -> Array:
    """Log-normal draws around 100, shape (draw, channel)."""
    return 100 * np.exp(np.random.default_rng(seed).normal(0, log_sd, (4000, 1)))


def test_a_narrow_posterior_leaves_no_doubt() -> None:
    """A channel that the data pin down has an empty text."""
    assert describe(draw(0.1)) == ("",)


def test_a_posterior_as_wide_as_the_prior_is_not_identified() -> None:
    """Nothing learned is said."""
    assert describe(draw(0.95)) == ("Not identified: the interval is mostly the prior.",)


def test_contraction_is_one_minus_the_ratio_of_variances() -> None:
    """Half the prior's spread leaves a quarter of its variance."""
    assert compute_contraction(draw(0.5)[:, 0], prior_log_sd=1.0) == pytest.approx(0.75, abs=0.02)


def test_channels_that_trade_off_are_read_as_their_sum() -> None:
    """Both channels of a pair whose sum alone is known say so, with the sum."""
    first = draw(0.1)
    doubts = describe(np.hstack([first, 200 - first]))
    assert doubts[0] == doubts[1]
    assert doubts[0] == (
        "'radio' and 'print' cannot be told apart: read their sum, 20.0% to 20.0% of the KPI."
    )


def test_independent_channels_are_no_pair() -> None:
    """Draws without correlation are told apart."""
    assert find_confounded_pairs(np.hstack([draw(0.1), draw(0.1, seed=1)])) == ()


def test_a_channel_that_was_hardly_on_is_said() -> None:
    """Five per cent of the periods are few."""
    assert describe(draw(0.1), is_on=0.05) == ("On in only 5% of the periods.",)


def test_a_return_from_nothing_to_much_is_said() -> None:
    """An interval whose ends differ by more than ten times is no answer."""
    text = describe(draw(0.1), roi=Interval(0.5, 0.04, 2.0))[0]
    assert text == "The return may be next to nothing: 0.04 is as possible as 2."


@pytest.mark.parametrize(("low", "part", "n_notes"), [(0.4, 0.0, 0), (-0.1, 0.0, 1), (0.4, 0.1, 1)])
def test_a_negative_baseline_is_noted(low: float, part: float, n_notes: int) -> None:
    """A baseline below zero, in draws or in periods, is implausible."""
    assert len(describe_baseline(Interval(0.5, low, 0.6), part_below_zero=part)) == n_notes
