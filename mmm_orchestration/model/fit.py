"""One fit: prepare, build, sample, recover.

Belongs here: the order of the steps and the units of what comes out.
"""

from importlib.metadata import version

import numpy as np
import pymc as pm
import xarray as xr

from mmm_orchestration.errors import ModelError
from mmm_orchestration.insight.transforms import compute_adstock, compute_saturation
from mmm_orchestration.model.collapse import recover_coefficients
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.graph import Parts, build_graph, prepare_parts
from mmm_orchestration.model.measure import measure_convergence
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.sample import Draws, Progress, sample_posterior
from mmm_orchestration.model.transforms import find_typical_exposure
from mmm_orchestration.project import Project

PACKAGES = ("pymc", "pytensor", "nutpie", "numpy", "holidays")
RECOVERY_STREAM = 1


def fit(data: ModelData, *, project: Project, progress: Progress | None = None) -> Posterior:
    """The posterior of `data`; what the graph observed is checked against its snapshot.

    A single run with the seed of the project, reported as it is. `progress` is called with
    iterations done and in all.
    """
    parts = prepare_parts(data, project=project)
    model = build_graph(data, parts=parts)
    check_observed(model, data=data)
    draws = sample_posterior(model, sampler=project.model.sampler, progress=progress)
    completed = complete_draws(draws, data=data, parts=parts, seed=project.model.sampler.seed)
    return Posterior(
        draws=completed,
        data=data,
        design=parts.design.matrix,
        spread=parts.adstock.spread,
        project=project,
        diagnostics=measure_convergence(completed, is_divergent=draws.is_divergent),
        versions={package: version(package) for package in PACKAGES},
    )


def check_observed(model: pm.Model, *, data: ModelData) -> None:
    """Nothing when KPI and exposure in the graph are those of `data`, else ModelError."""
    (observed,) = model.observed_RVs
    kpi = model.rvs_to_values[observed].data
    exposure = model["lagged_exposure"].get_value()[:, 0, :]
    for name, got, wanted in (("KPI", kpi, data.kpi), ("exposure", exposure, data.exposure)):
        if not np.array_equal(got, wanted):
            raise ModelError(f"The {name} in the graph is not that of snapshot {data.snapshot}")


def complete_draws(draws: Draws, *, data: ModelData, parts: Parts, seed: int) -> xr.Dataset:
    """The draws in the user's units, with the collapsed baseline drawn for each of them."""
    chains_draws = draws.is_divergent.shape
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in draws.values.items()}
    scale = float(data.kpi.mean())
    alpha = parts.adstock.get_alpha(flat["mean_lag_days"])
    half = flat["half_saturation"] * find_typical_exposure(data.exposure)
    effect, media = np.empty_like(alpha), np.zeros((len(alpha), data.n_periods))
    for c in range(len(data.channels)):
        adstock = compute_adstock(
            data.exposure[:, c], alpha=alpha[:, c], spread=parts.adstock.spread
        )
        saturation = compute_saturation(adstock, half=half[:, c], slope=flat["slope"][:, c])
        effect[:, c] = flat["share"][:, c] / saturation.mean(axis=1)
        media += effect[:, c, None] * saturation
    baseline = _draw_baseline(flat, media=media, data=data, parts=parts, seed=seed)
    by_channel = {
        "mean_lag_days": flat["mean_lag_days"],
        "alpha": alpha,
        "half_saturation": half,
        "slope": flat["slope"],
        "share": flat["share"],
        "effect": effect * scale,
    }
    shape = (*chains_draws, -1)
    return xr.Dataset(
        {
            **{
                k: (("chain", "draw", "channel"), v.reshape(shape).astype("float32"))
                for k, v in by_channel.items()
            },
            "sigma": (
                ("chain", "draw"),
                (flat["sigma"] * scale).reshape(chains_draws).astype("float32"),
            ),
            "baseline": (
                ("chain", "draw", "column"),
                (baseline * scale).reshape(shape).astype("float32"),
            ),
        },
        coords={"channel": list(data.channels), "column": list(parts.design.columns)},
    )


def _draw_baseline(
    flat: dict[str, Array], *, media: Array, data: ModelData, parts: Parts, seed: int
) -> Array:
    """Coefficients of all design columns, shape (draw, column), in units of the mean KPI."""
    collapsed = parts.collapsed
    coefficients = np.empty((len(media), len(parts.design.columns)))
    residual = data.kpi / data.kpi.mean() - collapsed.mean - media
    if parts.signed:
        size = flat["signed_coefficient"]
        residual -= size @ parts.signed_matrix.T
        turn = np.array([-1.0 if s == "negative" else 1.0 for s in parts.design.signs])
        coefficients[:, ~collapsed.is_collapsed] = size * turn[~collapsed.is_collapsed]
    rng = np.random.default_rng([seed, RECOVERY_STREAM])
    coefficients[:, collapsed.is_collapsed] = recover_coefficients(
        collapsed, residual=residual, sigma=flat["sigma"], rng=rng
    )
    return coefficients
