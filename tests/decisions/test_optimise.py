"""Plans that are best, keep to their limits and say how sure they are."""

from datetime import timedelta

import numpy as np
import pytest
from scipy.optimize import minimize

from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.objective import score
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.problem import pose
from mmm_orchestration.decisions.request import Objective, PlanRequest
from mmm_orchestration.decisions.results import Optimum
from mmm_orchestration.decisions.search import Goal, ascend
from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.posterior import Posterior
from tests.model.worlds import START

from .drawn import make_posterior

pytestmark = pytest.mark.unit

CONCAVE = "model: {trend: none, yearly_order: 0, saturation: michaelis_menten}"
FIRST = START + timedelta(weeks=60)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """Four channels in two geos whose curves are concave."""
    return make_posterior(n_channels=4, n_geos=2, n_draws=50, extra=CONCAVE)


@pytest.fixture(scope="module")
def model(posterior: Posterior) -> FrozenModel:
    """The posterior frozen in double precision."""
    return freeze(posterior, dtype=np.float64)


def ask(model: FrozenModel, posterior: Posterior, **request: object) -> Optimum:
    """The answer to a question over six weeks."""
    wanted = PlanRequest.model_validate({"periods": 6, **request})
    return optimise(model, wanted, project=posterior.project)


def test_the_best_plan_is_that_of_a_general_solver(
    model: FrozenModel, posterior: Posterior
) -> None:
    """Under a fixed budget and bounds, to a ten-thousandth of what it brings."""
    request = PlanRequest(periods=3, reach=80)
    problem = pose(request, model=model, project=posterior.project)
    goal = Goal(model, problem, request.objective)
    start = problem.gather(model.plan_today(3).spend)
    found = ascend(goal, start=start)
    wanted = minimize(
        lambda z: -goal.measure(z) / goal.size,
        start,
        jac=lambda z: -goal.climb(z)[1] / goal.size,
        bounds=list(zip(problem.region.low, problem.region.high, strict=True)),
        constraints={"type": "eq", "fun": lambda z: (z.sum() - start.sum()) / start.sum()},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    assert found.has_converged
    assert found.value == pytest.approx(-wanted.fun * goal.size, rel=1e-4)


def test_the_slope_bounds_what_is_missed(model: FrozenModel, posterior: Posterior) -> None:
    """Curves being concave, no plan within the limits brings half a per cent more."""
    request = PlanRequest(periods=6, reach=100)
    problem = pose(request, model=model, project=posterior.project)
    goal = Goal(model, problem, request.objective)
    found = ascend(goal, start=problem.gather(model.plan_today(6).spend))
    best = problem.region.find_best(found.slope)
    assert found.slope @ (best - found.z) < 5e-3 * found.value


def test_a_fixed_budget_is_spent_and_brings_more(model: FrozenModel, posterior: Posterior) -> None:
    """To the penny, within half of today's spend, and better than today's plan."""
    optimum = ask(model, posterior)
    assert optimum.plan.total == pytest.approx(optimum.today.total, rel=1e-9)
    assert (optimum.plan.spend <= 1.5 * optimum.today.spend * (1 + 1e-9)).all()
    assert (optimum.plan.spend >= 0.5 * optimum.today.spend * (1 - 1e-9)).all()
    assert optimum.certificate.gain_mean > 0
    assert optimum.certificate.is_improvement
    assert optimum.certificate.residual < 0.05
    assert optimum.certificate.n_agree == len(optimum.certificate.starts)


def test_a_free_budget_spends_while_money_comes_back(
    model: FrozenModel, posterior: Posterior
) -> None:
    """The last unit of money brings itself back where no bound is met."""
    wide = {"kind": "free", "marginal_roi": 0.5}
    optimum = ask(model, posterior, budget=wide, reach=900)
    inside = [
        each.marginal_roi.median
        for each in optimum.channels
        if each.marginal_roi is not None and 0.2 < each.planned / each.today < 8
    ]
    assert inside
    assert np.allclose(inside, 0.5, atol=0.1)


def test_a_target_of_roi_is_met(model: FrozenModel, posterior: Posterior) -> None:
    """What the plan brings over what it costs is the target, and more could not be spent."""
    optimum = ask(model, posterior, budget={"kind": "free", "roi": 1.0}, reach=900)
    brings = model.gain(optimum.plan.spend).mean() / optimum.plan.total
    assert brings == pytest.approx(1.0, rel=0.01)


def test_a_target_that_nothing_reaches_is_refused(model: FrozenModel, posterior: Posterior) -> None:
    """The best ROI that can be had is said."""
    with pytest.raises(PlanError, match="No plan within the limits has a ROI of 1000"):
        ask(model, posterior, budget={"kind": "free", "roi": 1000})


def test_every_kind_of_limit_is_kept(model: FrozenModel, posterior: Posterior) -> None:
    """A contract, a share, a dark week, an even channel, a bound in one geo."""
    optimum = ask(
        model,
        posterior,
        reach=90,
        bounds=[{"channel": "channel_3", "geo": "geo_1", "high_percent": 20, "low": 0}],
        limits=[
            {"name": "contract", "channels": ["channel_0"], "low": 1300},
            {"name": "south", "geos": ["geo_1"], "high_share": 0.4},
            {"name": "first weeks", "last": (FIRST + timedelta(days=13)).isoformat(), "high": 900},
        ],
        flighting=[
            {"channel": "channel_1", "pattern": "even"},
            {"channel": "channel_2", "off": [(FIRST + timedelta(days=8)).isoformat()]},
        ],
    )
    spend = optimum.plan.spend
    assert spend[:, :, 0].sum() >= 1300 - 1e-6
    assert spend[:, 1].sum() <= 0.4 * spend.sum() + 1e-6
    assert spend[:2].sum() <= 900 + 1e-6
    assert np.allclose(spend[:, :, 1], spend[:1, :, 1])
    assert not spend[1, :, 2].any()
    assert (spend[:, 1, 3] <= 0.2 * model.today[1, 3] + 1e-9).all()
    names = {slack.name: slack for slack in optimum.certificate.slacks}
    assert names["first weeks"].value == pytest.approx(spend[:2].sum())


def test_geos_keep_todays_split_when_asked(model: FrozenModel, posterior: Posterior) -> None:
    """Each channel moves in both geos alike."""
    optimum = ask(model, posterior, split_geos=False)
    part = optimum.plan.spend / optimum.plan.spend.sum(axis=1, keepdims=True)
    assert np.allclose(part, model.today / model.today.sum(axis=0))


@pytest.mark.parametrize("kind", ["quantile", "cvar", "beat_today"])
def test_an_objective_is_better_where_it_is_asked_for(
    model: FrozenModel, posterior: Posterior, kind: str
) -> None:
    """The plan for it is no worse by it than the plan for the mean."""
    objective = Objective(kind=kind)  # type: ignore[arg-type]
    wanted = ask(model, posterior, objective={"kind": kind})
    mean = ask(model, posterior)
    today = model.gain(wanted.today.spend)
    values = [
        score(model.gain(each.plan.spend), today=today, objective=objective).value
        for each in (wanted, mean)
    ]
    assert values[0] >= values[1] * (1 - 1e-3)
    assert wanted.certificate.advantage > 0


def test_starts_see_over_the_foot_of_an_s_shaped_curve() -> None:
    """Where curves are steep S the best start brings more than the one from today."""
    posterior = make_posterior(
        n_channels=3,
        n_draws=20,
        extra="model: {trend: none, yearly_order: 0, order: saturation_first}",
    )
    slopes = posterior.draws["slope"]
    halves = posterior.draws["half_saturation"]
    steep = posterior.draws.assign(slope=slopes * 0 + 5.0, half_saturation=halves * 0 + 2.5)
    posterior = type(posterior)(**{**vars(posterior), "draws": steep})
    optimum = ask(freeze(posterior), posterior, reach=200)
    values = {start.name: start.value for start in optimum.certificate.starts}
    assert values["concave curves"] > 1.2 * values["today"] or optimum.certificate.n_agree > 1
    assert optimum.certificate.gain_mean > 0


def test_a_plan_without_improvement_says_so() -> None:
    """One channel that may not move leaves nothing to gain."""
    posterior = make_posterior(n_channels=2, extra=CONCAVE)
    optimum = ask(freeze(posterior), posterior, reach=0)
    assert not optimum.certificate.is_improvement
    assert "no reason to move" in optimum.certificate.sentences[0]
    assert np.allclose(optimum.plan.spend, optimum.today.spend)


@pytest.mark.parametrize(
    ("request_", "match"),
    [
        ({"bounds": [{"channel": "radio", "low": 1}]}, "no channel with spend 'radio'"),
        ({"limits": [{"name": "x", "geos": ["moon"], "low": 1}]}, "no geo 'moon'"),
        ({"limits": [{"name": "x", "group": "tv", "low": 1}]}, "no group 'tv'"),
        ({"limits": [{"name": "x", "first": "2000-01-01", "low": 1}]}, "outside the horizon"),
        ({"limits": [{"name": "too much", "low": 1e9}]}, "'too much' clashes"),
        ({"budget": {"total": 1e9}}, "'the budget' clashes"),
        ({"bounds": [{"channel": "channel_0", "low": 1e6}]}, "at least 1,000,000.00"),
        (
            {"flighting": [{"channel": "channel_0", "pattern": "weights", "weights": [1, 2]}]},
            "one per period",
        ),
        (
            {"budget": {"kind": "free"}, "objective": {"kind": "beat_today"}},
            "has no best budget",
        ),
    ],
)
def test_what_cannot_be_kept_is_said(
    model: FrozenModel, posterior: Posterior, request_: dict[str, object], match: str
) -> None:
    """One clear error names the culprit."""
    with pytest.raises(PlanError, match=match):
        ask(model, posterior, **request_)
