"""What the newest days brought, by channel, for those who look at a quarter rather than at all.

Belongs here: sums over the last periods from draws. Must not: rendering, PyMC.
"""

from dataclasses import dataclass

import numpy as np

from mmm_orchestration.insight.contributions import (
    expect_baseline,
    iterate_channels,
    split_synergies,
)
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Array, Interval
from mmm_orchestration.model.posterior import Posterior

RECENT_DAYS = 90


@dataclass(frozen=True)
class RecentChannel:
    """What one channel brought in the window, in KPI units.

    `roi` is the KPI's value per unit of the money that was spent in the window; `is_first` the
    probability that no other channel has a larger one. Both are None without spend.
    """

    channel: str
    spend: float | None
    contribution: Interval
    share: Interval
    roi: Interval | None
    is_first: float | None


@dataclass(frozen=True)
class Recent:
    """The window: its days, the KPI in it and in as many periods before, and what brought it.

    `kpi_before` is None where the data do not reach back that far. Channels with ROI come first,
    largest median before others.
    """

    first: str
    last: str
    n_periods: int
    kpi: float
    kpi_before: float | None
    baseline: Interval
    channels: tuple[RecentChannel, ...]


def summarise_recent(posterior: Posterior, *, days: int = RECENT_DAYS) -> Recent:
    """The last whole periods of at most `days` days, at least one.

    What spend before the window brings in it counts; what spend in it brings later does not.
    """
    data, value = posterior.data, posterior.project.kpi.value
    n = min(max(1, days // data.period_days), len(data.periods))
    total = compute_recent(posterior, n_periods=n)
    observed = np.where(data.is_observed[:, :, None], data.spend, 0.0)
    spent = np.nan_to_num(observed[-n:].sum(axis=(0, 1)))
    has_roi = data.has_spend & (spent > 0)
    roi = value * total / np.where(has_roi, spent, np.nan)
    kpi = float(data.kpi_total[-n:].sum())
    firsts = _count_firsts(roi, has_roi=has_roi)
    channels = tuple(
        RecentChannel(
            channel=channel,
            spend=float(spent[c]) if data.has_spend[c] else None,
            contribution=compute_interval(total[:, c]),
            share=compute_interval(total[:, c] / kpi),
            roi=compute_interval(roi[:, c]) if has_roi[c] else None,
            is_first=float(firsts[c]) if has_roi[c] else None,
        )
        for c, channel in enumerate(data.channels)
    )
    baseline = (expect_baseline(posterior) * data.is_observed)[:, -n:].sum(axis=(1, 2))
    last = data.periods[-1] + np.timedelta64(data.period_days - 1, "D")
    return Recent(
        first=str(data.periods[-n]),
        last=str(last),
        n_periods=n,
        kpi=kpi,
        kpi_before=float(data.kpi_total[-2 * n : -n].sum()) if len(data.periods) >= 2 * n else None,
        baseline=compute_interval(baseline),
        channels=tuple(sorted(channels, key=lambda c: -c.roi.median if c.roi else np.inf)),
    )


def compute_recent(posterior: Posterior, *, n_periods: int) -> Array:
    """What each channel brought in the last periods, all geos, KPI units, (draw, channel)."""
    data, added = posterior.data, split_synergies(posterior)
    is_seen = data.is_observed[-n_periods:].T
    totals = []
    for draws in iterate_channels(posterior):
        brought = draws.contribute()[:, :, -n_periods:]
        if draws.channel in added:
            brought = brought + added[draws.channel][:, -n_periods:].transpose(0, 2, 1)
        totals.append((brought * is_seen).sum(axis=(1, 2)))
    return np.column_stack(totals)


def _count_firsts(roi: Array, *, has_roi: Array) -> Array:
    """In which part of the draws each channel has the largest ROI, shape (channel,)."""
    if not has_roi.any():
        return np.zeros(roi.shape[1])
    first = np.where(has_roi, roi, -np.inf).argmax(axis=1)
    return np.bincount(first, minlength=roi.shape[1]) / len(roi)
