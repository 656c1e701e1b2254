"""What each channel and the baseline brought, draw by draw.

Belongs here: series and sums from draws. Must not: intervals and words (see `summary`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mmm_orchestration.insight.results import Array
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.transforms.plan import TransformPlan

NUDGE = 0.01
PREDICTIVE_STREAM = 2


@dataclass(frozen=True, eq=False)
class ChannelDraws:
    """One channel's unknowns by name, each of shape (draw,), and its observed exposure.

    `exposure` (geo, lag + date) begins with the history; `scale` (geo,) is a typical exposure;
    `effect` (draw, geo) is the contribution per period at a response of one.
    """

    channel: str
    position: int
    plan: TransformPlan
    unknowns: Mapping[str, Array]
    exposure: Array
    scale: Array
    effect: Array

    def contribute(self, *, factor: float | Array = 1.0) -> Array:
        """KPI units per period with exposure times `factor`, shape (draw, geo, date).

        `factor` is one number throughout, or has the shape (geo, lag + date) of the exposure.
        """
        response = self.plan.transform(
            factor * self.exposure / self.scale[:, None],
            channel=self.position,
            unknowns=self.unknowns,
        )
        contribution: Array = self.effect[:, :, None] * response
        return contribution

    def compute_lift(self, *, part: Array) -> Array:
        """KPI units that `part` (date, geo) of the exposure brings over all periods, (draw,).

        Contribution as it was, less contribution without that part, carry-over after it included.
        """
        n_geos, n_all = self.exposure.shape
        kept = np.ones((n_geos, n_all))
        kept[:, n_all - len(part) :] -= part.T
        gained = self.contribute() - self.contribute(factor=kept)
        lift: Array = gained.sum(axis=(1, 2))
        return lift

    def respond(self, level: Array) -> Array:
        """KPI units per period of all geos at steady exposures `level` (geo, level), (draw, level).

        A steady level is carried over to itself, because kernels sum to one.
        """
        family = self.plan.saturations[self.position]
        own = {u.name: self.unknowns[u.name][:, None, None] for u in family.unknowns}
        response = family.respond(level / self.scale[:, None], np, **own)
        total: Array = (self.effect[:, :, None] * response).sum(axis=1)
        return total


@dataclass(frozen=True, eq=False)
class Contributions:
    """Sums over the observed window and means over draws, in KPI units, all geos together.

    `total` and `nudged` (more of the channel's exposure by one per cent, all else equal) have
    shape (draw, channel); `baseline_total` (draw,); `media_mean` (date, channel);
    `baseline_mean`, `fit_mean`, `fit_low`, `fit_high` (date,), the last two bounding `interval`
    of the posterior predictive. `by_geo` (geo, channel) holds the mean totals of the geos.
    """

    total: Array
    nudged: Array
    baseline_total: Array
    media_mean: Array
    baseline_mean: Array
    fit_mean: Array
    fit_low: Array
    fit_high: Array
    by_geo: Array


def iterate_channels(posterior: Posterior) -> Iterator[ChannelDraws]:
    """The channels in their order, one at a time to keep memory small."""
    data, plan = posterior.data, posterior.plan
    exposure = np.concatenate([data.history, data.exposure]).transpose(2, 1, 0)
    for position, channel in enumerate(data.channels):
        yield ChannelDraws(
            channel=channel,
            position=position,
            plan=plan,
            unknowns={
                unknown.name: posterior.stack(unknown.name)[:, unknown.channels.index(position)]
                for unknown in plan.unknowns
                if position in unknown.channels
            },
            exposure=exposure[position],
            scale=posterior.scale[:, position],
            effect=posterior.stack("effect")[:, :, position],
        )


def compute_contributions(posterior: Posterior, *, interval: float) -> Contributions:
    """The KPI taken apart over all draws, where it is observed.

    Exposure before the first period counts as far as it is known; what the last periods' spend
    brings after the window is not counted.
    """
    observed = posterior.data.is_observed.T
    expected = np.zeros((len(posterior.stack("sigma")), posterior.data.n_periods))
    baseline = np.zeros_like(expected)
    for g in range(len(posterior.data.geos)):
        coefficients = posterior.stack("baseline")[:, g]
        baseline += (coefficients @ posterior.design[:, g].T) * observed[g]
    expected += baseline
    totals, nudged, means, by_geo = [], [], [], []
    for channel in iterate_channels(posterior):
        series = channel.contribute() * observed
        expected += series.sum(axis=1)
        totals.append(series.sum(axis=(1, 2)))
        nudged.append((channel.contribute(factor=1 + NUDGE) * observed).sum(axis=(1, 2)))
        means.append(series.sum(axis=1).mean(axis=0))
        by_geo.append(series.sum(axis=2).mean(axis=0))
    rng = np.random.default_rng([posterior.seed, PREDICTIVE_STREAM])
    variance = posterior.stack("sigma") ** 2 @ observed
    noise = np.sqrt(variance) * rng.standard_normal(expected.shape)
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
        by_geo=np.column_stack(by_geo),
    )
