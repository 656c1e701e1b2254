"""How often to reach people, for channels measured by reach and frequency.

Belongs here: the best frequency for the same contacts. Must not: how many contacts to buy.

The same contacts reach more people less often, or fewer more often. A channel brings `reach · S(f)`
and contacts are `reach · f`, so what a contact brings is `S(f) / f`, which has a summit above zero
only where S is S-shaped. Jin et al. (2017), Zhang et al. (2023).
"""

from dataclasses import dataclass

import numpy as np

from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.model.parts import find_typical_frequency
from mmm_orchestration.model.posterior import Posterior

LOWEST, HIGHEST, N_STEPS = 1.0, 20.0, 191


@dataclass(frozen=True)
class BestFrequency:
    """Contacts per person reached: `today`, the mean where anybody was, and the `best`.

    `gain` is what the same contacts at the best median frequency would bring beyond today's, as
    a part of what they bring.
    """

    channel: str
    today: float
    best: Interval
    gain: Interval


def find_best_frequencies(posterior: Posterior) -> tuple[BestFrequency, ...]:
    """One per channel measured by reach and frequency, none where there is none.

    Frequencies from one to twenty contacts are looked at.
    """
    data, plan = posterior.data, posterior.plan
    typical = np.broadcast_to(find_typical_frequency(data), data.frequency.shape)
    grid = np.linspace(LOWEST, HIGHEST, N_STEPS)
    found = []
    for draws in iterate_channels(posterior):
        if draws.frequency is None:
            continue
        c = draws.position
        is_on = data.exposure[:, :, c] > 0
        weight = data.exposure[:, :, c][is_on]
        today = float(np.average(data.frequency[:, :, c][is_on], weights=weight))
        size = float(np.average(typical[:, :, c][is_on], weights=weight))
        each = plan.respond_of(c, (grid / size)[None], unknowns=draws.unknowns) / grid
        now = plan.respond_of(c, np.array([[today / size]]), unknowns=draws.unknowns)[:, 0] / today
        best = grid[each.argmax(axis=1)]
        chosen = int(np.abs(grid - np.median(best)).argmin())
        found.append(
            BestFrequency(
                channel=draws.channel,
                today=today,
                best=compute_interval(best),
                gain=compute_interval(each[:, chosen] / now - 1),
            )
        )
    return tuple(found)
