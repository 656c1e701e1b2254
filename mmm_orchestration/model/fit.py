"""One fit: prepare, build, sample, recover.

Belongs here: the order of the steps and the units of what comes out.
"""

from importlib.metadata import version

import numpy as np
import pymc as pm
import xarray as xr

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.graph import build_graph, name_dim
from mmm_orchestration.model.measure import measure_convergence
from mmm_orchestration.model.parts import Parts, prepare_parts
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.recover import recover
from mmm_orchestration.model.sample import Draws, Progress, sample_posterior
from mmm_orchestration.project import Project

PACKAGES = ("pymc", "pytensor", "nutpie", "numpy", "holidays")
RECOVERY_STREAM = 1


def fit(data: ModelData, *, project: Project, progress: Progress | None = None) -> Posterior:
    """The posterior of `data`; what the graph observed is checked against its snapshot.

    A single run with the seed of the project, reported as it is. `progress` is called with
    iterations done and in all.
    """
    parts = prepare_parts(data, project=project)
    model = build_graph(parts)
    check_observed(model, parts=prepare_parts(data, project=project))
    draws = sample_posterior(model, sampler=project.model.sampler, progress=progress)
    completed = complete_draws(draws, parts=parts, seed=project.model.sampler.seed)
    return Posterior(
        draws=completed,
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
    """The draws in the user's units, with baseline and effects by geo drawn for each of them."""
    shape = draws.is_divergent.shape
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in draws.values.items()}
    recovered = recover(flat, parts=parts, rng=np.random.default_rng([seed, RECOVERY_STREAM]))
    size = parts.data.kpi_mean
    variables: dict[str, tuple[tuple[str, ...], Array]] = {
        u.name: ((name_dim(u, parts=parts),), flat[u.name]) for u in parts.plan.unknowns
    }
    variables |= {
        "share": (("channel",), flat["share"]),
        "effect": (("geo", "channel"), recovered.effect * size[:, None]),
        "sigma": (("geo",), flat["sigma"] * size),
        "baseline": (("geo", "column"), recovered.baseline * size[:, None]),
    }
    if parts.n_geos > 1:
        variables["effect_spread"] = (("channel",), flat["effect_spread"])
        variables["baseline_spread"] = (("spread",), flat["baseline_spread"])
    return xr.Dataset(
        {
            name: (
                ("chain", "draw", *dims),
                values.reshape(*shape, *values.shape[1:]).astype("float32"),
            )
            for name, (dims, values) in variables.items()
        },
        coords={
            **{
                name_dim(u, parts=parts): [parts.data.channels[c] for c in u.channels]
                for u in parts.plan.unknowns
            },
            "geo": list(parts.data.geos),
            "channel": list(parts.data.channels),
            "column": list(parts.design.columns),
        },
    )
