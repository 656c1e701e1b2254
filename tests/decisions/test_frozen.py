"""What a plan brings and its gradient, beside the report's own arithmetic."""

import subprocess
import sys

import numpy as np
import pytest

from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.contributions import expect_kpi
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.posterior import Posterior

from .drawn import go_on, make_posterior

pytestmark = pytest.mark.unit

N_PERIODS = 6
FORMS = [
    "{trend: none, yearly_order: 0}",
    "{trend: none, yearly_order: 0, adstock: delayed, saturation: michaelis_menten}",
    "{trend: none, yearly_order: 0, adstock: weibull_pdf, saturation: logistic}",
    "{trend: none, yearly_order: 0, adstock: binomial, saturation: root}",
    "{trend: none, yearly_order: 0, saturation: none}",
    "{trend: none, yearly_order: 0, order: saturation_first}",
    "{trend: none, yearly_order: 0, synergies: [[channel_0, channel_2]]}",
]


def plan_anything(model: FrozenModel) -> np.ndarray:
    """Spend of every size, some of it nothing."""
    rng = np.random.default_rng(3)
    shape = (N_PERIODS, *model.today.shape)
    return rng.gamma(1, 80, shape) * (rng.random(shape) < 0.8)


def expect_media(posterior: Posterior, spend: np.ndarray) -> np.ndarray:
    """KPI units that spend at today's prices brings after the trained periods, (draw,)."""
    data = posterior.data
    price = data.spend[-13:].sum(axis=0) / data.exposure[-13:].sum(axis=0)
    tail = np.zeros((posterior.plan.max_lag, *spend.shape[1:]))

    def expect(spent: np.ndarray) -> np.ndarray:
        newer = go_on(data, exposure=np.concatenate([spent, tail]) / price)
        kpi = expect_kpi(extend_posterior(posterior, newer=newer))
        return kpi[:, data.n_periods :].sum(axis=(1, 2))

    return expect(spend) - expect(np.zeros_like(spend))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("n_geos", "reached"), [(1, ()), (3, ()), (2, (0,))])
def test_a_plan_brings_what_the_model_expects(
    form: str, n_geos: int, reached: tuple[int, ...]
) -> None:
    """The KPI of the posterior taken on with the plan, less the one taken on without."""
    posterior = make_posterior(n_geos=n_geos, extra=f"model: {form}", reached=reached)
    model = freeze(posterior, dtype=np.float64)
    spend = plan_anything(model)
    assert np.allclose(model.gain(spend), expect_media(posterior, spend), rtol=1e-6)
    by_period = model.gain_by_period(spend).sum(axis=(1, 2))
    assert np.allclose(by_period, model.gain(spend), rtol=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("n_geos", "reached"), [(1, ()), (2, (0,))])
@pytest.mark.parametrize("inflation", [{}, {"channel_1": 0.2}])
def test_the_gradient_is_that_of_differences(
    form: str, n_geos: int, reached: tuple[int, ...], inflation: dict[str, float]
) -> None:
    """Of any weighting of the draws, along any direction."""
    posterior = make_posterior(n_geos=n_geos, extra=f"model: {form}", reached=reached)
    model = freeze(posterior, dtype=np.float64).with_inflation(inflation)
    spend = plan_anything(model) + 1.0
    rng = np.random.default_rng(4)
    weights = rng.random(model.n_draws)
    direction = rng.standard_normal(spend.shape)
    step = 1e-4
    up, down = (model.gain(spend + sign * step * direction) for sign in (1, -1))
    wanted = weights @ (up - down) / (2 * step)
    got = (model.compute_gradient(model.answer(spend), weights=weights) * direction).sum()
    assert got == pytest.approx(wanted, rel=1e-5)


def test_single_precision_is_enough() -> None:
    """Gains differ from those in double precision by less than one in ten thousand."""
    posterior = make_posterior(n_geos=3)
    single, double = freeze(posterior), freeze(posterior, dtype=np.float64)
    spend = plan_anything(single)
    assert np.allclose(single.gain(spend), double.gain(spend), rtol=1e-4)


def test_channels_without_synergy_add_up() -> None:
    """What each channel brings adds up to what the plan brings."""
    model = freeze(make_posterior(n_geos=2), dtype=np.float64)
    spend = plan_anything(model)
    assert np.allclose(model.gain_by_channel(spend).sum(axis=1), model.gain(spend))


def test_a_rising_price_buys_less() -> None:
    """Twice today's spend at an inflation of a half buys the root of two of today's exposure."""
    model = freeze(make_posterior(), dtype=np.float64).with_inflation({"channel_0": 0.5})
    group = model.groups[0]
    bought, _ = group.buy(2 * group.today[:, None])
    assert bought[0] == pytest.approx(np.sqrt(2) * (group.today / group.price)[:1])
    assert bought[1] == pytest.approx(2 * (group.today / group.price)[1:2])


def test_what_cannot_be_asked_is_said() -> None:
    """A wrong shape, an unknown channel and a price that falls without end."""
    model = freeze(make_posterior())
    with pytest.raises(PlanError, match="shape"):
        model.gain(np.ones((2, 2)))
    with pytest.raises(PlanError, match="no channel with spend 'radio'"):
        model.with_inflation({"radio": 0.1})
    with pytest.raises(PlanError, match="below 1"):
        model.with_inflation({"channel_0": 1.0})
    with pytest.raises(PlanError, match="no amount of money"):
        model.make_plan(np.full((1, *model.today.shape), np.nan))


def test_no_sampler_is_loaded() -> None:
    """Freezing and asking need neither PyMC nor JAX in the process."""
    code = (
        "import sys, mmm_orchestration.decisions.freezing, mmm_orchestration.decisions.frozen\n"
        "print(sorted({'pymc', 'jax', 'pytensor', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
