"""Simulated worlds: their parts add up, and their formulas are those of the model."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.truth.records import Records
from benchmarks.truth.scenarios import SCENARIOS
from benchmarks.truth.shapes import Curve, Fade, carry_over
from benchmarks.truth.worlds import draw_world
from mmm_orchestration.transforms.kernel import build_kernel, spread_steps
from mmm_orchestration.transforms.registry import get_adstock, get_saturation

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("fade", "unknowns"),
    [
        (Fade("geometric", weeks=1.5), {"mean_lag_days": 10.5}),
        (Fade("delayed", weeks=1.0, shape=0.8), {"peak_days": 7.0, "width_days": 5.6}),
        (Fade("binomial", weeks=1.0, shape=3.0), {"fall": 3.0}),
        (Fade("weibull_pdf", weeks=1.5, shape=1.4), {"weibull_shape": 1.4, "weibull_days": 10.5}),
    ],
)
def test_true_kernels_are_within_the_families_of_the_model(
    fade: Fade, unknowns: dict[str, float]
) -> None:
    """Every true carry-over is the model's family at some value of its unknowns."""
    spread = spread_steps(8, period_days=7, step_days=7)
    family = get_adstock(fade.family)
    own = {name: np.array([value]) for name, value in unknowns.items()}
    kernel = build_kernel(family, spread, np, step_days=7, **own)[:, 0]
    assert fade.build_kernel() == pytest.approx(kernel)


@pytest.mark.parametrize("family", ["hill", "michaelis_menten", "logistic"])
def test_true_curves_reach_half_where_they_say(family: str) -> None:
    """Every true saturation agrees with the model's family at all levels."""
    levels = np.array([0.0, 0.3, 1.0, 1.7, 9.0])
    curve = Curve(family, half=1.7)  # type: ignore[arg-type]
    own = {
        u.name: {"half_saturation": 1.7}.get(u.name, 1.0) for u in get_saturation(family).unknowns
    }
    assert curve.respond(levels) == pytest.approx(get_saturation(family).respond(levels, np, **own))
    assert curve.respond(np.array(1.7)) == pytest.approx(0.5)


def test_carry_over_reaches_back_into_the_history() -> None:
    """The first week gets what the last week of the history passes on."""
    level = np.array([[8.0], [0.0], [4.0]])
    assert carry_over(level, kernel=np.array([0.5, 0.5])).ravel().tolist() == [4.0, 2.0]


def test_drawn_worlds_are_varied_and_repeat() -> None:
    """Shares stay within 1 to 15 % of the KPI, and a seed gives the same world."""
    worlds = [draw_world(seed) for seed in range(30)]
    shares = [t / w.data.kpi.sum() for w in worlds for t in w.truth.values()]
    assert 0.009 < min(shares) < 0.02
    assert 0.12 < max(shares) < 0.165
    assert len({family for w in worlds for family in w.families.values()}) >= 6
    assert draw_world(3).data.snapshot == worlds[3].data.snapshot


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_every_scenario_makes_a_plausible_world(scenario: object) -> None:
    """The KPI is positive, and each channel truly brings between 1 and 20 % of it."""
    world = scenario.build(1)  # type: ignore[attr-defined]
    assert np.nanmin(world.data.kpi) > 0
    total = np.nansum(world.data.kpi)
    assert all(0.01 < truth / total < 0.2 for truth in world.truth.values())
    assert world.data.exposure.min() >= 0


def test_records_keep_rows_of_their_key_and_skip_a_torn_line(tmp_path: Path) -> None:
    """Rows of other code are not read, nor a line that was cut off."""
    records = Records(tmp_path / "rows.jsonl", key="new")
    records.append({"x": 1}, seed=3)
    Records(records.file, key="old").append({"x": 2}, seed=4)
    with records.file.open("a", encoding="utf-8") as file:
        file.write('{"key": "new", "se')
    records.append({"x": 5}, seed=6)
    assert records.read() == {3: {"x": 1}, 6: {"x": 5}}
