"""Scenarios beside plans put together by hand."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.scenario import Scenario, compare, play
from mmm_orchestration.decisions.what_if import ScenarioRequest
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.contributions import expect_kpi
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.posterior import Posterior
from tests.evaluation.planted import make_planted_world
from tests.model.worlds import START
from tests.monitoring.drawn import cut_data, draw_posterior

from .drawn import make_posterior

pytestmark = pytest.mark.unit

FIRST = START + timedelta(weeks=60)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """Four channels in two geos."""
    return make_posterior(n_channels=4, n_geos=2, n_draws=50)


@pytest.fixture(scope="module")
def model(posterior: Posterior) -> FrozenModel:
    """The posterior frozen in double precision."""
    return freeze(posterior, dtype=np.float64)


def ask(model: FrozenModel, posterior: Posterior, *changes: dict[str, object]) -> Scenario:
    """What the changes bring over six weeks."""
    request = ScenarioRequest.model_validate({"name": "x", "periods": 6, "changes": changes})
    return play(request, model=model, posterior=posterior, project=posterior.project)


def test_a_shift_moves_money_and_no_more(model: FrozenModel, posterior: Posterior) -> None:
    """A fifth of one channel goes to another, cell by cell; what is gained is the plans' gap."""
    change = {"kind": "shift", "source": "channel_0", "target": "channel_2", "percent": 20}
    scenario = ask(model, posterior, change)
    wanted = model.plan_today(6).spend
    moved = 0.2 * wanted[:, :, 0]
    wanted[:, :, 0] -= moved
    wanted[:, :, 2] += moved
    assert np.allclose(scenario.plan.spend, wanted)
    assert scenario.money == pytest.approx(0)
    assert np.allclose(scenario.gains, model.gain(wanted) - model.gain(scenario.today.spend))
    assert set(scenario.by_channel) == {"channel_0", "channel_2"}


def test_a_cut_is_for_its_days_and_geos(model: FrozenModel, posterior: Posterior) -> None:
    """Half of all money of one geo in the second and third week."""
    change = {
        "kind": "scale",
        "percent": -50,
        "geos": ["geo_1"],
        "first": str(FIRST + timedelta(days=8)),
        "last": str(FIRST + timedelta(days=20)),
    }
    scenario = ask(model, posterior, change)
    part = scenario.plan.spend / scenario.today.spend
    assert np.allclose(part[1:3, 1], 0.5)
    part[1:3, 1] = 1
    assert np.allclose(part, 1)
    assert scenario.probability < 0.05
    assert scenario.money < 0


def test_changes_follow_each_other(model: FrozenModel, posterior: Posterior) -> None:
    """A channel that is set and then doubled spends twice what was set."""
    scenario = ask(
        model,
        posterior,
        {"kind": "set", "channel": "channel_1", "money": 100},
        {"kind": "scale", "channels": ["channel_1"], "percent": 100},
    )
    assert np.allclose(scenario.plan.spend[:, :, 1].sum(axis=1), 200)


def test_a_new_channel_is_like_its_model_on_a_fresh_market(posterior: Posterior) -> None:
    """Without spread it brings what its model would, with nothing spent before."""
    model = freeze(posterior, dtype=np.float64)
    change = {"kind": "new_channel", "name": "podcast", "like": "channel_1", "money": 80}
    sure = ask(model, posterior, {**change, "spread": 0, "factor": 0.5})
    unsure = ask(model, posterior, {**change, "spread": 0.5, "factor": 0.5})
    assert sure.money == 6 * 80
    assert "never seen it" in sure.sentences[-1]
    assert unsure.gains.std() > 1.2 * sure.gains.std()
    alone = np.zeros_like(sure.today.spend)
    alone[:, :, 1] = 80 * model.today[:, 1] / model.today[:, 1].sum()
    groups = tuple(replace(g, history=np.zeros_like(g.history)) for g in model.groups)
    fresh = replace(model, groups=groups, _rests={})
    assert np.allclose(sure.gains, 0.5 * fresh.gain(alone))


def test_a_price_is_answered_by_its_coefficient() -> None:
    """What a price lowered by one brings is what the model expects of the later periods."""
    world = make_planted_world(n_periods=66)
    data = world.prepare()
    posterior = draw_posterior(cut_data(data, 60), project=world.project, n_draws=50)
    model = freeze(posterior, dtype=np.float64)
    scenario = ask(model, posterior, {"kind": "control", "control": "price", "change": -1})
    cheaper = data.controls.copy()
    cheaper[60:] -= 1
    expected = [
        expect_kpi(extend_posterior(posterior, newer=type(data)(**{**vars(data), "controls": c})))
        for c in (cheaper, data.controls)
    ]
    wanted = (expected[0] - expected[1])[:, 60:].sum(axis=(1, 2))
    assert np.allclose(scenario.gains, wanted, rtol=1e-6)
    far = ask(model, posterior, {"kind": "control", "control": "price", "change": -50})
    assert "outside the" in far.sentences[-1]


def test_a_competitor_is_an_assumption(model: FrozenModel, posterior: Posterior) -> None:
    """Its loss is the stated part of the KPI of last quarter, and that is said."""
    scenario = ask(model, posterior, {"kind": "competitor", "percent": -5, "spread": 1})
    size = 6 * np.mean(posterior.data.kpi[-13:], axis=0).sum()
    assert scenario.gains.mean() == pytest.approx(-0.05 * size, rel=0.1)
    assert "is an assumption" in scenario.sentences[-1]


def test_nothing_is_told_from_none(model: FrozenModel, posterior: Posterior) -> None:
    """A change of nothing is within what another seed would change."""
    scenario = ask(model, posterior, {"kind": "scale", "percent": 0.0})
    assert "cannot be told from none" in scenario.sentences[0]


def test_scenarios_are_compared_draw_by_draw(model: FrozenModel, posterior: Posterior) -> None:
    """More money brings more with near certainty, and each as much as itself."""
    more, less = (
        ask(model, posterior, {"kind": "scale", "percent": percent}) for percent in (10, -10)
    )
    table = compare([more, less])
    assert table[0, 1] > 0.99
    assert np.allclose(np.diag(table), 0.5)
    assert np.allclose(table + table.T, 1)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            {"kind": "shift", "source": "channel_0", "target": "channel_1", "money": 1e9},
            "spends less than is to be shifted",
        ),
        ({"kind": "scale", "channels": ["radio"], "percent": 1}, "no channel 'radio'"),
        ({"kind": "control", "control": "price", "change": 1}, "no control 'price'"),
        ({"kind": "scale", "percent": 1, "geos": ["moon"]}, "no geo 'moon'"),
    ],
)
def test_what_cannot_be_played_is_said(
    model: FrozenModel, posterior: Posterior, change: dict[str, object], match: str
) -> None:
    """One clear error."""
    with pytest.raises(PlanError, match=match):
        ask(model, posterior, change)
