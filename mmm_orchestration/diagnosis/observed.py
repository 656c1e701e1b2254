"""The modelled arrays as the examinations before a fit look at them.

Belongs here: geos put on one scale, stacked and averaged. Must not: findings.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmm_orchestration.diagnosis.least_squares import Array, build_basis, take_out
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.parts import Parts, prepare_parts
from mmm_orchestration.project import Project


@dataclass(frozen=True, eq=False)
class Observed:
    """What is observed, in mean KPIs and typical exposures of each geo.

    `kpi` (date, geo), nan where it is not observed; `exposure` (date, geo, channel); `response`
    (date, geo, channel) is the exposure carried over and saturated at the prior medians;
    `baseline` (date, geo, column) are all baseline columns, controls among them.
    """

    data: ModelData
    parts: Parts
    kpi: Array
    exposure: Array
    response: Array
    baseline: Array

    @cached_property
    def is_control(self) -> tuple[bool, ...]:
        """Whether a baseline column is a control, by column."""
        return tuple(group == "control" for group in self.parts.design.groups)

    def average(self, values: Array) -> Array:
        """`values` (date, geo, …) averaged over the geos observed at a date, (row, …).

        Dates at which no geo is observed have no row.
        """
        seen = self.data.is_observed
        weight = seen.reshape(*seen.shape, *[1] * (values.ndim - 2))
        kept = seen.any(axis=1)
        total = np.where(weight, values, 0.0).sum(axis=1)[kept]
        mean: Array = total / weight.sum(axis=1)[kept]
        return mean

    def stack(self, values: Array) -> Array:
        """`values` (date, geo, column) beyond the baseline without controls, (row, column).

        Every geo has its own baseline; its observed periods lie below those of the geo before.
        """
        rows = []
        for g in range(len(self.data.geos)):
            seen = self.data.is_observed[:, g]
            known = self.baseline[seen, g][:, [not is_one for is_one in self.is_control]]
            rows.append(take_out(values[seen, g], basis=build_basis(known)))
        return np.concatenate(rows)


def observe(data: ModelData, *, project: Project) -> Observed:
    """The data on one scale, with the baseline columns and priors of the project's model."""
    parts = prepare_parts(data, project=project)
    exposure = parts.exposure
    responses = []
    for c in range(len(data.channels)):
        medians = {
            unknown.name: np.array([unknown.priors[unknown.channels.index(c)].median])
            for unknown in parts.plan.unknowns
            if c in unknown.channels
        }
        responses.append(
            parts.plan.transform(
                exposure[:, :, c],
                channel=c,
                unknowns=medians,
                frequency=parts.frequency[:, :, c] if parts.plan.reached[c] else None,
            )[0]
        )
    n_lags = exposure.shape[1] - data.n_periods
    return Observed(
        data=data,
        parts=parts,
        kpi=data.kpi / data.kpi_mean,
        exposure=exposure[:, n_lags:].transpose(1, 0, 2),
        response=np.stack(responses, axis=-1).transpose(1, 0, 2),
        baseline=np.asarray(parts.design.matrix),
    )
