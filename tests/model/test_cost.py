"""The cost of a fit before it is started."""

import dataclasses
import subprocess
import sys

import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.cost import Cost, check_cost, describe_cost, predict_cost
from mmm_orchestration.model.flat import lay_out
from mmm_orchestration.model.graph import build_graph
from mmm_orchestration.model.machine import Hardware, find_hardware
from mmm_orchestration.model.parts import prepare_parts
from mmm_orchestration.model.samplers import choose_sampler, measure_size
from mmm_orchestration.project import Gates, Sampler

from .test_sample_jax import CPU, LARGE, SMALL
from .worlds import make_random_world

pytestmark = pytest.mark.unit

COST = Cost(seconds=600, memory_bytes=4e9, artefact_bytes=1e7, reasons=("A reason.",))


def predict(size, *, draws: int = 1000, hardware: Hardware = CPU) -> Cost:
    """The cost with the defaults and this many draws."""
    plan = choose_sampler(size, sampler=Sampler(draws=draws), hardware=hardware)
    return predict_cost(size, plan=plan, hardware=hardware, keep=1000)


def test_more_of_anything_costs_more() -> None:
    """Time and memory grow with size and draws, and more cores take less time."""
    assert predict(LARGE).seconds > 20 * predict(SMALL).seconds
    assert predict(LARGE).memory_bytes > predict(SMALL).memory_bytes
    assert predict(SMALL, draws=4000).seconds > predict(SMALL).seconds
    four = dataclasses.replace(CPU, n_cores=4)
    assert predict(LARGE, hardware=four).seconds < predict(LARGE).seconds
    assert predict(LARGE).artefact_bytes <= 20e6


def test_a_fit_beyond_the_limits_is_refused_with_advice() -> None:
    """Too long, too large for the project's limit or for the machine: each names its number."""
    check_cost(COST, hardware=CPU, limits=Gates())
    with pytest.raises(ModelError, match=r"about 10 minutes .* allows 5 minutes.*Sample fewer"):
        check_cost(COST, hardware=CPU, limits=Gates(max_fit_minutes=5))
    with pytest.raises(ModelError, match=r"4\.0 GB .* 3\.0 GB"):
        check_cost(COST, hardware=CPU, limits=Gates(max_memory_gb=3))
    small = dataclasses.replace(CPU, memory_bytes=2 * 10**9)
    with pytest.raises(ModelError, match=r"1\.8 GB"):
        check_cost(COST, hardware=small, limits=Gates())
    assert describe_cost(COST).startswith("This fit will take about 10 minutes, 4.0 GB")


@pytest.mark.parametrize("extra", ["", "model: {adstock: delayed, saturation: logistic}"])
def test_the_size_counts_the_unknowns_of_the_graph(extra: str) -> None:
    """Dates, channels and unknowns are those of the graph."""
    world = make_random_world(extra=extra)
    parts = prepare_parts(world.prepare(), project=world.project)
    size = measure_size(parts)
    start, _ = lay_out(build_graph(parts))
    assert (size.n_unknowns, size.n_dates, size.n_channels) == (len(start), 60, 2)


def test_the_machine_has_cores_and_memory() -> None:
    """What is found is positive."""
    found = find_hardware()
    assert found.n_cores >= 1
    assert found.memory_bytes > 10**8


def test_asking_for_a_fit_loads_no_sampler() -> None:
    """The process that asks for a fit and waits for it imports neither PyMC nor Numba."""
    code = (
        "import sys, mmm_orchestration.model.worker; "
        "print([m for m in ('pymc', 'pytensor', 'nutpie', 'numba', 'jax') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
