"""The arrays that are modelled.

Belongs here: what a model observes. Must not: where it comes from (see `prepare`), PyMC.
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.model.experiment import Experiment

Array = NDArray[np.float64]
Days = NDArray[np.datetime64]


def _know_none() -> Array:
    return np.full((0, 0, 0), np.nan)


@dataclass(frozen=True, eq=False)
class ModelData:
    """What the model observes; a national model has one geo.

    `kpi` has shape (date, geo) and is nan where it is not observed; `exposure` and `spend`
    (date, geo, channel), `controls` (date, geo, control). A `spend` column is nan where the
    channel has none. `history` (lag, geo, channel) is the exposure of the periods before the
    first, oldest first, zero where nothing is known. `notes` says in sentences what was left out.

    Of a channel measured by reach and frequency `exposure` and `history` hold the reach, and
    `frequency` (date, geo, channel) and `frequency_history` (lag, geo, channel) the impressions
    per person reached, which is one where nobody is. For all other channels they
    are nan; left out, they are nan throughout.

    The last `n_ahead` periods came after those that a posterior was trained on: no scale of theirs
    is used, and time runs on from the trained periods.
    """

    periods: Days
    period_days: int
    geos: tuple[str, ...]
    kpi: Array
    exposure: Array
    history: Array
    spend: Array
    channels: tuple[str, ...]
    controls: Array
    control_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    frequency: Array = field(default_factory=_know_none)
    frequency_history: Array = field(default_factory=_know_none)
    experiments: tuple[Experiment, ...] = ()
    n_ahead: int = 0

    def __post_init__(self) -> None:
        for name, reach in (("frequency", self.exposure), ("frequency_history", self.history)):
            if np.isnan(getattr(self, name)).all():
                object.__setattr__(self, name, np.full(reach.shape, np.nan))

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.periods)

    @property
    def n_trained(self) -> int:
        """Number of periods that scales and time are measured on."""
        return self.n_periods - self.n_ahead

    @property
    def time(self) -> Array:
        """Periods in half ranges of the trained ones, from -1 to 1 and on, shape (date,)."""
        if not self.n_ahead:
            return np.linspace(-1, 1, self.n_periods)
        step = 2 / (self.n_trained - 1)
        beyond = 1 + step * np.arange(1, self.n_ahead + 1)
        return np.concatenate([np.linspace(-1, 1, self.n_trained), beyond])

    @property
    def has_spend(self) -> NDArray[np.bool_]:
        """Whether a channel has spend, shape (channel,)."""
        return ~np.isnan(self.spend).any(axis=(0, 1))

    @property
    def has_frequency(self) -> NDArray[np.bool_]:
        """Whether a channel is measured by reach and frequency, shape (channel,)."""
        return ~np.isnan(self.frequency).any(axis=(0, 1))

    @property
    def is_observed(self) -> NDArray[np.bool_]:
        """Whether the KPI of a period and geo is observed, shape (date, geo)."""
        return ~np.isnan(self.kpi)

    @property
    def kpi_mean(self) -> Array:
        """Mean KPI per trained period of each geo, shape (geo,)."""
        mean: Array = np.nanmean(self.kpi[: self.n_trained], axis=0)
        return mean

    @property
    def kpi_total(self) -> Array:
        """KPI of all geos together, shape (date,); what is not observed counts as nothing."""
        total: Array = np.nansum(self.kpi, axis=1)
        return total

    @cached_property
    def snapshot(self) -> str:
        """SHA-256 over the observed arrays, their names and the experiments."""
        tests = [experiment.to_row() for experiment in self.experiments]
        names = [self.period_days, self.geos, self.channels, self.control_names, tests]
        digest = hashlib.sha256(json.dumps(names).encode())
        digest.update(self.periods.astype("datetime64[D]").astype("<i8").tobytes())
        media = (self.exposure, self.history, self.frequency, self.frequency_history, self.spend)
        for values in (self.kpi, *media, self.controls):
            digest.update(np.isnan(values).tobytes())
            digest.update(np.ascontiguousarray(np.nan_to_num(values), dtype="<f8").tobytes())
        return digest.hexdigest()
