"""The projection beside a general solver."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array

from mmm_orchestration.decisions.projection import Region, project
from mmm_orchestration.errors import PlanError

pytestmark = pytest.mark.unit


def make_region(seed: int, *, n: int = 8) -> Region:
    """A fixed sum, and three sums that have a least; some point keeps to all of it."""
    rng = np.random.default_rng(seed)
    low, high = np.zeros(n), rng.uniform(1, 3, n)
    inside = rng.uniform(low, high)
    rows = np.vstack([np.ones(n), (rng.random((3, n)) < 0.5) * rng.choice([-1, 1], (3, n))])
    floor = rows @ inside - np.array([0, *rng.uniform(0, 0.3, 3)])
    is_equal = np.array([True, False, False, False])
    return Region(low, high, csr_array(rows), floor, is_equal, ("sum", "a", "b", "c"))


@pytest.mark.parametrize("seed", range(40))
def test_the_nearest_point_is_that_of_a_general_solver(seed: int) -> None:
    """Under a fixed sum, three limits and bounds, with distances weighted."""
    region = make_region(seed)
    rng = np.random.default_rng(seed + 100)
    aim, curvature = rng.normal(1, 2, 8), rng.uniform(0.2, 5, 8)
    found = project(aim, curvature=curvature, region=region).z
    rows = region.rows.toarray()
    wanted = minimize(
        lambda z: 0.5 * curvature @ (z - aim) ** 2,
        region.find_best(np.ones(8)),
        jac=lambda z: curvature * (z - aim),
        bounds=list(zip(region.low, region.high, strict=True)),
        constraints=[
            {"type": "eq", "fun": lambda z: rows[0] @ z - region.floor[0]},
            {"type": "ineq", "fun": lambda z: rows[1:] @ z - region.floor[1:]},
        ],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    ).x
    assert np.abs(found - wanted).max() < 1e-5
    lacking = region.floor - rows @ found
    assert abs(lacking[0]) < 1e-8
    assert lacking[1:].max() < 1e-8


def test_limits_that_clash_are_named() -> None:
    """A sum that the bounds cannot reach is told by its name."""
    region = make_region(0)
    floor = region.floor.copy()
    floor[0] = 100.0
    with pytest.raises(PlanError, match="'sum' clashes"):
        Region(region.low, region.high, region.rows, floor, region.is_equal, region.names).check()
