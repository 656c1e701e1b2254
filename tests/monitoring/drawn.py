"""A posterior without sampling: unknowns scattered by hand, and the exact baseline given them."""

from dataclasses import replace

import numpy as np

from mmm_orchestration.insight.contributions import expect_baseline, expect_kpi
from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.design import build_design
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.fit import complete_draws
from mmm_orchestration.model.flat import Draws
from mmm_orchestration.model.parts import prepare_parts
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project

N_CHAINS = 2


def draw_posterior(
    data: ModelData,
    *,
    project: Project,
    n_draws: int = 200,
    share: float = 0.1,
    scatter: float = 0.1,
    sigma: float = 0.02,
) -> Posterior:
    """Draws around `share` of the KPI per channel, `sigma`, and the prior medians of the others."""
    parts = prepare_parts(data, project=project)
    rng = np.random.default_rng(5)

    def scatter_around(median: np.ndarray) -> np.ndarray:
        noise = rng.standard_normal((N_CHAINS, n_draws, *median.shape))
        return np.exp(np.log(median) + scatter * noise)

    values = {
        u.name: scatter_around(np.array([prior.median for prior in u.priors]))
        for u in parts.plan.unknowns
    }
    values["share"] = scatter_around(np.full(len(data.channels), share))
    values["sigma"] = scatter_around(np.full(parts.n_geos, sigma))
    if parts.n_geos > 1:
        values["effect_spread"] = scatter_around(np.full(len(data.channels), 0.1))
        values["baseline_spread"] = scatter_around(np.full(2, 0.1))
    if len(parts.varying):
        values["path_size"] = scatter_around(np.full(len(parts.varying), 0.1))
        shape = (N_CHAINS, n_draws, len(parts.varying), parts.path.shape[1])
        values["path_standard"] = rng.standard_normal(shape)
    if len(parts.pairs):
        values["synergy"] = scatter_around(np.full(len(parts.pairs), 0.1))
    if parts.scales.trend.any():
        values["trend_size"] = scatter_around(np.full(1, 0.2))
        values["trend_length"] = scatter_around(np.full(1, parts.scales.trend_length))
    if parts.signed:
        values["signed_coefficient"] = scatter_around(np.full(len(parts.signed), 0.02))
    draws = Draws(values, is_divergent=np.zeros((N_CHAINS, n_draws), dtype=bool))
    return Posterior(
        draws=complete_draws(draws, parts=parts, seed=1),
        data=data,
        design=parts.design.matrix,
        scale=parts.scale,
        project=project,
        diagnostics=Diagnostics(1.0, "a", 1e3, "b", 1e3, "c", 0, N_CHAINS * n_draws),
        versions={"pymc": "6"},
    )


def cut_data(data: ModelData, n_periods: int) -> ModelData:
    """The first `n_periods` periods."""
    first = slice(n_periods)
    return replace(
        data,
        periods=data.periods[first],
        kpi=data.kpi[first],
        exposure=data.exposure[first],
        spend=data.spend[first],
        frequency=data.frequency[first],
        controls=data.controls[first],
    )


def solve_baseline(posterior: Posterior, *, data: ModelData) -> np.ndarray:
    """The exact mean of the free baseline on `data`, all else at its mean, shape (column,).

    In units and on scales of the periods that `posterior` was trained on, for a national model.
    """
    extended = extend_posterior(posterior, newer=data)
    media = (expect_kpi(extended) - expect_baseline(extended)).mean(axis=0)[:, 0]
    size = float(extended.data.kpi_mean[0])
    prior = build_design(posterior.data, project=posterior.project)
    noise = float(posterior.stack("sigma").mean())
    design, sd = extended.design[:, 0], prior.prior_sd * size
    precision = design.T @ design / noise**2 + np.diag(sd**-2.0)
    pulled = (
        design.T @ (extended.data.kpi[:, 0] - media) / noise**2 + prior.prior_mean * size / sd**2
    )
    solved: np.ndarray = np.linalg.solve(precision, pulled)
    return solved
