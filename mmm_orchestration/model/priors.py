"""The prior of each channel's strength, as declared in money or by default.

Belongs here: from what people believe to what is sampled. Must not: PyMC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.project import Prior, Project


@dataclass(frozen=True, eq=False)
class StrengthPriors:
    """Log-normal priors as shares of the KPI, each of shape (channel,).

    Where `is_marginal`, the share is that of a response growing in proportion: the sampled value
    over the elasticity of the response is the share.
    """

    median: Array
    log_sd: Array
    is_marginal: NDArray[np.bool_]


def get_prior(project: Project, *, channel: str) -> Prior:
    """The declared prior of the channel, or the default of the project."""
    declared = {c.name: c.prior for c in project.channels}
    return declared[channel] or project.model.default_prior


def build_strength_priors(data: ModelData, *, project: Project) -> StrengthPriors:
    """The priors of all channels as shares of the observed KPI.

    A return `r` is a share of `r · spend / (value · Σ KPI)`, a contribution one of `1 / Σ KPI`;
    spend and KPI are those of the observed periods. Raises ModelError where a return is believed
    of a channel without spend.
    """
    found = [get_prior(project, channel=c) for c in data.channels]
    factors = [
        find_share_factor(prior, data=data, channel=c, project=project)
        for c, prior in enumerate(found)
    ]
    return StrengthPriors(
        median=np.array([prior.median for prior in found]) * np.array(factors),
        log_sd=np.array([prior.log_sd for prior in found]),
        is_marginal=np.array([prior.of == "marginal_roi" for prior in found]),
    )


def find_share_factor(prior: Prior, *, data: ModelData, channel: int, project: Project) -> float:
    """The share of the KPI that one unit of what the prior is of amounts to.

    `channel` is a position. Raises ModelError where a return is believed of a channel without
    spend.
    """
    if prior.of == "share":
        return 1.0
    total = float(np.nansum(data.kpi))
    if prior.of == "contribution":
        return 1.0 / total
    spend = float(np.where(data.is_observed, data.spend[:, :, channel], 0.0).sum())
    if not spend > 0:
        raise ModelError(
            f"Channel '{data.channels[channel]}' has a prior of its {prior.of} but no spend",
            fix="Declare a prior of its share or contribution",
        )
    return spend / (project.kpi.value * total)
