"""Experiments on the periods and geos of a model.

Belongs here: which tests the arrays hold, and which part of each period. Must not: PyMC.
"""

from collections.abc import Sequence

import numpy as np

from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.project import NATIONAL

_DAY = np.timedelta64(1, "D")


def place_experiments(
    experiments: Sequence[Experiment], *, data: ModelData
) -> tuple[tuple[Experiment, ...], tuple[str, ...]]:
    """The experiments that the arrays hold, and a sentence for each one that is left out."""
    reasons = [_find_obstacle(experiment, data=data) for experiment in experiments]
    kept = tuple(e for e, why in zip(experiments, reasons, strict=True) if not why)
    notes = tuple(
        f"The experiment {experiment.name} is left out: {why}."
        for experiment, why in zip(experiments, reasons, strict=True)
        if why
    )
    return kept, notes


def cover_periods(experiment: Experiment, *, data: ModelData) -> Array:
    """The part of each period and geo that the test covers, shape (date, geo), from 0 to 1.

    A week of which the test has three days counts three sevenths of its exposure.
    """
    first, last = (np.datetime64(day, "D") for day in (experiment.first, experiment.last))
    starts = data.periods.astype("datetime64[D]")
    ends = starts + data.period_days * _DAY
    shared = (np.minimum(ends, last + _DAY) - np.maximum(starts, first)) / _DAY
    part = np.clip(shared / data.period_days, 0.0, 1.0)
    is_tested = [experiment.geo in {NATIONAL, geo} for geo in data.geos]
    covered: Array = part[:, None] * np.array(is_tested, float)
    return covered


def _find_obstacle(experiment: Experiment, *, data: ModelData) -> str:
    """Why the arrays do not hold the experiment, empty where they do."""
    last = data.periods[-1].astype("datetime64[D]") + (data.period_days - 1) * _DAY
    first = data.periods[0].astype("datetime64[D]")
    if experiment.channel not in data.channels:
        return "its channel is not modelled"
    if experiment.geo not in {NATIONAL, *data.geos}:
        return f"the model knows no geo '{experiment.geo}'"
    if np.datetime64(experiment.first) < first or np.datetime64(experiment.last) > last:
        return f"the model covers {first} to {last}"
    return ""
