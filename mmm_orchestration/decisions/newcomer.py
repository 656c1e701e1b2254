"""A channel that the model does not know, by the curve of one that it does.

Belongs here: its gain for the same factor. Must not: how uncertain the likeness is.
"""

from dataclasses import replace

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.plan import check_names
from mmm_orchestration.model.data import Array


def gain_of_newcomer(like: str, money: float, where: Array, *, model: FrozenModel) -> Array:
    """KPI units that `money` a period would bring with the curve of `like`, shape (draw,).

    Spent where `where` (period, geo) is one, over geos as `like` is today, carry-over after the
    horizon included, on a market that has not been worked on before.
    """
    check_names((like,), known=model.channels, what="channel")
    group = next(g for g in model.groups if g.has_spend and like in g.names)
    place = group.names.index(like)
    own = group.today[place] if group.today[place].any() else np.ones(len(model.geos))
    split = where * own
    part = split / np.where(split.sum(axis=1) > 0, split.sum(axis=1), 1)[:, None]
    fresh = replace(group, history=np.zeros_like(group.history))
    spend = np.zeros((len(group.names), *where.shape))
    spend[place] = money * part
    response, _ = fresh.respond(spend)
    gained: Array = np.einsum("tgd,gd->d", response[place], group.effect[place], dtype=float)
    return gained
