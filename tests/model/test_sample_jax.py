"""Sampling through JAX on the CPU, and which sampler is chosen."""

import dataclasses

import jax
import numpy as np
import pytest

from mmm_orchestration.model.flat import jitter, lay_out
from mmm_orchestration.model.graph import build_model
from mmm_orchestration.model.machine import Hardware
from mmm_orchestration.model.sample import compile_density, sample_posterior
from mmm_orchestration.model.sample_jax import build_density, check_precision
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
    with jax.enable_x64(True):
        values, gradients = jax.vmap(build_density(model))(points)
    density = compile_density(model)
    for point, value, gradient in zip(points, values, gradients, strict=True):
        wanted, slope = density(point)
        assert float(value) == pytest.approx(wanted, rel=1e-9)
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
    """Only a large model on a GPU goes to NumPyro, with as many draws in more chains."""
    sampler = Sampler()
    assert choose_sampler(LARGE, sampler=sampler, hardware=CPU).backend == "nutpie"
    assert choose_sampler(SMALL, sampler=sampler, hardware=GPU).backend == "nutpie"
    plan = choose_sampler(LARGE, sampler=sampler, hardware=GPU)
    assert (plan.backend, plan.chains, plan.draws) == ("numpyro", 16, 250)
    asked = choose_sampler(SMALL, sampler=Sampler(backend="numpyro"), hardware=CPU)
    assert (asked.backend, asked.chains) == ("numpyro", 4)
    assert asked.reasons == ("The project asks for numpyro.",)
