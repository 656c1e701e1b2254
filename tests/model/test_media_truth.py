"""Media of every kind, recovered from worlds that were made with them."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from mmm_orchestration.insight.contributions import (
    compute_channel_paths,
    compute_contributions,
    iterate_channels,
)
from mmm_orchestration.insight.rollups import summarise_pairs, summarise_treatments
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior

from .worlds import START, World, make_world

pytestmark = pytest.mark.truth

N_WEEKS = 120
SAMPLER = "sampler: {draws: 300, tune: 400, chains: 2, seed: 3}"
Change = Callable[[ModelData], ModelData]


def carry(exposure: Array) -> Array:
    """Exposure carried over by a geometric kernel of one half per week."""
    kernel = 0.5 ** np.arange(9)
    return np.convolve(exposure, kernel / kernel.sum())[: len(exposure)]


def saturate(level: Array) -> Array:
    """Half reached at the mean of the periods that are on."""
    return level / (level + level[level > 0].mean())


def make_spend(seed: int) -> dict[str, Array]:
    """Two channels that come and go."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.gamma(2, 50, N_WEEKS) * (rng.random(N_WEEKS) < 0.6) for name in ("tv", "radio")
    }


def fit_kpi(
    spend: dict[str, Array], kpi: Array, *, extra: str = "", change: Change | None = None
) -> tuple[Posterior, World]:
    """The posterior of a KPI; `change` completes the data."""
    dates = [START + timedelta(weeks=week) for week in range(N_WEEKS)]
    settings = ", ".join(filter(None, (extra, SAMPLER)))
    world = make_world(
        spend={name: values.tolist() for name, values in spend.items()},
        kpi=kpi.tolist(),
        dates=dates,
        extra=f"model: {{{settings}}}",
    )
    data = world.prepare()
    return fit(change(data) if change else data, project=world.project), world


def draw_noise(seed: int, *, sd: float = 5.0) -> Array:
    """Noise of the KPI."""
    return np.random.default_rng(seed).normal(0, sd, N_WEEKS)


def bound(values: Array) -> tuple[float, float]:
    """The 94 % interval."""
    low, high = np.quantile(values, [0.03, 0.97])
    return float(low), float(high)


def test_reach_and_frequency_are_recovered() -> None:
    """The contribution of a channel that saturates by frequency is covered."""
    spend, rng = make_spend(1), np.random.default_rng(102)
    frequency = 1 + rng.gamma(2, 1, N_WEEKS)
    felt = frequency / (frequency + 2)
    brought = {
        "tv": 1.5 * carry(spend["tv"] * felt),
        "radio": 80 * saturate(carry(spend["radio"])),
    }

    def add_frequency(data: ModelData) -> ModelData:
        whole = np.full(data.exposure.shape, np.nan)
        whole[:, 0, 0] = frequency
        history = np.full(data.history.shape, np.nan)
        history[:, :, 0] = 1
        return dataclasses.replace(data, frequency=whole, frequency_history=history)

    kpi = 1000 + brought["tv"] + brought["radio"] + draw_noise(201)
    posterior, _ = fit_kpi(spend, kpi, change=add_frequency)
    total = compute_contributions(posterior, interval=0.94).total
    for c, name in enumerate(("tv", "radio")):
        low, high = bound(total[:, c])
        assert low <= brought[name].sum() <= high


def test_an_effect_that_drifts_is_followed() -> None:
    """A channel that works twice as well at the end as at the start is seen to do so."""
    spend = make_spend(4)
    path = np.linspace(0.6, 1.4, N_WEEKS)
    kpi = 1000 + 150 * path * saturate(carry(spend["tv"])) + draw_noise(204)
    kpi = kpi + 60 * saturate(carry(spend["radio"]))

    dates = [START + timedelta(weeks=week) for week in range(N_WEEKS)]
    world = make_world(
        spend={name: values.tolist() for name, values in spend.items()},
        kpi=kpi.tolist(),
        dates=dates,
        extra=f"model: {{{SAMPLER}}}",
    )
    first, *others = world.project.channels
    channels = (first.model_copy(update={"effect": "varying"}), *others)
    project = world.project.model_copy(update={"channels": channels})
    posterior = fit(world.prepare(), project=project)
    found = compute_channel_paths(posterior)["tv"]
    ratio = found[:, -20:].mean(axis=1) / found[:, :20].mean(axis=1)
    assert 1.5 < np.median(ratio) < 2.7
    assert (ratio > 1).mean() > 0.97


