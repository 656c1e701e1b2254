"""What a graph is built from, as arrays, and what completes its draws afterwards.

Belongs here: scaling, masks, priors as numbers. Must not: PyMC.

Every geo is modelled in units of its own mean KPI, and its exposure per its size, so that large
and small geos share effects and saturation.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.design import Design, build_design, measure_spread
from mmm_orchestration.model.likelihood import Family, get_family
from mmm_orchestration.model.priors import StrengthPriors, build_strength_priors
from mmm_orchestration.model.scales import ScalePlan, plan_scales
from mmm_orchestration.model.smooth import (
    build_columns,
    compute_log_scale,
    count_columns,
    list_frequencies,
)
from mmm_orchestration.model.trials import Trials, arrange_trials
from mmm_orchestration.project import Project
from mmm_orchestration.transforms.plan import TransformPlan, plan_transforms

# over how many days an effect that varies keeps its direction
PATH_DAYS = 180.0
# how far the intercept of a geo may lie from that of all, in mean KPIs, per unit of geo_spread
INTERCEPT_SPREAD = 0.3
_DEVIATING = ("intercept", "trend", "break", "yearly", "monthly", "weekly")


@dataclass(frozen=True, eq=False)
class Parts:
    """The observed arrays and the priors of a model.

    `kpi` (geo, date) is in units of each geo's mean and zero where it is not observed;
    `is_observed` (geo, date); `exposure` (geo, lag + date, channel) is in typical exposures;
    `scale` (geo, channel) is what one of them is in units of the data. `weight` (geo, date) is
    each geo's size on its observed periods and sums to one. `spread` (geo,) is the deviation of
    the KPI relative to its mean. `frequency` has the shape of `exposure`, in typical frequencies,
    and is one for channels that are not reached. `varying` (varying,) are the positions of the
    channels whose effect varies, `path` (date, path) the columns of how, times their scales;
    `pairs` (pair, 2) the positions of channels that may help each other.
    """

    data: ModelData
    plan: TransformPlan
    design: Design
    kpi: Array
    is_observed: NDArray[np.bool_]
    exposure: Array
    scale: Array
    weight: Array
    spread: Array
    strength: StrengthPriors
    scales: ScalePlan
    family: Family
    frequency: Array
    varying: NDArray[np.int64]
    path: Array
    pairs: NDArray[np.int64]
    trials: Trials

    @property
    def n_geos(self) -> int:
        """Number of geos."""
        return len(self.data.geos)

    @property
    def n_observed(self) -> Array:
        """Observed periods of each geo, shape (geo,)."""
        return self.is_observed.sum(axis=1).astype(float)

    @cached_property
    def matrix(self) -> Array:
        """The baseline columns, zero where the KPI is not observed, (geo, date, column)."""
        turned = self.design.matrix.transpose(1, 0, 2)
        return np.ascontiguousarray(turned * self.is_observed[:, :, None])

    @property
    def pair_names(self) -> tuple[str, ...]:
        """The pairs in words, such as 'tv + search'."""
        names = self.data.channels
        return tuple(f"{names[first]} + {names[second]}" for first, second in self.pairs)

    @property
    def is_free(self) -> NDArray[np.bool_]:
        """Whether a baseline column may have either sign, shape (column,)."""
        return np.array([sign == "any" for sign in self.design.signs])

    @cached_property
    def mean(self) -> Array:
        """The baseline at the prior means of the free columns, shape (geo, date)."""
        mean: Array = self.matrix[..., self.is_free] @ self.design.prior_mean[self.is_free]
        return mean

    @cached_property
    def common(self) -> Array:
        """The free columns times their prior sd, shape (geo, date, basis)."""
        columns = self.matrix[..., self.is_free] * self.design.prior_sd[self.is_free]
        return np.ascontiguousarray(columns)

    @cached_property
    def fixed(self) -> Array:
        """Deviations and free columns side by side, shape (geo, date, deviation + basis)."""
        return np.ascontiguousarray(np.concatenate([self.deviations, self.common], axis=2))

    @cached_property
    def gram(self) -> Array:
        """The products of those by geo, shape (geo, deviation + basis, deviation + basis)."""
        return np.ascontiguousarray(np.einsum("gtp,gtq->gpq", self.fixed, self.fixed))

    @cached_property
    def deviating(self) -> NDArray[np.int64]:
        """Positions of the columns in which geos differ, shape (deviation,); none nationally."""
        if self.n_geos == 1:
            return np.empty(0, dtype=np.int64)
        return np.array(
            [i for i, group in enumerate(self.design.groups) if group in _DEVIATING],
            dtype=np.int64,
        )

    @cached_property
    def deviation_sd(self) -> Array:
        """How far geos differ in those columns per unit of `geo_spread`, (deviation,)."""
        sd = self.design.prior_sd[self.deviating]
        is_intercept = self.is_intercept == 1
        return np.where(is_intercept, INTERCEPT_SPREAD, sd)

    @cached_property
    def is_intercept(self) -> Array:
        """One for the intercept among those columns, else zero, shape (deviation,)."""
        groups = [self.design.groups[i] for i in self.deviating]
        return np.array([float(group == "intercept") for group in groups])

    @cached_property
    def deviations(self) -> Array:
        """Those columns times their sd, shape (geo, date, deviation)."""
        return np.ascontiguousarray(self.matrix[..., self.deviating] * self.deviation_sd)

    @property
    def signed(self) -> tuple[str, ...]:
        """Names of the columns that keep one side of zero."""
        return tuple(
            c for c, s in zip(self.design.columns, self.design.signs, strict=True) if s != "any"
        )

    @property
    def turns(self) -> Array:
        """Minus one for the signed columns declared negative, else one, shape (signed,)."""
        return np.array([-1.0 if s == "negative" else 1.0 for s in self.design.signs if s != "any"])

    @cached_property
    def signed_matrix(self) -> Array:
        """The signed columns, turned to positive coefficients, shape (geo, date, signed)."""
        return np.ascontiguousarray(self.matrix[..., ~self.is_free] * self.turns)


def prepare_parts(data: ModelData, *, project: Project) -> Parts:
    """Design, transforms, scales and priors for `data`.

    Raises ModelError where a prior asks for a spend that is not there.
    """
    plan = plan_transforms(
        project,
        channels=data.channels,
        period_days=data.period_days,
        reached=data.has_frequency.tolist(),
    )
    observed = data.is_observed.T
    size = data.kpi_mean
    weight = observed * size[:, None]
    scale = find_typical_exposure(data)
    exposure = np.concatenate([data.history, data.exposure]).transpose(1, 0, 2) / scale[:, None, :]
    design = build_design(data, project=project)
    n_days = data.n_periods * data.period_days
    return Parts(
        data=data,
        plan=plan,
        design=design,
        kpi=np.where(observed, np.nan_to_num(data.kpi.T) / size[:, None], 0.0),
        is_observed=observed,
        exposure=np.ascontiguousarray(exposure),
        scale=scale,
        weight=weight / weight.sum(),
        spread=measure_spread(data),
        strength=build_strength_priors(data, project=project),
        scales=plan_scales(design, project=project, n_rows=int(observed.sum()), n_days=n_days),
        family=get_family(project.model.likelihood),
        frequency=scale_frequency(data),
        varying=_find_varying(data, project=project),
        path=build_path(data),
        pairs=_find_pairs(data, project=project),
        trials=arrange_trials(data, exposure=exposure, ageing=project.model.experiment_ageing),
    )


def find_typical_frequency(data: ModelData) -> Array:
    """Mean frequency by person reached, shape (channel,); one where there is none."""
    reach, frequency = (
        values[: data.n_trained]
        for values in (data.exposure, np.nan_to_num(data.frequency, nan=1.0))
    )
    total = reach.sum(axis=(0, 1))
    typical: Array = (reach * frequency).sum(axis=(0, 1)) / np.where(total > 0, total, 1.0)
    return np.where(data.has_frequency & (typical > 0), typical, 1.0)


def scale_frequency(data: ModelData) -> Array:
    """Frequency in typical frequencies with its history, (geo, lag + date, channel); else one."""
    whole = np.concatenate([data.frequency_history, data.frequency]).transpose(1, 0, 2)
    scaled = np.nan_to_num(whole / find_typical_frequency(data), nan=1.0)
    return np.ascontiguousarray(scaled)


def build_path(data: ModelData) -> Array:
    """The columns of a path of size one that keeps its direction for `PATH_DAYS`, (date, path)."""
    n_days = data.n_trained * data.period_days
    n_columns = count_columns(n_days, length_days=PATH_DAYS)
    log_scale = compute_log_scale(
        np.ones(1),
        np.full(1, PATH_DAYS / (n_days / 2)),
        frequencies=list_frequencies(n_columns),
        xp=np,
    )
    path: Array = build_columns(data.time, n_columns=n_columns) * np.exp(log_scale)
    return path


def _find_varying(data: ModelData, *, project: Project) -> NDArray[np.int64]:
    varying = {c.name for c in project.channels if c.effect == "varying"}
    places = [i for i, name in enumerate(data.channels) if name in varying]
    return np.array(places, dtype=np.int64)


def _find_pairs(data: ModelData, *, project: Project) -> NDArray[np.int64]:
    """Positions of the declared pairs of which both channels are modelled, shape (pair, 2)."""
    kept = [pair for pair in project.model.synergies if set(pair) <= set(data.channels)]
    places = [[data.channels.index(name) for name in pair] for pair in kept]
    return np.array(places, dtype=np.int64).reshape(-1, 2)


def find_typical_exposure(data: ModelData) -> Array:
    """Mean exposure of the observed periods in which a channel is on, by size of geo.

    Shape (geo, channel).
    The size of a geo is its mean KPI relative to the mean geo; a channel that is on twice as much
    in a geo twice as large is on equally in both.
    """
    size = data.kpi_mean / data.kpi_mean.mean()
    per_size = data.exposure / size[:, None]
    is_on = (per_size > 0) & data.is_observed[:, :, None]
    typical = (per_size * is_on).sum(axis=(0, 1)) / np.maximum(is_on.sum(axis=(0, 1)), 1)
    scale: Array = size[:, None] * typical
    return scale
