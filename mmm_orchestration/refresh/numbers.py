"""The numbers of a posterior that are followed from one refit to the next, and their seed noise.

Belongs here: medians and their Monte Carlo error. Must not: what moved them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmm_orchestration.insight.contributions import NUDGE, compute_contributions
from mmm_orchestration.insight.curves import compute_curves
from mmm_orchestration.insight.results import INTERVAL, Array, SeedNoise
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.refresh.split import Split, recommend_split

TODAY_DAYS = 91


@dataclass(frozen=True)
class ChannelNumbers:
    """Medians of one channel, and how far its draws spread.

    `contribution` is in KPI units per day, `split` the recommended part of today's budget; without
    spend `roi`, `marginal_roi` and `split` are None. `spread_*` are standard deviations of the
    draws.
    """

    contribution: float
    roi: float | None
    marginal_roi: float | None
    split: float | None
    spread_contribution: float
    spread_roi: float | None
    spread_marginal_roi: float | None


def measure_numbers(posterior: Posterior) -> dict[str, ChannelNumbers]:
    """The numbers of each channel, in the order of the data."""
    data, value = posterior.data, posterior.project.kpi.value
    parts = compute_contributions(posterior, interval=INTERVAL)
    n_days = int(data.is_observed.any(axis=1).sum()) * data.period_days
    spent = np.where(data.is_observed[:, :, None], data.spend, 0.0).sum(axis=(0, 1))
    shares = recommend(posterior).shares
    numbers = {}
    for c, name in enumerate(data.channels):
        total, spend = parts.total[:, c], float(np.nan_to_num(spent[c]))
        has_spend = bool(data.has_spend[c]) and spend > 0
        roi = value * total / spend if has_spend else None
        extra = value * (parts.nudged[:, c] - total) / (NUDGE * spend) if has_spend else None
        numbers[name] = ChannelNumbers(
            contribution=float(np.median(total)) / n_days,
            roi=None if roi is None else float(np.median(roi)),
            marginal_roi=None if extra is None else float(np.median(extra)),
            split=shares.get(name, 0.0) if has_spend else None,
            spread_contribution=float(total.std()) / n_days,
            spread_roi=None if roi is None else float(roi.std()),
            spread_marginal_roi=None if extra is None else float(extra.std()),
        )
    return numbers


def recommend(posterior: Posterior) -> Split:
    """The recommended split of what was spent per period over the last quarter of the data."""
    data = posterior.data
    recent = data.spend[-max(1, TODAY_DAYS // data.period_days) :].sum(axis=1).mean(axis=0)
    spent = {
        name: float(recent[c]) for c, name in enumerate(data.channels) if bool(data.has_spend[c])
    }
    priced = [curve for curve in compute_curves(posterior) if curve.channel in spent]
    return recommend_split(priced, today=spent)


def measure_noise(posteriors: Sequence[Posterior]) -> tuple[SeedNoise, ...]:
    """How far each number would move with another seed alone, one standard deviation.

    `posteriors` are fits of the same data and settings with different seeds; one will do. Chains
    are independent of each other whatever the seed, so the number of each chain of each fit is one
    replicate, and the noise of a fit of n chains is their standard deviation over the root of n
    (Flegal and Jones 2010, batch means with chains as batches).
    """
    chains = [
        measure_numbers(replace(p, draws=p.draws.isel(chain=[c])))
        for p in posteriors
        for c in range(p.draws.sizes["chain"])
    ]
    n_chains = len(chains) / len(posteriors)
    return tuple(
        SeedNoise(
            channel=name,
            **{
                quantity: _spread(
                    [getattr(numbers[name], quantity) for numbers in chains], n_chains
                )
                for quantity in ("contribution", "roi", "marginal_roi", "split")
            },
        )
        for name in chains[0]
    )


def join_noise(before: Sequence[SeedNoise], after: Sequence[SeedNoise]) -> tuple[SeedNoise, ...]:
    """The noise of a number that is fitted to other data `before` and `after`, by channel.

    The root of the mean of both variances, so that √2 times it is the noise of their difference.
    A channel or number that one of them lacks has the noise of the other.
    """
    old, new = ({each.channel: each for each in noise} for noise in (before, after))
    return tuple(
        SeedNoise(
            channel=name,
            **{
                quantity: _join(
                    [getattr(side[name], quantity) for side in (old, new) if name in side]
                )
                for quantity in ("contribution", "roi", "marginal_roi", "split")
            },
        )
        for name in [*old, *(name for name in new if name not in old)]
    )


def _join(noises: Sequence[float | None]) -> float | None:
    known = [noise for noise in noises if noise is not None]
    return float(np.sqrt(np.mean(np.square(known)))) if known else None


def _spread(values: Sequence[float | None], n_chains: float) -> float | None:
    """Standard deviation of the values over the root of `n_chains`; None where one is missing."""
    known: Array = np.array([v for v in values if v is not None])
    if len(known) < max(2, len(values)):
        return None
    return float(known.std(ddof=1) / np.sqrt(n_chains))
