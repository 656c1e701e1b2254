"""Posteriors of panels of any size without sampling, and the data that come after them."""

from dataclasses import replace

import numpy as np

from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.posterior import Posterior
from tests.model.worlds import START, make_project
from tests.monitoring.drawn import draw_posterior

WEEK = 7


def make_data(
    *, n_channels: int, n_geos: int, n_periods: int, seed: int = 0, reached: tuple[int, ...] = ()
) -> ModelData:
    """Weekly spend that comes and goes, and a KPI of noise; `reached` channels count reach."""
    rng = np.random.default_rng(seed)
    shape = (n_periods, n_geos, n_channels)
    spend = rng.gamma(2, 50, shape) * (rng.random(shape) < 0.8)
    exposure = spend / rng.uniform(0.5, 2, n_channels)
    frequency = np.full(shape, np.nan)
    frequency[..., list(reached)] = 2.0
    return ModelData(
        periods=np.datetime64(START, "D") + WEEK * np.arange(n_periods),
        period_days=WEEK,
        geos=tuple(f"geo_{g}" for g in range(n_geos)) if n_geos > 1 else ("national",),
        kpi=rng.normal(1000, 50, shape[:2]),
        exposure=exposure,
        history=np.zeros((8, *shape[1:])),
        spend=spend,
        channels=name_channels(n_channels),
        controls=np.empty((*shape[:2], 0)),
        control_names=(),
        frequency=frequency,
        frequency_history=np.where(np.isnan(frequency[:8]), np.nan, 1.0),
    )


def name_channels(n_channels: int) -> tuple[str, ...]:
    """The names of so many channels."""
    return tuple(f"channel_{c}" for c in range(n_channels))


def make_posterior(
    *,
    n_channels: int = 3,
    n_geos: int = 1,
    n_periods: int = 60,
    n_draws: int = 20,
    extra: str = "model: {trend: none, yearly_order: 0}",
    reached: tuple[int, ...] = (),
    seed: int = 0,
) -> Posterior:
    """Draws scattered around the prior medians, two chains of `n_draws` each."""
    data = make_data(
        n_channels=n_channels, n_geos=n_geos, n_periods=n_periods, reached=reached, seed=seed
    )
    project = make_project(data.channels, extra=extra)
    measured = tuple(
        c.model_copy(update={"exposure": "reach" if i in reached else "impressions"})
        for i, c in enumerate(project.channels)
    )
    return draw_posterior(
        data,
        project=project.model_copy(update={"channels": measured}),
        n_draws=n_draws,
        scatter=0.3,
    )


def go_on(data: ModelData, *, exposure: Array) -> ModelData:
    """Data of the periods after `data` with `exposure` (period, geo, channel) and no KPI."""
    n_periods = len(exposure)
    return replace(
        data,
        periods=data.periods[-1] + WEEK * np.arange(1, n_periods + 1),
        kpi=np.full(exposure.shape[:2], np.nan),
        exposure=exposure,
        spend=np.zeros_like(exposure),
        frequency=np.repeat(data.frequency[-1:], n_periods, axis=0),
        controls=np.empty((*exposure.shape[:2], 0)),
    )
