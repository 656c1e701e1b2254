"""What each channel and the baseline brought, draw by draw.

Belongs here: series and sums from draws. Must not: intervals and words (see `summary`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmm_orchestration.insight.results import Array
from mmm_orchestration.insight.transforms import compute_adstock, compute_saturation
from mmm_orchestration.model.posterior import Posterior

NUDGE = 0.01
PREDICTIVE_STREAM = 2


@dataclass(frozen=True, eq=False)
class ChannelDraws:
    """One channel's unknowns, each of shape (draw,), and its observed exposure (date,).

    `spread` (lag, step) says which part of each step of carry-over falls into which period.
    """

    channel: str
    exposure: Array
    alpha: Array
    half: Array
    slope: Array
    effect: Array
    spread: Array

    @cached_property
    def adstock(self) -> Array:
        """Carried-over exposure, shape (draw, date)."""
        return compute_adstock(self.exposure, alpha=self.alpha, spread=self.spread)

    def contribute(self, *, factor: float = 1.0) -> Array:
        """KPI units per period with exposure times `factor` throughout, shape (draw, date)."""
        return self.respond(self.adstock * factor)

    def respond(self, adstock: Array) -> Array:
        """KPI units per period at each level of `adstock`, shape (draw, level)."""
        saturation = compute_saturation(adstock, half=self.half, slope=self.slope)
        response: Array = self.effect[:, None] * saturation
        return response


@dataclass(frozen=True, eq=False)
class Contributions:
    """Sums over the window and means over draws, in KPI units.

    `total` and `nudged` (more of the channel's exposure by one per cent, all else equal) have
    shape (draw, channel); `baseline_total` (draw,); `media_mean` (date, channel);
    `baseline_mean`, `fit_mean`, `fit_low`, `fit_high` (date,), the last two bounding `interval`
    of the posterior predictive.
    """

    total: Array
    nudged: Array
    baseline_total: Array
    media_mean: Array
    baseline_mean: Array
    fit_mean: Array
    fit_low: Array
    fit_high: Array


def iterate_channels(posterior: Posterior) -> Iterator[ChannelDraws]:
    """The channels in their order, one at a time to keep memory small."""
    for position, channel in enumerate(posterior.data.channels):
        yield ChannelDraws(
            channel=channel,
            exposure=posterior.data.exposure[:, position],
            alpha=posterior.stack("alpha")[:, position],
            half=posterior.stack("half_saturation")[:, position],
            slope=posterior.stack("slope")[:, position],
            effect=posterior.stack("effect")[:, position],
            spread=posterior.spread,
        )


def compute_contributions(posterior: Posterior, *, interval: float) -> Contributions:
    """The KPI taken apart over all draws.

    Exposure before the first period is unknown and taken as zero; what the last periods' spend
    brings after the window is not counted.
    """
    baseline = posterior.stack("baseline") @ posterior.design.T
    expected = baseline.copy()
    totals, nudged, means = [], [], []
    for channel in iterate_channels(posterior):
        series = channel.contribute()
        expected += series
        totals.append(series.sum(axis=1))
        nudged.append(channel.contribute(factor=1 + NUDGE).sum(axis=1))
        means.append(series.mean(axis=0))
    rng = np.random.default_rng([posterior.seed, PREDICTIVE_STREAM])
    noise = posterior.stack("sigma")[:, None] * rng.standard_normal(expected.shape)
    tail = (1 - interval) / 2
    low, high = np.quantile(expected + noise, [tail, 1 - tail], axis=0)
    return Contributions(
        total=np.column_stack(totals),
        nudged=np.column_stack(nudged),
        baseline_total=baseline.sum(axis=1),
        media_mean=np.column_stack(means),
        baseline_mean=baseline.mean(axis=0),
        fit_mean=expected.mean(axis=0),
        fit_low=low,
        fit_high=high,
    )
