"""Trouble that is seen in the data before a fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter

from mmm_orchestration.diagnosis.before import _EXAMINATIONS, examine_data
from mmm_orchestration.model.data import ModelData
from tests.model.worlds import read_panel, read_world

from .made import N, make_data, make_exposure, project_with

pytestmark = pytest.mark.unit

TIME = np.arange(N)


def list_causes(data: ModelData) -> set[str]:
    """The causes told of the data."""
    return {f.cause for f in examine_data(data, project=project_with(*data.control_names))}


def test_clean_worlds_are_quiet() -> None:
    """Over forty worlds without trouble fewer than one in fifty examinations speaks."""
    rng = np.random.default_rng(3)
    told = []
    for seed in range(40):
        slow = lfilter([1], [1, -0.7], rng.normal(size=N))
        controls = {"price": rng.normal(size=N), "web": slow}
        data = make_data(seed=seed, controls=controls)
        told += examine_data(data, project=project_with("price", "web"))
    assert len(told) < 0.02 * 40 * len(_EXAMINATIONS)


def test_channels_that_move_as_one_are_a_group() -> None:
    """Two exposures with one driver are told together, the third is not."""
    x = make_exposure(1)
    x[:, 1] = 2 * x[:, 0] + np.random.default_rng(0).normal(0, 5, N)
    found = examine_data(make_data(exposure=x), project=project_with())
    group = next(f for f in found if f.cause == "collinear_channels")
    assert "'tv' and 'radio'" in group.message
    assert "Read their sum" in group.message


def test_a_season_that_is_declared_away_is_told() -> None:
    """Without yearly columns the planted year is told, with them it is not."""
    project = project_with(extra="model: {yearly_order: 0}")
    told = [
        [f.cause for f in examine_data(make_data(), project=p)] for p in (project, project_with())
    ]
    assert ["absent_season" in causes for causes in told] == [True, False]


def test_a_sum_of_others_has_a_high_vif() -> None:
    """A control that is the sum of two others is told."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, N))
    data = make_data(controls={"a": a, "b": b, "c": a + b + 0.1 * rng.normal(size=N)})
    assert "high_vif" in list_causes(data)


def test_a_steady_exposure_teaches_nothing() -> None:
    """A channel that varies by two per cent is told."""
    x = make_exposure(1)
    x[:, 2] = 100 + np.random.default_rng(0).normal(0, 2, N)
    assert "low_spend_variation" in list_causes(make_data(exposure=x))


def test_too_few_periods_are_critical() -> None:
    """Twelve periods cannot carry the unknowns of three channels."""
    whole = make_data()
    data = replace(
        whole,
        periods=whole.periods[:12],
        kpi=whole.kpi[:12],
        exposure=whole.exposure[:12],
        spend=whole.spend[:12],
        controls=whole.controls[:12],
    )
    found = examine_data(data, project=project_with())
    assert [f.cause for f in found if f.severity == "critical"] == ["too_few_rows"]


def test_many_controls_are_told() -> None:
    """Thirty controls on 156 periods are many."""
    rng = np.random.default_rng(4)
    assert "many_controls" in list_causes(
        make_data(controls={f"c{i}": rng.normal(size=N) for i in range(30)})
    )


def test_a_budget_that_follows_sales_is_told() -> None:
    """Search that is bought where last week sold well follows the KPI."""
    first = make_data(noise=80)
    x = first.exposure[:, 0].copy()
    x[1:, 2] = np.maximum(1, 100 + 1.0 * (first.kpi[:-1, 0] - first.kpi.mean()))
    found = examine_data(
        replace(first, exposure=x[:, None], spend=x[:, None]), project=project_with()
    )
    assert {f.channel for f in found if f.cause == "spend_follows_kpi"} == {"search"}


def test_a_promotion_with_media_is_told() -> None:
    """A promotion in whose weeks television triples coincides with it."""
    promotion = (np.random.default_rng(9).uniform(size=N) < 0.12).astype(float)
    x = make_exposure(1)
    x[:, 0] += 300 * promotion
    assert "promotion_with_media" in list_causes(
        make_data(exposure=x, controls={"promotion": promotion})
    )


def test_a_control_that_media_move_is_told() -> None:
    """Web visits that television brings, and that bring sales, look caused."""
    x = make_exposure(1)
    web = 0.5 * x[:, 0] + 0.3 * np.r_[0, x[:-1, 0]] + np.random.default_rng(0).normal(0, 10, N)
    assert "post_treatment_control" in list_causes(
        make_data(exposure=x, controls={"web": web}, extra=0.5 * web)
    )


def test_a_price_that_doubles_is_told() -> None:
    """Spend at twice the price from a day on disagrees with exposure."""
    x = make_exposure(1)
    spend = x * 0.01 * np.where(TIME >= 90, 2.0, 1.0)[:, None] ** np.array([1, 0, 0])
    found = examine_data(make_data(exposure=x, spend=spend), project=project_with())
    assert [(f.cause, f.channel) for f in found] == [("exposure_mismatch", "tv")]


def test_holes_in_a_steady_channel_are_told() -> None:
    """Six single weeks of zero amid steady exposure look like missing deliveries."""
    x = make_exposure(1) + 100
    x[10:130:20, 1] = 0
    found = examine_data(make_data(exposure=x), project=project_with())
    assert [(f.cause, f.channel) for f in found] == [("exposure_mismatch", "radio")]
    assert found[0].numbers["n_periods"] == 6


def test_infinite_numbers_are_critical() -> None:
    """One infinite exposure is all that is said."""
    x = make_exposure(1)
    x[3, 1] = np.inf
    data = replace(make_data(), exposure=x[:, None])
    assert [(f.cause, f.severity) for f in examine_data(data, project=project_with())] == [
        ("not_finite", "critical")
    ]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("clean", None),
        ("geo_clean", None),
        ("spend_outliers", "exposure_mismatch"),
        ("multicollinearity", "collinear_channels"),
    ],
)
def test_published_worlds_are_told(shared_data: Path, name: str, cause: str | None) -> None:
    """Clean worlds have no warning, the others the one of their trouble."""
    file = shared_data / "worlds_with_truth" / f"{name}.csv"
    channels = {n.lower(): n for n in ("TV", "Search", "Social", "Display")}
    world = (
        read_panel(
            file,
            day="Period",
            geo="Geography",
            kpi="Sales",
            channels=channels,
            controls={"price": "Price"},
        )
        if name == "geo_clean"
        else read_world(
            file, day="Period", kpi="Sales", channels=channels, controls={"price": "Price"}
        )
    )
    found = examine_data(world.prepare(), project=world.project)
    told = {f.cause for f in found if f.severity != "info"}
    assert told == set() if cause is None else cause in told
