"""From a posterior to the arrays that plans are judged with.

Belongs here: prices, what is spent today, the state that a plan starts from. Must not: answers.
"""

import numpy as np
from numpy.typing import DTypeLike

from mmm_orchestration.decisions.answer import FrozenChannel, Values
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.contributions import ChannelDraws, iterate_channels, name_pairs
from mmm_orchestration.model.data import Array
from mmm_orchestration.model.posterior import Posterior

TODAY_DAYS = 91


def freeze(posterior: Posterior, *, dtype: DTypeLike = np.float32) -> FrozenModel:
    """The posterior as arrays of `dtype` for plans right after its last trained period.

    Today is the last quarter of the data: its mean spend, its prices and its frequency. An effect
    that varies stays as it was in the last period. Raises PlanError where no channel has spend.
    """
    data = posterior.data
    channels = tuple(
        _freeze_channel(draws, posterior=posterior, dtype=dtype)
        for draws in iterate_channels(posterior)
    )
    if not any(channel.has_spend for channel in channels):
        raise PlanError("No channel of the model has spend, so there is nothing to plan")
    pairs = name_pairs(posterior)
    places = [tuple(data.channels.index(name) for name in pair) for pair in pairs]
    synergy = (
        posterior.stack("synergy_effect").transpose(2, 1, 0)
        if pairs
        else np.empty((0, *channels[0].effect.shape))
    )
    return FrozenModel(
        model=channels,
        geos=data.geos,
        period_days=data.period_days,
        last=data.periods[-1].astype("datetime64[D]"),
        value=posterior.project.kpi.value,
        currency=posterior.project.currency,
        pairs=tuple((first, second) for first, second in places),
        synergy=synergy.astype(dtype),
    )


def _freeze_channel(
    draws: ChannelDraws, *, posterior: Posterior, dtype: DTypeLike
) -> FrozenChannel:
    data, plan = posterior.data, posterior.plan
    spend = data.spend[:, :, draws.position]
    exposure = draws.exposure / draws.scale[:, None]
    history = exposure[:, exposure.shape[1] - plan.max_lag :]
    recent = min(max(1, TODAY_DAYS // data.period_days), data.n_periods)
    felt = history_felt = None
    if draws.frequency is not None:
        reach = exposure[:, -recent:]
        typical = _average(draws.frequency[:, -recent:], weight=reach)
        before = draws.frequency[:, exposure.shape[1] - plan.max_lag :]
        felt, history_felt = (
            np.moveaxis(plan.respond_of(draws.position, f[None], unknowns=draws.unknowns), 0, -1)
            for f in (typical, before.T)
        )
    return FrozenChannel(
        name=draws.channel,
        family=plan.saturations[draws.position],
        order=plan.order,
        kernel=plan.kernel_of(draws.position, unknowns=draws.unknowns).astype(dtype),
        unknowns={name: values.astype(dtype) for name, values in draws.unknowns.items()},
        effect=(draws.effect * draws.path[:, -1:]).T.astype(dtype),
        history=history.T.astype(dtype),
        exposure_today=exposure[:, -recent:].mean(axis=1),
        price=_compute_price(spend, exposure[:, -data.n_periods :].T, recent=recent),
        today=np.nan_to_num(spend[-recent:]).mean(axis=0),
        observed_max=np.nan_to_num(spend).max(axis=0),
        has_spend=bool(data.has_spend[draws.position]) and float(np.nan_to_num(spend).sum()) > 0,
        felt=_cast(felt, dtype),
        history_felt=_cast(history_felt, dtype),
    )


def _compute_price(spend: Array, exposure: Array, *, recent: int) -> Array:
    """Money per typical exposure of each geo, shape (geo,); both are (date, geo).

    That of the last `recent` periods, else of all, else of all geos; nan where nothing was spent.
    """
    sums = [
        (rows[0].sum(axis=0), rows[1].sum(axis=0))
        for rows in ((spend[-recent:], exposure[-recent:]), (spend, exposure))
    ]
    sums.append((np.full(spend.shape[1], spend.sum()), np.full(spend.shape[1], exposure.sum())))
    price = np.full(spend.shape[1], np.nan)
    for paid, bought in sums:
        is_known = np.isnan(price) & (paid > 0) & (bought > 0)
        price[is_known] = paid[is_known] / bought[is_known]
    return price


def _average(values: Array, *, weight: Array) -> Array:
    """The weighted mean over the last axis, the plain one where no weight is."""
    total = weight.sum(axis=-1)
    plain = values.mean(axis=-1)
    return np.where(
        total > 0, (values * weight).sum(axis=-1) / np.where(total > 0, total, 1), plain
    )


def _cast(values: Values | None, dtype: DTypeLike) -> Values | None:
    return None if values is None else values.astype(dtype)
