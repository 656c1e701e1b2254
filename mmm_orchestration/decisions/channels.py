"""What each channel of a plan is given and brings.

Belongs here: contribution, ROI and marginal ROI by channel. Must not: the whole plan.
"""

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.plan import Plan
from mmm_orchestration.decisions.results import ChannelPlan
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.model.data import Array

NUDGE = 0.01


def describe_channels(told: FrozenModel, *, plan: Plan, today: Plan) -> tuple[ChannelPlan, ...]:
    """One entry per channel with spend, in the order of the model.

    Marginal ROI is what one per cent more of the channel in every period would bring per unit of
    that money.
    """
    brought = told.gain_by_channel(plan.spend)
    nudged = _nudge_each(told, plan.spend, brought=brought)
    channels = []
    for c, name in enumerate(told.channels):
        spend = float(plan.spend[:, :, c].sum())
        channels.append(
            ChannelPlan(
                channel=name,
                today=float(today.spend[:, :, c].sum()),
                planned=spend,
                contribution=compute_interval(brought[:, c]),
                roi=compute_interval(told.value * brought[:, c] / spend) if spend else None,
                marginal_roi=compute_interval(told.value * nudged[:, c] / (NUDGE * spend))
                if spend
                else None,
                observed_max=float(told.observed_max[:, c].max()),
            )
        )
    return tuple(channels)


def _nudge_each(told: FrozenModel, spend: Array, *, brought: Array) -> Array:
    """KPI units that one per cent more of one channel alone brings, shape (draw, channel)."""
    if not told.pairs:
        return told.gain_by_channel((1 + NUDGE) * spend) - brought
    whole = told.gain(spend)
    more = []
    for c in range(spend.shape[2]):
        nudged = spend.copy()
        nudged[:, :, c] *= 1 + NUDGE
        more.append(told.gain(nudged) - whole)
    return np.stack(more, axis=-1)
