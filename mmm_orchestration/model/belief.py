"""What the priors of a model say before it has seen any KPI, in the user's units.

Belongs here: a posterior made of prior draws. Must not: intervals and words.
"""

import numpy as np
import pymc as pm

from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.fit import complete_draws
from mmm_orchestration.model.flat import Draws
from mmm_orchestration.model.graph import build_graph
from mmm_orchestration.model.parts import prepare_parts
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project

N_DRAWS = 1000


def draw_beliefs(data: ModelData, *, project: Project, n_draws: int = N_DRAWS) -> Posterior:
    """Draws from the priors as if they were a posterior, for everything that reads one.

    Only the scale of the KPI is taken from the data, as the priors do themselves. The
    diagnostics are nan, so nothing that asks for convergence accepts it. Gelman et al. (2020)
    call looking at these the first check of a model.
    """
    parts, seed = prepare_parts(data, project=project), project.model.sampler.seed
    free = build_graph(parts, is_collapsed=False).free_RVs
    drawn = pm.draw(free, draws=n_draws, random_seed=seed, mode="FAST_COMPILE")
    values = {rv.name: np.asarray(own)[None] for rv, own in zip(free, drawn, strict=True)}
    draws = Draws(values, is_divergent=np.zeros((1, n_draws), dtype=bool))
    unknown = float("nan")
    return Posterior(
        draws=complete_draws(draws, parts=parts, seed=seed),
        data=data,
        design=parts.design.matrix,
        scale=parts.scale,
        project=project,
        diagnostics=Diagnostics(unknown, "", unknown, "", unknown, "", 0, n_draws),
        versions={},
    )
