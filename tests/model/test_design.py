"""The baseline design."""

from datetime import timedelta

import numpy as np
import pytest

from mmm_orchestration.model.design import Design, build_design

from .worlds import START, World, make_random_world

pytestmark = pytest.mark.unit


def build(world: World) -> Design:
    """The design of a world."""
    return build_design(world.prepare(), project=world.project)


def test_columns_come_in_groups() -> None:
    """Two years of weeks have one knot, three yearly pairs, no weekly season, two controls."""
    design = build(make_random_world(n_periods=104))
    counts = {g: design.groups.count(g) for g in dict.fromkeys(design.groups)}
    assert counts == {"intercept": 1, "trend": 2, "yearly": 6, "control": 2}
    assert design.matrix.shape == (104, 1, 11)


def test_days_have_a_weekly_season() -> None:
    """Daily periods add three pairs with a period of seven days."""
    design = build(make_random_world(n_periods=84, period_days=1, extra="model: {grain: day}"))
    weekly = design.matrix[:, 0, [g == "weekly" for g in design.groups]]
    assert weekly.shape == (84, 6)
    assert np.allclose(weekly[:7], weekly[70:77])


@pytest.mark.parametrize(("trend", "n_columns"), [("none", 0), ("linear", 1), ("piecewise", 2)])
def test_trend_has_as_many_columns_as_declared(trend: str, n_columns: int) -> None:
    """No trend, a line, or a line with one knot over two years."""
    design = build(make_random_world(n_periods=104, extra=f"model: {{trend: {trend}}}"))
    assert design.groups.count("trend") == n_columns


def test_holidays_count_their_days_in_each_week() -> None:
    """Christmas of 2022, a Sunday, lies in the 51st week after 3 January 2022."""
    design = build(make_random_world(n_periods=60, extra="holidays: {country: US}"))
    christmas = design.matrix[:, 0, design.columns.index("Christmas Day")]
    assert christmas.nonzero()[0].tolist() == [50]


def test_an_event_is_the_part_of_the_week_it_lasts() -> None:
    """Ten days from a Monday fill one week and three sevenths of the next."""
    first = START + timedelta(weeks=4)
    event = f"events: [{{name: fair, first: {first}, last: {first + timedelta(days=9)}}}]"
    design = build(make_random_world(extra=event))
    fair = design.matrix[:, 0, design.columns.index("fair")]
    assert fair[4:6].tolist() == [1, 3 / 7]
    assert fair.sum() == pytest.approx(10 / 7)


def test_controls_are_standardised() -> None:
    """Each control has mean zero and standard deviation one."""
    design = build(make_random_world())
    controls = design.matrix[:, 0, [g == "control" for g in design.groups]]
    assert np.allclose(controls.mean(axis=0), 0)
    assert np.allclose(controls.std(axis=0), 1)
