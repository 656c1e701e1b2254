"""From a posterior to the arrays that plans are judged with.

Belongs here: prices, what is spent today, the state that a plan starts from. Must not: answers.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mmm_orchestration.decisions.answer import FrozenGroup, Pair
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.contributions import ChannelDraws, iterate_channels, name_pairs
from mmm_orchestration.model.data import Array
from mmm_orchestration.model.posterior import Posterior

TODAY_DAYS = 91
# channels times geos that are computed together, so that their arrays stay in a processor's cache
GROUP_CELLS = 32
_STACKED = (
    *("kernel", "effect", "history", "exposure_today", "price", "today"),
    *("observed_max", "inflation", "felt", "history_felt"),
)


def freeze(posterior: Posterior, *, dtype: DTypeLike = np.float32) -> FrozenModel:
    """The posterior as arrays of `dtype` for plans right after its last trained period.

    Today is the last quarter of the data: its mean spend, its prices and its frequency. An effect
    that varies stays as it was in the last period. Raises PlanError where no channel has spend.
    """
    data = posterior.data
    singles = [
        _freeze_channel(draws, posterior=posterior, dtype=dtype)
        for draws in iterate_channels(posterior)
    ]
    if not any(single.has_spend for single in singles):
        raise PlanError("No channel of the model has spend, so there is nothing to plan")
    alike: dict[tuple[object, ...], list[FrozenGroup]] = {}
    for single in singles:
        key = (single.family, single.has_spend, single.felt is None)
        alike.setdefault(key, []).append(single)
    size = max(1, GROUP_CELLS // len(data.geos))
    groups = tuple(
        _join(members[first : first + size])
        for members in alike.values()
        for first in range(0, len(members), size)
    )
    return FrozenModel(
        groups=groups,
        channels=tuple(single.names[0] for single in singles if single.has_spend),
        geos=data.geos,
        period_days=data.period_days,
        last=data.periods[-1].astype("datetime64[D]"),
        value=posterior.project.kpi.value,
        currency=posterior.project.currency,
        pairs=_freeze_pairs(posterior, groups=groups, dtype=dtype),
        n_chains=posterior.draws.sizes["chain"],
    )


def _join(members: Sequence[FrozenGroup]) -> FrozenGroup:
    """One group of groups of the same family."""
    first = members[0]
    stacked: dict[str, Any] = {
        name: np.concatenate([getattr(member, name) for member in members])
        for name in _STACKED
        if getattr(first, name) is not None
    }
    return replace(
        first,
        names=tuple(name for member in members for name in member.names),
        unknowns={
            name: np.concatenate([member.unknowns[name] for member in members])
            for name in first.unknowns
        },
        **stacked,
    )


def _freeze_pairs(
    posterior: Posterior, *, groups: Sequence[FrozenGroup], dtype: DTypeLike
) -> tuple[Pair, ...]:
    places = {name: (g, c) for g, group in enumerate(groups) for c, name in enumerate(group.names)}
    named = name_pairs(posterior)
    effects = posterior.stack("synergy_effect").astype(dtype) if named else np.empty((0, 0, 0))
    return tuple(
        Pair(places[first], places[second], effects[:, :, i].T)
        for i, (first, second) in enumerate(named)
    )


def _freeze_channel(draws: ChannelDraws, *, posterior: Posterior, dtype: DTypeLike) -> FrozenGroup:
    """The channel as a group of its own."""
    data, plan = posterior.data, posterior.plan
    spend = data.spend[:, :, draws.position]
    exposure = draws.exposure / draws.scale[:, None]
    history = exposure[:, exposure.shape[1] - plan.max_lag :]
    recent = min(max(1, TODAY_DAYS // data.period_days), data.n_periods)
    felt = history_felt = None
    if draws.frequency is not None:
        typical = _average(draws.frequency[:, -recent:], weight=exposure[:, -recent:])
        before = draws.frequency[:, exposure.shape[1] - plan.max_lag :].T
        felt, history_felt = (
            np.moveaxis(plan.respond_of(draws.position, f[None], unknowns=draws.unknowns), 0, -1)
            for f in (typical, before)
        )
    return FrozenGroup(
        names=(draws.channel,),
        has_spend=bool(data.has_spend[draws.position]) and float(np.nan_to_num(spend).sum()) > 0,
        family=plan.saturations[draws.position],
        order=plan.order,
        kernel=plan.kernel_of(draws.position, unknowns=draws.unknowns)[None].astype(dtype),
        unknowns={
            unknown.name: draws.unknowns[unknown.name][None].astype(dtype)
            for unknown in plan.saturations[draws.position].unknowns
        },
        effect=(draws.effect * draws.path[:, -1:]).T[None].astype(dtype),
        history=history.T[None].astype(dtype),
        exposure_today=exposure[None, :, -recent:].mean(axis=-1),
        price=_compute_price(spend, exposure[:, -data.n_periods :].T, recent=recent)[None],
        today=np.nan_to_num(spend[-recent:]).mean(axis=0)[None],
        observed_max=np.nan_to_num(spend).max(axis=0)[None],
        inflation=np.zeros(1),
        felt=None if felt is None else felt[None].astype(dtype),
        history_felt=None if history_felt is None else history_felt[None].astype(dtype),
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
