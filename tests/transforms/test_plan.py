"""Channels with families of their own, as a graph and on draws."""

import dataclasses

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.compile.maker import function

from mmm_orchestration.model.ops import CarryOver
from mmm_orchestration.project import Order
from mmm_orchestration.transforms.adstock import DelayedAdstock, GeometricAdstock
from mmm_orchestration.transforms.plan import TransformPlan
from mmm_orchestration.transforms.saturation import (
    HillSaturation,
    LogisticSaturation,
    NoSaturation,
)

pytestmark = pytest.mark.unit

PLAN = TransformPlan(
    adstocks=(GeometricAdstock(), DelayedAdstock(), GeometricAdstock()),
    saturations=(LogisticSaturation(), HillSaturation(), NoSaturation()),
    order="adstock_first",
    max_lag=3,
    period_days=7,
    step_days=1,
    reached=(False,) * 3,
    declared=({},) * 3,
)
UNKNOWNS = {
    "mean_lag_days": np.array([2.0, 9.0]),
    "half_saturation": np.array([0.7, 1.4]),
    "peak_days": np.array([6.0]),
    "width_days": np.array([4.0]),
    "slope": np.array([1.8]),
}
EXPOSURE = np.random.default_rng(0).gamma(1, 1, size=(2, 3 + 12, 3))


def test_an_unknown_belongs_to_the_channels_whose_family_has_it() -> None:
    """Two channels share the name of an unknown, each with its own value."""
    found = {u.name: u.channels for u in PLAN.unknowns}
    assert found == {
        "mean_lag_days": (0, 2),
        "half_saturation": (0, 1),
        "peak_days": (1,),
        "width_days": (1,),
        "slope": (1,),
    }


@pytest.mark.parametrize("order", ["adstock_first", "saturation_first"])
def test_graph_and_draws_transform_alike(order: Order) -> None:
    """The graph of all channels gives for each what its families give on a draw."""
    plan = dataclasses.replace(PLAN, order=order)
    exposure, symbols = pt.dtensor3(), {name: pt.dvector(name) for name in UNKNOWNS}
    kernels = plan.build_kernels(symbols, spread=pt.constant(plan.spread), xp=pt)
    if order == "adstock_first":
        response = plan.respond(CarryOver()(exposure, kernels), symbols, xp=pt)
    else:
        response = CarryOver()(plan.respond(exposure, symbols, xp=pt), kernels)
    inputs = [exposure, *symbols.values()]
    compiled = function(inputs, response, mode="FAST_COMPILE")
    got = compiled(EXPOSURE, *UNKNOWNS.values())
    for c in range(3):
        own = {
            u.name: UNKNOWNS[u.name][[u.channels.index(c)]]
            for u in plan.unknowns
            if c in u.channels
        }
        wanted = plan.transform(EXPOSURE[:, :, c], channel=c, unknowns=own)[0]
        assert got[:, :, c] == pytest.approx(wanted, rel=1e-9)
