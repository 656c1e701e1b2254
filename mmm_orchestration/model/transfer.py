"""A saved posterior as the prior of another model.

Belongs here: from draws to beliefs, and what counts twice. Must not: PyMC.
"""

import math
from datetime import date, timedelta

import numpy as np

from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Channel, Prior, PriorSource, Project, UnknownPrior
from mmm_orchestration.project.beliefs import NORMAL_95
from mmm_orchestration.transforms.registry import get_adstock, get_saturation

WIDEN = 1.5


def transfer_priors(
    posterior: Posterior, *, project: Project, version: str, widen: float = WIDEN
) -> Project:
    """`project` with the knowledge of `posterior` as priors of the channels that both have.

    A channel with spend hands over its ROI, one without its share, and both the unknowns of
    carry-over and saturation where the families are the same. Spreads of the logarithms are
    multiplied by `widen`, because another time or market is not the same.
    """
    data = posterior.data
    known = set(data.channels)
    first, last = find_range(data)
    return project.model_copy(
        update={
            "channels": tuple(
                _believe(c, posterior=posterior, project=project, widen=widen)
                if c.name in known
                else c
                for c in project.channels
            ),
            "model": project.model.model_copy(
                update={"prior_source": PriorSource(version=version, first=first, last=last)}
            ),
        }
    )


def find_range(data: ModelData) -> tuple[date, date]:
    """The first and the last day of the data."""
    first, last = (data.periods[i].astype("datetime64[D]").item() for i in (0, -1))
    return first, last + timedelta(days=data.period_days - 1)


def count_days_twice(data: ModelData, *, source: PriorSource) -> int:
    """How many days of the data the posterior behind the priors has seen as well."""
    first, last = find_range(data)
    return max(0, (min(last, source.last) - max(first, source.first)).days + 1)


def _believe(channel: Channel, *, posterior: Posterior, project: Project, widen: float) -> Channel:
    data, position = posterior.data, posterior.data.channels.index(channel.name)
    share = posterior.stack("share")[:, position]
    spend = float(np.where(data.is_observed, data.spend[:, :, position], 0.0).sum())
    is_priced = bool(data.has_spend[position]) and spend > 0
    to_roi = posterior.project.kpi.value * float(np.nansum(data.kpi)) / spend if is_priced else 1.0
    median, upper = _summarise(share * to_roi, widen=widen)
    adstock, saturation = posterior.plan.adstocks[position], posterior.plan.saturations[position]
    is_same = (
        get_adstock(channel.adstock or project.model.adstock) == adstock,
        get_saturation(channel.saturation or project.model.saturation) == saturation,
    )
    shared = [
        unknown.name
        for family, is_kept in zip((adstock.unknowns, saturation.unknowns), is_same, strict=True)
        for unknown in (family if is_kept else ())
    ]
    unknowns = {}
    for name in shared:
        place = posterior.plan.position_of(name, position)
        own = _summarise(posterior.stack(name)[:, place], widen=widen)
        unknowns[name] = UnknownPrior(median=own[0], upper=own[1])
    kind = "roi" if is_priced else "share"
    if kind == "share":
        upper = min(upper, 0.99)
    prior = Prior.model_validate({"of": kind, "median": median, "upper": upper})
    return channel.model_copy(update={"prior": prior, "unknowns": unknowns})


def _summarise(values: Array, *, widen: float) -> tuple[float, float]:
    """Median and the value below which 95 % of the widened log-normal lie."""
    logs = np.log(np.maximum(values, 1e-12))
    middle, spread = float(np.median(logs)), max(float(logs.std()), 1e-3)
    return float(f"{math.exp(middle):.6g}"), float(
        f"{math.exp(middle + NORMAL_95 * widen * spread):.6g}"
    )
