"""Simulated worlds in the model's own family, whose true curves are known.

Belongs here: truths drawn at random, and the KPI they make. Must not: fits, plans.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from benchmarks.truth.worlds import CHANNELS, START, declare_project
from mmm_orchestration.insight.contributions import expect_kpi
from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.posterior import Posterior

N_WEEKS = 156
LEVEL = 1000.0
NOISE = 0.03
SETTINGS = (
    "trend: none, yearly_order: 0, max_lag_days: 56, "
    "sampler: {draws: 500, tune: 500, chains: 2, seed: 1}"
)


def draw_truth(seed: int) -> Posterior:
    """A world as a posterior of one draw, the truth, with the KPI that it made.

    Four channels of geometric carry-over and Hill curves, of which some are S-shaped, over three
    years of weeks; media bring a fifth of the KPI on average, noise is 3 % of it.
    """
    rng = np.random.default_rng(seed)
    n = len(CHANNELS)
    spend = draw_spend(rng, n_channels=n)
    data = ModelData(
        periods=START + 7 * np.arange(N_WEEKS),
        period_days=7,
        geos=("national",),
        kpi=np.full((N_WEEKS, 1), LEVEL),
        exposure=spend[:, None, :],
        history=np.zeros((8, 1, n)),
        spend=spend[:, None, :],
        channels=CHANNELS,
        controls=np.empty((N_WEEKS, 1, 0)),
        control_names=(),
    )
    unknowns = {
        "mean_lag_days": rng.lognormal(np.log(6), 0.6, n),
        "half_saturation": rng.lognormal(np.log(1.2), 0.5, n),
        "slope": rng.lognormal(np.log(1.2), 0.25, n),
    }
    truth = Posterior(
        draws=_to_draws(unknowns, effect=np.ones(n)),
        data=data,
        design=np.ones((N_WEEKS, 1, 1)),
        scale=np.array([[column[column > 0].mean() for column in spend.T]]),
        project=declare_project(CHANNELS, settings=SETTINGS),
        diagnostics=Diagnostics(1.0, "a", 500.0, "b", 500.0, "c", 0, 1),
        versions={"pymc": "6"},
    )
    shares = 0.2 * rng.dirichlet(np.full(n, 3.0))
    truth = replace(truth, draws=_to_draws(unknowns, effect=_scale_effects(truth, shares=shares)))
    expected = expect_kpi(truth)[0]
    kpi = expected + rng.normal(0, NOISE * LEVEL, expected.shape)
    return replace(truth, data=replace(data, kpi=kpi))


def draw_spend(rng: np.random.Generator, *, n_channels: int) -> Array:
    """Weekly spend (date, channel): seasons, flights and holes, every channel its own."""
    week = np.arange(N_WEEKS)
    columns = []
    for c in range(n_channels):
        season = 1 + 0.4 * np.sin(2 * np.pi * (week / 52 + rng.random()))
        flights = rng.random(N_WEEKS) < (1.0 if c % 2 else 0.7)
        columns.append(rng.uniform(40, 160) * season * rng.lognormal(0, 0.35, N_WEEKS) * flights)
    spend: Array = np.column_stack(columns)
    return spend


def _scale_effects(truth: Posterior, *, shares: Array) -> Array:
    """The effects with which each channel brings its share of the KPI, (channel,)."""
    from mmm_orchestration.insight.contributions import iterate_channels

    means = [float(channel.answer().mean()) for channel in iterate_channels(truth)]
    effects: Array = shares * LEVEL / np.array(means)
    return effects


def _to_draws(unknowns: dict[str, Array], *, effect: Array) -> xr.Dataset:
    """One chain of one draw."""
    by_channel = {
        name: (("chain", "draw", "channel"), values[None, None])
        for name, values in unknowns.items()
    }
    baseline = np.full((1, 1, 1, 1), 0.8 * LEVEL)
    return xr.Dataset(
        {
            **by_channel,
            "share": (("chain", "draw", "channel"), np.zeros((1, 1, len(effect)))),
            "effect": (("chain", "draw", "geo", "channel"), effect[None, None, None]),
            "sigma": (("chain", "draw", "geo"), np.full((1, 1, 1), NOISE * LEVEL)),
            "baseline": (("chain", "draw", "geo", "column"), baseline),
        },
        coords={"geo": ["national"], "channel": list(CHANNELS), "column": ["intercept"]},
    )
