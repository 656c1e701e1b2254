"""The simulated data sets of the peer benchmark."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.peers.datasets import PUBLISHED_NAMES, open_dataset
from benchmarks.peers.worlds import Shape, carry_over, saturate, simulate_panel

pytestmark = pytest.mark.unit

SHAPE = Shape(weeks=104, geos=3, channels=6, seed=1)


def test_carry_over_by_hand() -> None:
    """One unit at alpha a half spreads as 1, ½, ¼ … over eight weeks and sums to one."""
    x = np.zeros((10, 1))
    x[0] = 1.0
    carried = carry_over(x, alpha=0.5)[:, 0]
    assert carried[:3] == pytest.approx(np.array([128, 64, 32]) / 255)
    assert carried.sum() == pytest.approx(1.0)


def test_no_carry_over_returns_the_input() -> None:
    """Alpha zero carries nothing over."""
    x = np.random.default_rng(1).random((12, 2))
    assert carry_over(x, alpha=0.0) == pytest.approx(x)


def test_half_is_reached_at_kappa() -> None:
    """The Hill curve is a half at kappa and zero at zero."""
    a = np.array([0.0, 0.8])
    assert saturate(a, slope=1.7, kappa=0.8) == pytest.approx([0.0, 0.5])


def test_same_seed_gives_the_same_world() -> None:
    """A world is its shape's alone."""
    first, second = simulate_panel(SHAPE), simulate_panel(SHAPE)
    assert np.array_equal(first.sales, second.sales)


def test_world_is_plausible() -> None:
    """Sales are positive, spend intermittent, media a part of sales, geos of unequal size."""
    panel = simulate_panel(SHAPE)
    share = panel.contribution.sum() / panel.sales.sum()
    assert (panel.sales > 0).all()
    assert 0.1 < share < 0.45
    assert (panel.contribution.mean(axis=0) > 0).all()
    assert (panel.spend == 0).any(axis=(0, 1)).all()
    assert np.ptp(panel.sales.mean(axis=0)) > 1000


def test_nothing_is_contributed_before_the_first_spend() -> None:
    """A delayed channel brings nothing before it starts."""
    panel = simulate_panel(SHAPE)
    first = int(np.flatnonzero(panel.spend[:, 0, 3])[0])
    assert panel.contribution[:first, 0, 3].sum() == 0
    assert first >= 10


def test_file_and_truth_agree_on_their_order(tmp_path: Path) -> None:
    """A channel's true contribution is zero exactly where its file has not spent yet."""
    data = open_dataset("medium", work=tmp_path)
    table = pl.read_csv(data.data).sort("date", "geo")
    spend = table["x4_channel-4"].to_numpy().reshape(156, 8)
    assert data.truth.shape == (156, 8, 8)
    assert np.array_equal(np.cumsum(spend, axis=0)[:30] > 0, data.truth[:30, :, 3] > 0)


@pytest.mark.parametrize("name", PUBLISHED_NAMES)
def test_published_answers_are_hidden(name: str, tmp_path: Path, shared_data: Path) -> None:
    """The file given to engines has no column of effects."""
    data = open_dataset(name, work=tmp_path)
    assert "effect" not in data.data.read_text(encoding="utf-8").splitlines()[0]
    assert data.truth.shape[1:] == (len(data.geos), len(data.channels))
