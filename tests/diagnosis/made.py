"""Small worlds with a planted trouble, and posteriors made of draws without sampling."""

from dataclasses import replace

import numpy as np
import xarray as xr

from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.parts import prepare_parts
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project
from tests.model.worlds import make_project

CHANNELS = ("tv", "radio", "search")
N = 156
SHARES = np.array([0.12, 0.08, 0.06])
N_DRAWS = 200


def project_with(*controls: str, extra: str = "") -> Project:
    """The project of three channels and the controls, without a sign."""
    return make_project(CHANNELS, controls=dict.fromkeys(controls, "any"), extra=extra)


def make_exposure(seed: int) -> Array:
    """Gamma exposures without any pattern, shape (date, channel)."""
    return np.random.default_rng(seed).gamma(2.0, 50.0, (N, len(CHANNELS)))


def make_data(
    *,
    seed: int = 0,
    exposure: Array | None = None,
    spend: Array | None = None,
    controls: dict[str, Array] | None = None,
    extra: Array | float = 0.0,
    noise: float = 20.0,
) -> ModelData:
    """A national world: level, season, media at the prior medians, `extra` (date,) and noise."""
    rng = np.random.default_rng([seed, 1])
    x = make_exposure(seed) if exposure is None else exposure
    named = controls or {}
    data = ModelData(
        periods=np.datetime64("2022-01-03") + 7 * np.arange(N).astype("timedelta64[D]"),
        period_days=7,
        geos=("national",),
        kpi=1000 + rng.normal(0, noise, (N, 1)),
        exposure=x[:, None, :],
        history=np.zeros((8, 1, len(CHANNELS))),
        spend=(x if spend is None else spend)[:, None, :],
        channels=CHANNELS,
        controls=np.column_stack([*named.values(), np.empty((N, 0))])[:, None, :],
        control_names=tuple(named),
    )
    season = 60 * np.sin(2 * np.pi * np.arange(N) / 52.18)
    media = respond(data, project=project_with(*named))
    brought = (media * 1000 * SHARES / media.mean(axis=0)).sum(axis=1)
    return replace(data, kpi=data.kpi + (season + brought + extra)[:, None])


def respond(data: ModelData, *, project: Project) -> Array:
    """The response of every channel at the prior medians, shape (date, channel)."""
    parts = prepare_parts(data, project=project)
    columns = []
    for c in range(len(data.channels)):
        medians = {
            u.name: np.array([u.priors[u.channels.index(c)].median]) for u in parts.plan.unknowns
        }
        exposure = parts.exposure[:, :, c]
        columns.append(parts.plan.transform(exposure, channel=c, unknowns=medians)[0, 0])
    return np.column_stack(columns)


def make_posterior(
    data: ModelData, *, project: Project, wide: float = 0.05, **changed: Array
) -> Posterior:
    """Draws around the least-squares fit at the prior medians, in two chains.

    `wide` is the log-sd of carry-over and saturation; `changed` replaces draws (draw, channel).
    """
    rng = np.random.default_rng(5)
    parts = prepare_parts(data, project=project)
    media, design = respond(data, project=project), parts.design.matrix[:, 0]
    columns = np.hstack([design, media])
    fit, *_ = np.linalg.lstsq(columns, data.kpi[:, 0], rcond=None)
    sigma = (data.kpi[:, 0] - columns @ fit).std()
    half = np.linalg.cholesky(
        np.linalg.pinv(columns.T @ columns, hermitian=True) + 1e-12 * np.eye(columns.shape[1])
    )
    drawn = fit + sigma * rng.normal(size=(N_DRAWS, len(fit))) @ half.T
    n_columns = design.shape[1]
    draws = {
        u.name: np.exp(
            np.log([p.median for p in u.priors])
            + wide * rng.normal(size=(N_DRAWS, len(u.channels)))
        )
        for u in parts.plan.unknowns
    }
    draws |= {"effect": np.maximum(drawn[:, n_columns:], 1e-3), "share": np.ones((N_DRAWS, 3))}
    draws |= changed
    shaped = {k: v.reshape(2, -1, v.shape[1]) for k, v in draws.items()}
    dims = ("chain", "draw")
    return Posterior(
        draws=xr.Dataset(
            {
                **{k: ((*dims, "channel"), v) for k, v in shaped.items() if k != "effect"},
                "effect": ((*dims, "geo", "channel"), shaped["effect"][:, :, None]),
                "sigma": ((*dims, "geo"), np.full((2, N_DRAWS // 2, 1), sigma)),
                "baseline": (
                    (*dims, "geo", "column"),
                    drawn[:, :n_columns].reshape(2, -1, 1, n_columns),
                ),
            },
            coords={"channel": list(CHANNELS), "column": list(parts.design.columns)},
        ),
        data=data,
        design=parts.design.matrix,
        scale=parts.scale,
        project=project,
        diagnostics=Diagnostics(1.0, "a", 500.0, "b", 500.0, "c", 0, N_DRAWS),
        versions={},
    )
