"""The flat vector of the sampler: its places, its density and its gradient."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest

from mmm_orchestration.model.flat import jitter, lay_out
from mmm_orchestration.model.graph import build_model
from mmm_orchestration.model.sample import compile_density
from mmm_orchestration.project import Project

from .worlds import make_random_world

pytestmark = pytest.mark.unit


def build(saturations: tuple[str, str]) -> pm.Model:
    """A national model of two channels with these saturations."""
    world = make_random_world()
    channels = [
        channel.model_copy(update={"saturation": name})
        for channel, name in zip(world.project.channels, saturations, strict=True)
    ]
    project: Project = world.project.model_copy(update={"channels": tuple(channels)})
    return build_model(replace(world, project=project).prepare(), project=project)


@pytest.mark.parametrize("saturations", [("hill", "hill"), ("michaelis_menten", "hill")])
def test_the_gradient_is_the_slope_of_the_density(saturations: tuple[str, str]) -> None:
    """The compiled gradient equals finite differences, also where one channel has no slope."""
    model = build(saturations)
    point = jitter(lay_out(model)[0], seed=3)
    density = compile_density(model)
    steps = 1e-5 * np.eye(len(point))
    slopes = [(density(point + s)[0] - density(point - s)[0]) / 2e-5 for s in steps]
    assert density(point)[1] == pytest.approx(slopes, rel=1e-5, abs=1e-5)


def test_unknowns_come_back_as_they_are_in_the_model() -> None:
    """Places taken from the start are the initial values, and the density gains the Jacobian."""
    model = build(("michaelis_menten", "hill"))
    start, slots = lay_out(model)
    flat = start.copy()
    for slot in slots:
        taken = slot.take(flat[None, None])[0, 0]
        variable = model[slot.name]
        assert taken == pytest.approx(model.rvs_to_initial_values[variable])
    (slope,) = (slot for slot in slots if slot.name == "slope")
    flat[slope.start] += 0.5
    (half,) = (slot for slot in slots if slot.name == "half_saturation")
    flat[half.start + 1] += 0.2
    values = {slot.name: slot.take(flat[None, None])[0, 0] for slot in slots}
    logs = {f"{n}_log__": np.log(v) for n, v in values.items()}
    wanted = model.compile_logp()(logs) - np.log(values["slope"]).sum()
    assert compile_density(model)(flat)[0] == pytest.approx(wanted)
