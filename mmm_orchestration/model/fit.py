"""One fit: prepare, build, sample, recover.

Belongs here: the order of the steps and the units of what comes out.
"""

from importlib.metadata import version

import numpy as np
import pymc as pm
import xarray as xr

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.flat import Draws
from mmm_orchestration.model.graph import DIMS, build_graph, list_coords, name_dim
from mmm_orchestration.model.machine import find_hardware
from mmm_orchestration.model.measure import measure_convergence
from mmm_orchestration.model.parts import Parts, prepare_parts
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.recover import recover
from mmm_orchestration.model.sample import sample_posterior
from mmm_orchestration.model.samplers import Progress, choose_sampler, measure_size
from mmm_orchestration.model.stored import thin_draws
from mmm_orchestration.project import Project

PACKAGES = ("pymc", "pytensor", "nutpie", "numpyro", "jax", "numpy", "holidays")
RECOVERY_STREAM = 1
STANDARDISED = ("baseline_standard", "own_standard")


def fit(data: ModelData, *, project: Project, progress: Progress | None = None) -> Posterior:
    """The posterior of `data`; what the graph observed is checked against its snapshot.

    A single run with the seed of the project, reported as it is. `progress` is called with
    iterations done and in all. Convergence is measured on all draws; the posterior holds at most
    `sampler.keep` of them. Raises ModelError where the graph observed other data.
    """
    parts = prepare_parts(data, project=project)
    model = build_graph(parts)
    check_observed(model, parts=prepare_parts(data, project=project))
    plan = choose_sampler(
        measure_size(parts), sampler=project.model.sampler, hardware=find_hardware()
    )
    draws = sample_posterior(model, plan=plan, progress=progress)
    completed = complete_draws(draws, parts=parts, seed=project.model.sampler.seed)
    return Posterior(
        draws=thin_draws(completed, keep=project.model.sampler.keep),
        data=data,
        design=parts.design.matrix,
        scale=parts.scale,
        project=project,
        diagnostics=measure_convergence(completed, is_divergent=draws.is_divergent),
        versions={package: version(package) for package in PACKAGES},
    )


def check_observed(model: pm.Model, *, parts: Parts) -> None:
    """Nothing when KPI and exposure in the graph are those of `parts`, else ModelError."""
    (observed,) = model.observed_RVs
    kpi = model.rvs_to_values[observed].get_value()
    exposure = model["exposure"].get_value()
    for name, got, wanted in (("KPI", kpi, parts.kpi), ("exposure", exposure, parts.exposure)):
        if not np.array_equal(got, wanted):
            raise ModelError(f"The {name} in the graph is not that of the data", got=got.shape)


def complete_draws(draws: Draws, *, parts: Parts, seed: int) -> xr.Dataset:
    """The draws in the user's units, with baseline and effects by geo drawn for each of them.

    What follows from others is left out: the standardised coefficients of a whole graph.
    """
    shape = draws.is_divergent.shape
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in draws.values.items()}
    recovered = recover(flat, parts=parts, rng=np.random.default_rng([seed, RECOVERY_STREAM]))
    size = parts.data.kpi_mean
    dims = {**{u.name: (name_dim(u, parts=parts),) for u in parts.plan.unknowns}, **DIMS}
    variables: dict[str, tuple[tuple[str, ...], Array]] = {
        name: (dims[name], values) for name, values in flat.items() if name not in STANDARDISED
    }
    variables |= {
        "share": (("channel",), recovered.share),
        "effect": (("geo", "channel"), recovered.effect * size[:, None]),
        "sigma": (("geo",), flat["sigma"] * size),
        "baseline": (("geo", "column"), recovered.baseline * size[:, None]),
    }
    if len(parts.pairs):
        by_geo = recovered.synergy_effect[:, None, :] * size[:, None]
        variables["synergy_effect"] = (("geo", "pair"), by_geo)
    used = {dim for names, _ in variables.values() for dim in names}
    coords = list_coords(parts) | {"column": parts.design.columns}
    return xr.Dataset(
        {
            name: (
                ("chain", "draw", *names),
                values.reshape(*shape, *values.shape[1:]).astype("float32"),
            )
            for name, (names, values) in variables.items()
        },
        coords={dim: list(labels) for dim, labels in coords.items() if dim in used},
    )
