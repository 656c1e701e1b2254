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
from mmm_orchestration.model.priors import describe_share_prior, get_share_prior
from mmm_orchestration.project import Project
from mmm_orchestration.transforms.plan import TransformPlan, plan_transforms

# how far the intercept of a geo may lie from that of all, in mean KPIs, per unit of geo_spread
INTERCEPT_SPREAD = 0.3
_DEVIATING = ("intercept", "trend", "yearly", "weekly")


@dataclass(frozen=True, eq=False)
class Parts:
    """The observed arrays and the priors of a model.

    `kpi` (geo, date) is in units of each geo's mean and zero where it is not observed;
    `is_observed` (geo, date); `exposure` (geo, lag + date, channel) is in typical exposures;
    `scale` (geo, channel) is what one of them is in units of the data. `weight` (geo, date) is
    each geo's size on its observed periods and sums to one. `spread` (geo,) is the deviation of
    the KPI relative to its mean; shares have shape (channel,).
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
    share_median: Array
    share_log_sd: Array

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
    def gram(self) -> Array:
        """The products of those columns by geo, shape (geo, basis, basis)."""
        return np.ascontiguousarray(np.einsum("gtp,gtq->gpq", self.common, self.common))

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
    """Design, transforms, scales and priors for `data`."""
    plan = plan_transforms(project, channels=data.channels, period_days=data.period_days)
    medians, sds = zip(
        *(describe_share_prior(get_share_prior(project, channel=c)) for c in data.channels),
        strict=True,
    )
    observed = data.is_observed.T
    size = data.kpi_mean
    weight = observed * size[:, None]
    scale = find_typical_exposure(data)
    exposure = np.concatenate([data.history, data.exposure]).transpose(1, 0, 2) / scale[:, None, :]
    return Parts(
        data=data,
        plan=plan,
        design=build_design(data, project=project),
        kpi=np.where(observed, np.nan_to_num(data.kpi.T) / size[:, None], 0.0),
        is_observed=observed,
        exposure=np.ascontiguousarray(exposure),
        scale=scale,
        weight=weight / weight.sum(),
        spread=measure_spread(data),
        share_median=np.array(medians),
        share_log_sd=np.array(sds),
    )


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
