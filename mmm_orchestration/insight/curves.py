"""Response curves: what a steady level of spend brings per period.

Belongs here: the curve and its axis. Must not: drawing.
"""

import numpy as np

from mmm_orchestration.insight.contributions import ChannelDraws, iterate_channels
from mmm_orchestration.insight.results import INTERVAL, Array, ResponseCurve
from mmm_orchestration.model.posterior import Posterior

N_LEVELS = 51
BEYOND = 1.25


def compute_curves(posterior: Posterior) -> tuple[ResponseCurve, ...]:
    """One curve per channel, from zero to a quarter beyond the largest observed level.

    Where a channel has spend the axis is spend, turned into exposure at its mean price.
    """
    measures = {c.name: c.exposure for c in posterior.project.channels}
    curves = []
    for position, draws in enumerate(iterate_channels(posterior)):
        spend = posterior.data.spend[:, :, position]
        exposure = posterior.data.exposure[:, :, position]
        has_spend = bool(posterior.data.has_spend[position]) and spend.sum() > 0
        unit = posterior.project.currency if has_spend else measures[draws.channel]
        axis = spend if has_spend else exposure
        curves.append(compute_curve(draws, axis=axis, exposure=exposure, unit=unit))
    return tuple(curves)


def compute_curve(draws: ChannelDraws, *, axis: Array, exposure: Array, unit: str) -> ResponseCurve:
    """Contribution per period against a steady level on the axis of `axis` (date, geo).

    The level is that of all geos, shared out as their exposure (date, geo) was.
    """
    total = axis.sum(axis=1)
    level = np.linspace(0, BEYOND * total.max(), N_LEVELS)
    response = draws.respond(exposure.sum(axis=0)[:, None] * level / total.sum())
    tail = (1 - INTERVAL) / 2
    low, median, high = np.quantile(response, [tail, 0.5, 1 - tail], axis=0)
    return ResponseCurve(
        channel=draws.channel,
        unit=unit,
        level=level,
        median=median,
        low=low,
        high=high,
        observed=float(total[total > 0].mean()),
        observed_max=float(total.max()),
    )
