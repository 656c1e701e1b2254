"""What every family of carry-over and saturation must keep, also one that a user writes."""

from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.compile.maker import function
from pytensor.gradient import grad

from mmm_orchestration.transforms.family import (
    Adstock,
    Functions,
    Saturation,
    Unknown,
    Values,
)
from mmm_orchestration.transforms.kernel import build_kernel, spread_steps
from mmm_orchestration.transforms.registry import list_adstocks, list_saturations

pytestmark = pytest.mark.unit

WEEKLY = spread_steps(8, period_days=7, step_days=7)
DAILY = spread_steps(8, period_days=7, step_days=1)
LEVELS = np.linspace(0, 6, 40)


@dataclass(frozen=True)
class OneStepAdstock(Adstock):
    """A family as a user writes it: part of the effect comes one step later."""

    name: ClassVar[str] = "one_step"
    unknowns: ClassVar[tuple[Unknown, ...]] = (Unknown("later", 0.5, 0.5, "1"),)

    @override
    def fade(self, steps: Values, xp: Functions, *, step_days: int, **unknowns: Values) -> Values:
        return xp.where(steps > 1, 0.0, unknowns["later"] ** steps)


@dataclass(frozen=True)
class LogSaturation(Saturation):
    """A family as a user writes it: the logarithm of one plus the level."""

    name: ClassVar[str] = "log"
    unknowns: ClassVar[tuple[Unknown, ...]] = (Unknown("steepness", 1.0, 0.5, "1"),)
    is_bounded: ClassVar[bool] = False

    @override
    def respond(self, level: Values, xp: Functions, **unknowns: Values) -> Values:
        return xp.log(1 + unknowns["steepness"] * level)


ADSTOCKS = [*list_adstocks().values(), OneStepAdstock()]
SATURATIONS = [*list_saturations().values(), LogSaturation()]
adstocks = pytest.mark.parametrize("family", ADSTOCKS, ids=lambda f: f.name)
saturations = pytest.mark.parametrize("family", SATURATIONS, ids=lambda f: f.name)


def draw_unknowns(family: Adstock | Saturation, *, n: int = 50) -> dict[str, np.ndarray]:
    """Unknowns from their priors, shape (n,)."""
    rng = np.random.default_rng(0)
    return {u.name: u.median * np.exp(u.log_sd * rng.normal(size=n)) for u in family.unknowns}


@adstocks
@pytest.mark.parametrize("spread", [WEEKLY, DAILY], ids=["weekly", "daily"])
def test_a_kernel_is_a_distribution_over_lags(family: Adstock, spread: np.ndarray) -> None:
    """Weights are finite, not negative and sum to one anywhere in the prior."""
    step_days = 7 if spread is WEEKLY else 1
    kernel = build_kernel(family, spread, np, step_days=step_days, **draw_unknowns(family))
    assert kernel.shape == (9, 50)
    assert (kernel >= 0).all()
    assert kernel.sum(axis=0) == pytest.approx(np.ones(50))


@saturations
def test_a_response_starts_at_zero_and_never_falls(family: Saturation) -> None:
    """Zero brings exactly zero, more never brings less, and bounded families stay below one."""
    response = family.respond(LEVELS[:, None], np, **draw_unknowns(family))
    response = np.broadcast_to(response, (40, 50))
    assert (response[0] == 0).all()
    assert (np.diff(response, axis=0) >= 0).all()
    if family.is_bounded:
        assert response.max() <= 1


@saturations
def test_half_is_reached_at_half_saturation(family: Saturation) -> None:
    """Whatever the family, half of the ceiling is reached at `half_saturation`."""
    unknowns = draw_unknowns(family)
    if "half_saturation" in unknowns:
        half = family.respond(unknowns["half_saturation"], np, **unknowns)
        assert half == pytest.approx(np.full(50, 0.5))


@adstocks
def test_graph_and_draws_have_one_kernel(family: Adstock) -> None:
    """The compiled graph gives the numbers of NumPy, and a gradient without nan."""
    unknowns = draw_unknowns(family)
    symbols = {name: pt.dvector(name) for name in unknowns}
    kernel = build_kernel(family, pt.constant(DAILY), pt, step_days=1, **symbols)
    slopes = grad((kernel**2).sum(), list(symbols.values()))
    got, *gradients = function(list(symbols.values()), [kernel, *slopes], mode="FAST_COMPILE")(
        *unknowns.values()
    )
    assert got == pytest.approx(build_kernel(family, DAILY, np, step_days=1, **unknowns), rel=1e-9)
    assert all(np.isfinite(g).all() for g in gradients)


@saturations
def test_graph_and_draws_have_one_response(family: Saturation) -> None:
    """The compiled graph gives the numbers of NumPy, and a gradient without nan at zero."""
    unknowns = draw_unknowns(family)
    level, symbols = pt.dmatrix("level"), {name: pt.dvector(name) for name in unknowns}
    response = family.respond(level, pt, **symbols)
    inputs = [level, *symbols.values()]
    slopes = grad(response.sum(), inputs)
    levels = np.tile(LEVELS[:, None], 50)
    got, *gradients = function(inputs, [response, *slopes], mode="FAST_COMPILE")(
        levels, *unknowns.values()
    )
    assert got == pytest.approx(family.respond(levels, np, **unknowns), rel=1e-9)
    assert all(np.isfinite(g[1:]).all() for g in gradients)
    assert all(np.isfinite(g).all() for g in gradients[1:])
