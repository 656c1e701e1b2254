"""Experiments as the graph needs them: what would have been without the tested exposure.

Belongs here: arrays of experiments. Must not: the likelihood (see `graph`), PyMC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.days import DAYS_PER_YEAR
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.placing import cover_periods


@dataclass(frozen=True, eq=False)
class Trials:
    """The experiments of one model, in units of the mean KPI of all geos together.

    `channels` (trial,) are positions; `exposure` (geo, lag + date, trial) is the channel's with
    nothing in the window of the test; `weight` (geo, trial) is the size of each tested geo;
    `lift` and `se` (trial,), the latter widened by age.
    """

    channels: NDArray[np.int64]
    exposure: Array
    weight: Array
    lift: Array
    se: Array

    @property
    def n(self) -> int:
        """Number of experiments."""
        return len(self.channels)


def arrange_trials(data: ModelData, *, exposure: Array, ageing: float) -> Trials:
    """The experiments of `data`; `exposure` (geo, lag + date, channel) is scaled, with history.

    The standard error grows by the part `ageing` with every year from the end of a test to the
    end of the data. A period that is tested in part loses that part of its exposure.
    """
    size = data.kpi_mean / data.kpi_mean.sum()
    places = [data.channels.index(e.channel) for e in data.experiments]
    off, weight, se = [], [], []
    end = data.periods[-1] + np.timedelta64(data.period_days - 1, "D")
    for experiment, place in zip(data.experiments, places, strict=True):
        part = cover_periods(experiment, data=data).T
        kept = np.concatenate([np.ones((len(data.geos), len(data.history))), 1 - part], axis=1)
        off.append(exposure[:, :, place] * kept)
        weight.append(size * (part > 0).any(axis=1))
        days = (end - np.datetime64(experiment.last, "D")).astype("timedelta64[D]").astype(int)
        se.append(experiment.se * (1 + ageing * max(0.0, days / DAYS_PER_YEAR)))
    whole = data.kpi_mean.sum()
    shape = (exposure.shape[0], exposure.shape[1], 0)
    return Trials(
        channels=np.array(places, dtype=np.int64),
        exposure=np.ascontiguousarray(np.stack(off, axis=2)) if off else np.empty(shape),
        weight=np.stack(weight, axis=1) if weight else np.empty((exposure.shape[0], 0)),
        lift=np.array([e.lift for e in data.experiments]) / whole,
        se=np.array(se) / whole,
    )
