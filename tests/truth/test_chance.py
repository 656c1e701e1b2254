"""What counts as chance over several draws of a world."""

import numpy as np
import pytest

from benchmarks.truth.chance import REPEATS, is_beyond_chance
from benchmarks.truth.scenarios import SCENARIOS
from benchmarks.truth.score import ChannelScore
from benchmarks.truth.stress import Stressed

pytestmark = pytest.mark.unit

SD, Z_94 = 0.04, 1.881
Scores = tuple[ChannelScore, ...]


def draw_scores(rng: np.random.Generator, *, bias: float, n_channels: int = 4) -> Scores:
    """Scores of one fit with right standard errors whose first channel is biased."""
    errors = rng.normal(0, SD, n_channels) + bias * (np.arange(n_channels) == 0)
    return tuple(
        ChannelScore("tv", "any", 1.0, 1 + e - Z_94 * SD, 1 + e, 1 + e + Z_94 * SD) for e in errors
    )


def measure_rate(*, bias: float, n_runs: int = 300) -> float:
    """How often a world with that bias is found to be beyond chance."""
    rng = np.random.default_rng(4)
    fits = [[draw_scores(rng, bias=bias) for _ in range(REPEATS)] for _ in range(n_runs)]
    return float(np.mean([is_beyond_chance(own) for own in fits]))


def test_a_bias_of_a_fifth_in_one_channel_is_found() -> None:
    """Five draws find a bias of five standard deviations in at least 95 % of runs."""
    assert measure_rate(bias=0.2) >= 0.95


def test_right_intervals_are_seldom_beyond_chance() -> None:
    """Without a bias fewer runs are found than the level says."""
    assert measure_rate(bias=0.0) <= 0.05


@pytest.mark.parametrize(("n_missed", "is_found"), [(0, False), (2, False), (3, True)])
def test_three_misses_of_one_channel_in_five_are_beyond_chance(
    n_missed: int, is_found: bool
) -> None:
    """Two misses of one channel may be chance, three are not."""
    right = ChannelScore("tv", "any", 1.0, 0.9, 1.0, 1.1)
    wrong = ChannelScore("tv", "any", 1.0, 1.1, 1.2, 1.3)
    fits = [(wrong if i < n_missed else right, right, right, right) for i in range(REPEATS)]
    assert is_beyond_chance(fits) is is_found


@pytest.mark.parametrize(("bias", "verdict"), [(0.0, "missed by chance"), (0.5, "SILENT")])
def test_a_missed_world_is_judged_by_its_other_draws(bias: float, verdict: str) -> None:
    """A first miss is silent when the other draws miss too, and alone it is chance."""
    rng = np.random.default_rng(5)
    scenario = SCENARIOS[-1]
    again = tuple(Stressed(scenario, draw_scores(rng, bias=bias), (), ()) for _ in range(REPEATS))
    first = Stressed(scenario, draw_scores(rng, bias=0.5), (), ())
    assert first.verdict == "SILENT"
    assert Stressed(scenario, first.channels, (), (), again).verdict == verdict
