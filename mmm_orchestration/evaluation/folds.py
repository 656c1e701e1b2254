"""Folds of a rolling origin: what is known at an origin, and the horizon after it.

Belongs here: cutting data. Must not: fitting, scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.errors import ModelError
from mmm_orchestration.insight.results import Array
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.project import NATIONAL

HORIZON_DAYS = 56
N_FOLDS = 4
MIN_OBSERVED = 8


@dataclass(frozen=True, eq=False)
class Fold:
    """`data` ends with the horizon, in which its KPI is nan; `kpi` (date, geo) is known only there.

    `n_known` periods lie before the origin.
    """

    data: ModelData
    kpi: Array
    n_known: int

    @property
    def origin(self) -> str:
        """First day that is predicted."""
        return str(self.data.periods[self.n_known])


def choose_origins(data: ModelData, *, n_folds: int, horizon: int) -> tuple[int, ...]:
    """Origins by position, earliest first, one horizon apart, the last horizon ending the data.

    Those with too few known periods for the model are left out; raises ModelError where that is
    all of them.
    """
    needed = 4 * len(data.channels) + len(data.control_names) + 2
    wanted = [data.n_periods - horizon * back for back in range(n_folds, 0, -1)]
    observed = data.is_observed.sum(axis=1).cumsum()
    kept = tuple(o for o in wanted if o > 1 and observed[o - 1] >= max(needed, MIN_OBSERVED))
    if not kept:
        raise ModelError(
            f"{data.n_periods} periods are too few to hold out {horizon} and fit on the others",
            fix="Use a shorter horizon or wait for more data",
        )
    return kept


def cut_fold(data: ModelData, *, origin: int, horizon: int) -> Fold:
    """The data as known at `origin`, with exposure and controls of the horizon as planned.

    Geos without enough observed periods before the origin, channels that were never on there and
    controls that did not change are left out, which `notes` says. So are tests that end later.
    Raises ModelError where no geo or no channel is left.
    """
    inside = slice(0, min(origin + horizon, data.n_periods))
    known = data.kpi[:origin]
    seen = (~np.isnan(known)).sum(axis=0) >= MIN_OBSERVED
    moving = seen & (np.nan_to_num(known).std(axis=0) > 0)
    is_observed = ~np.isnan(known[:, moving])
    on = (data.exposure[:origin][:, moving] * is_observed[:, :, None]).sum(axis=(0, 1)) > 0
    controls = data.controls[:origin][:, moving][is_observed]
    changing = controls.std(axis=0) > 0
    if not moving.any() or not on.any():
        raise ModelError(f"Nothing can be fitted on the periods before {data.periods[origin]}")
    geos, channels = (*_keep(data.geos, moving), NATIONAL), _keep(data.channels, on)
    tests = tuple(
        test
        for test in data.experiments
        if np.datetime64(test.last) < data.periods[origin]
        and test.channel in channels
        and test.geo in geos
    )
    kpi = data.kpi[inside][:, moving]
    is_ahead = np.arange(len(kpi))[:, None] >= origin
    cut = replace(
        data,
        periods=data.periods[inside],
        geos=_keep(data.geos, moving),
        kpi=np.where(is_ahead, np.nan, kpi),
        exposure=data.exposure[inside][:, moving][:, :, on],
        history=data.history[:, moving][:, :, on],
        frequency=data.frequency[inside][:, moving][:, :, on],
        frequency_history=data.frequency_history[:, moving][:, :, on],
        spend=data.spend[inside][:, moving][:, :, on],
        channels=_keep(data.channels, on),
        controls=data.controls[inside][:, moving][:, :, changing],
        control_names=_keep(data.control_names, changing),
        experiments=tests,
        notes=(
            *_tell("Geo", data.geos, moving),
            *_tell("Channel", data.channels, on),
            *_tell("Control", data.control_names, changing),
            *(f"The test of {t.name} is left out." for t in data.experiments if t not in tests),
        ),
    )
    return Fold(cut, kpi=np.where(is_ahead, kpi, np.nan), n_known=origin)


def _keep(names: Sequence[str], is_kept: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(n for n, kept in zip(names, is_kept, strict=True) if kept)


def _tell(what: str, names: Sequence[str], is_kept: NDArray[np.bool_]) -> list[str]:
    return [
        f"{what} '{n}' is left out: too little is known of it before the origin."
        for n, kept in zip(names, is_kept, strict=True)
        if not kept
    ]
