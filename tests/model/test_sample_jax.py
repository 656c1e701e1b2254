"""Sampling through JAX on the CPU, and which sampler is chosen."""

import dataclasses

import jax
import numpy as np
import pytest
from pytensor.compile.maker import function

from mmm_orchestration.model.flat import flatten_density, jitter, lay_out
from mmm_orchestration.model.graph import build_model
from mmm_orchestration.model.machine import Hardware
from mmm_orchestration.model.sample import compile_density, sample_posterior
from mmm_orchestration.model.sample_jax import (
    build_density,
    check_precision,
    group_unknowns,
    sample_numpyro,
)
from mmm_orchestration.model.samplers import Size, choose_sampler
from mmm_orchestration.project import Sampler

from .worlds import make_random_world

pytestmark = pytest.mark.unit

CPU = Hardware(n_cores=2, memory_bytes=8 * 10**9)
GPU = dataclasses.replace(CPU, gpu="H200")
SMALL = Size(n_dates=104, n_geos=1, n_channels=4, n_columns=0, n_basis=12, n_unknowns=17)
LARGE = Size(n_dates=208, n_geos=50, n_channels=30, n_columns=41, n_basis=11, n_unknowns=202)


def test_both_backends_have_one_density() -> None:
    """JAX and Numba give the same density and gradient, also for several points at once."""
    world = make_random_world()
    model = build_model(world.prepare(), project=world.project)
    start, _ = lay_out(model)
    points = np.array([jitter(start, seed=i) for i in range(3)])
    build, arrays = build_density(model)
    with jax.enable_x64(True):
        data = tuple(map(jax.numpy.asarray, arrays))
        values, gradients = jax.vmap(build, in_axes=(0, None))(points, data)
    density = compile_density(model)
    for point, value, gradient in zip(points, values, gradients, strict=True):
        wanted, slope = density(point)
        assert float(value) == pytest.approx(wanted, rel=1e-9)
        assert np.asarray(gradient) == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        "trend: smooth, shrink_controls: always, synergies: [[tv, radio]]",
        "likelihood: student_t, shrink_controls: always",
        "likelihood: log_normal, trend: smooth",
        "order: saturation_first, default_prior: {of: marginal_roi, median: 1, upper: 4}",
    ],
)
def test_jax_has_the_density_of_the_graph(settings: str) -> None:
    """Every kind of unknown compiles with JAX, to the density of PyTensor's own interpreter."""
    world = make_random_world(extra=f"model: {{{settings}}}")
    model = build_model(world.prepare(), project=world.project)
    point = jitter(lay_out(model)[0], seed=1)
    density, arrays = build_density(model)
    with jax.enable_x64(True):
        value, gradient = jax.jit(density)(point, tuple(map(jax.numpy.asarray, arrays)))
    flat, *outputs = flatten_density(model)
    wanted, slope = function([flat], outputs, mode="FAST_COMPILE")(point)
    assert float(value) == pytest.approx(float(wanted), rel=1e-9)
    assert np.asarray(gradient) == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_numpyro_draws_by_seed_and_reports() -> None:
    """The same seed gives the same draws, of the shape asked for, and progress ends with all."""
    world = make_random_world()
    model = build_model(world.prepare(), project=world.project)
    sampler = Sampler(draws=100, tune=110, chains=2, backend="numpyro")
    plan = choose_sampler(SMALL, sampler=sampler, hardware=CPU)
    told: list[tuple[int, int]] = []
    first, second = (
        sample_posterior(model, plan=plan, progress=lambda *both: told.append(both))
        for _ in range(2)
    )
    assert first.values["share"].shape == (2, 100, 2)
    assert np.array_equal(first.values["share"], second.values["share"])
    assert (first.values["share"] > 0).all()
    assert told[-1] == (420, 420)


@pytest.mark.parametrize(("n_periods", "noise", "is_right"), [(60, 50.0, True), (600, 1e-3, False)])
def test_float32_is_judged(n_periods: int, noise: float, is_right: bool) -> None:
    """float32 passes on a short noisy KPI and not on a long one with hardly any noise."""
    world = make_random_world(n_periods=n_periods)
    kpi = world.kpi.with_columns(kpi=1000 + (world.kpi["kpi"] - 1000) * noise / 50)
    world = dataclasses.replace(world, kpi=kpi)
    model = build_model(world.prepare(), project=world.project)
    start, _ = lay_out(model)
    points = np.array([jitter(start, seed=i) for i in range(8)])
    assert check_precision(model, points=points).is_right == is_right


def test_the_sampler_follows_size_and_hardware() -> None:
    """A small model is sampled by NumPyro on the CPU; a large one on a GPU, or else by nutpie."""
    sampler = Sampler()
    for hardware in (CPU, GPU):
        small = choose_sampler(SMALL, sampler=sampler, hardware=hardware)
        assert (small.backend, small.device, small.chains) == ("numpyro", "cpu", 4)
    assert choose_sampler(LARGE, sampler=sampler, hardware=CPU).backend == "nutpie"
    plan = choose_sampler(LARGE, sampler=sampler, hardware=GPU)
    assert (plan.backend, plan.device, plan.chains, plan.draws) == ("numpyro", "gpu", 16, 250)
    asked = choose_sampler(SMALL, sampler=Sampler(backend="nutpie"), hardware=CPU)
    assert (asked.backend, asked.reasons) == ("nutpie", ("The project asks for nutpie.",))


def test_chains_in_step_draw_from_the_same_posterior() -> None:
    """Chains run in step, as on a GPU, have the means of chains run one by one."""
    world = make_random_world()
    model = build_model(world.prepare(), project=world.project)
    sampler = Sampler(draws=500, tune=300, chains=2)
    alone = choose_sampler(SMALL, sampler=sampler, hardware=CPU)
    means = []
    for is_vectorised in (False, True):
        drawn = sample_numpyro(model, plan=alone, progress=None, in_step=is_vectorised)
        means.append(np.log(drawn.values["share"]).mean(axis=(0, 1)))
    assert means[0] == pytest.approx(means[1], abs=0.1)


def test_each_channel_is_a_block_of_its_unknowns() -> None:
    """Every unknown lies in one block, and blocks put together are the flat vector again."""
    world = make_random_world()
    model = build_model(world.prepare(), project=world.project)
    start, slots = lay_out(model)
    blocks = group_unknowns(model, slots=slots)
    n_channels = len(model.coords["channel"])
    assert len(blocks.dense) == n_channels
    assert len({len(blocks.places[name]) for (name,) in blocks.dense}) == 1
    assert np.asarray(blocks.join(blocks.split(start))) == pytest.approx(start)