def test_a_pair_that_helps_each_other_is_found() -> None:
    """What two channels add together is covered, and halves of it belong to them."""
    spend = make_spend(5)
    tv, radio = (saturate(carry(spend[name])) for name in ("tv", "radio"))
    joint = 150 * tv * radio
    kpi = 1000 + 100 * tv + 80 * radio + joint + draw_noise(205, sd=3)
    posterior, _ = fit_kpi(spend, kpi, extra="synergies: [[tv, radio]]")
    (pair,) = summarise_pairs(posterior)
    assert pair.contribution.low <= joint.sum() <= pair.contribution.high
    assert pair.contribution.low > 0
    total = compute_contributions(posterior, interval=0.94).total
    alone = [d.contribute().sum(axis=(1, 2)) for d in iterate_channels(posterior)]
    difference = total.sum(axis=1) - sum(alone)
    assert np.median(difference) == pytest.approx(pair.contribution.median, rel=0.01)


def test_an_experiment_moves_a_channel_that_data_cannot_tell() -> None:
    """A test of a channel that hardly varies narrows its contribution towards the truth."""
    rng = np.random.default_rng(106)
    spend = make_spend(6) | {"tv": 100 + rng.normal(0, 3, N_WEEKS)}
    level = saturate(spend["tv"])
    kpi = 1000 + 200 * level + 60 * saturate(carry(spend["radio"])) + draw_noise(206, sd=20)
    first = START + timedelta(weeks=60)
    test = Experiment(
        "tv", "national", first, first + timedelta(days=55), float(200 * level[60:68].sum()), 40.0
    )
    without, _ = fit_kpi(spend, kpi)
    told, _ = fit_kpi(spend, kpi, change=lambda d: dataclasses.replace(d, experiments=(test,)))
    totals = [compute_contributions(p, interval=0.94).total[:, 0] for p in (without, told)]
    truth = 200 * level.sum()
    assert np.std(np.log(totals[1])) < 0.5 * np.std(np.log(totals[0]))
    assert bound(totals[1])[0] <= truth <= bound(totals[1])[1]


def test_a_treatment_contributes_beyond_its_baseline_value() -> None:
    """A price cut from its highest value brings what it was made to bring."""
    rng = np.random.default_rng(107)
    spend, price = make_spend(7), 10 - 2 * (rng.random(N_WEEKS) < 0.2)
    brought = 30 * (price.max() - price)
    kpi = 1000 + brought + 80 * saturate(carry(spend["tv"])) + draw_noise(207)
    world = make_world(
        spend={name: values.tolist() for name, values in spend.items()},
        kpi=kpi.tolist(),
        dates=[START + timedelta(weeks=week) for week in range(N_WEEKS)],
        controls={"price": price.tolist()},
        signs={"price": "negative"},
        extra=f"model: {{{SAMPLER}}}",
    )
    declared = (world.project.controls[0].model_copy(update={"baseline": "max"}),)
    project = world.project.model_copy(update={"controls": declared})
    (treatment,) = summarise_treatments(fit(world.prepare(), project=project))
    assert treatment.contribution.low <= brought.sum() <= treatment.contribution.high
    assert treatment.contribution.median == pytest.approx(brought.sum(), rel=0.1)


@pytest.mark.parametrize("likelihood", ["student_t", "log_normal", "negative_binomial"])
def test_other_noise_is_answered(likelihood: str) -> None:
    """Outliers, proportional noise and counts leave the contributions covered."""
    spend, rng = make_spend(8), np.random.default_rng(108)
    brought = [120 * saturate(carry(spend["tv"])), 60 * saturate(carry(spend["radio"]))]
    mean = 400 + brought[0] + brought[1]
    kpi = {
        "student_t": mean + 6 * rng.standard_t(2, N_WEEKS),
        "log_normal": mean * np.exp(rng.normal(0, 0.02, N_WEEKS)),
        "negative_binomial": rng.poisson(mean).astype(float),
    }[likelihood]
    dates = [START + timedelta(weeks=week) for week in range(N_WEEKS)]
    world = make_world(
        spend={name: values.tolist() for name, values in spend.items()},
        kpi=kpi.tolist(),
        dates=dates,
        extra=f"model: {{{SAMPLER}}}",
    )
    model = world.project.model.model_copy(update={"likelihood": likelihood})
    project = world.project.model_copy(update={"model": model})
    total = compute_contributions(fit(world.prepare(), project=project), interval=0.94).total
    for c, truth in enumerate(brought):
        low, high = bound(total[:, c])
        assert low <= truth.sum() <= high
