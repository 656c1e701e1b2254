"""The gates of a posterior."""

import dataclasses
import math

import numpy as np
import pytest
import xarray as xr

from mmm_orchestration.model.convergence import Diagnostics, evaluate_convergence
from mmm_orchestration.model.measure import measure_convergence
from mmm_orchestration.project import Gates

pytestmark = pytest.mark.unit

GOOD = Diagnostics(1.0, "share[tv]", 900.0, "slope[tv]", 800.0, "sigma", 0, 4000)


def make_draws(values: np.ndarray) -> xr.Dataset:
    """Draws of one variable over two channels."""
    return xr.Dataset(
        {"share": (("chain", "draw", "channel"), values)}, coords={"channel": ["tv", "radio"]}
    )


def test_independent_draws_pass() -> None:
    """Four chains of independent draws keep every gate."""
    values = np.random.default_rng(0).normal(size=(4, 500, 2))
    found = measure_convergence(make_draws(values), is_divergent=np.zeros((4, 500), bool))
    assert evaluate_convergence(found, gates=Gates()).is_passed
    assert found.n_draws == 2000


def test_chains_that_disagree_miss_the_gates_by_name() -> None:
    """A channel whose first chain lies elsewhere is named."""
    values = np.random.default_rng(0).normal(size=(4, 500, 2))
    values[0, :, 1] += 3
    found = measure_convergence(make_draws(values), is_divergent=np.zeros((4, 500), bool))
    assert found.max_r_hat_of == "share[radio]"
    assert found.max_r_hat > 1.1
    assert found.min_ess_bulk < 100


def test_draws_that_never_move_fail() -> None:
    """A measure that cannot be computed counts as failed."""
    values = np.random.default_rng(0).normal(size=(4, 500, 2))
    values[..., 0] = np.nan
    found = measure_convergence(make_draws(values), is_divergent=np.zeros((4, 500), bool))
    reasons = evaluate_convergence(found, gates=Gates()).reasons
    assert reasons[0] == "R-hat of share[tv] could not be computed."
    assert len(reasons) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"max_r_hat": 1.02}, "R-hat of share[tv] is 1.02, the gate is 1.01."),
        ({"min_ess_bulk": 300.0}, "bulk ESS of slope[tv] is 300, the gate is 400."),
        ({"min_ess_tail": math.nan}, "tail ESS of sigma could not be computed."),
        ({"n_divergences": 2}, "2 of 4000 draws diverged, the gate is 0."),
    ],
)
def test_each_gate_says_why_it_was_missed(change: dict[str, float], reason: str) -> None:
    """One measure beyond its gate is one sentence."""
    judged = evaluate_convergence(dataclasses.replace(GOOD, **change), gates=Gates())
    assert judged.reasons == (reason,)
    assert not judged.is_passed
