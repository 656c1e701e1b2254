"""The PyMC model. Does not sample, read or log.

All data enter as shared arrays of unknown shape, so the compiled density is the same for every
project and every refit and comes from PyTensor's cache on disk.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import shared

from mmm_orchestration.model.collapse import Collapsed, collapse_design
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.design import Design, build_design
from mmm_orchestration.model.priors import describe_share_prior, get_share_prior
from mmm_orchestration.model.transforms import (
    CHANNEL,
    GeometricAdstock,
    HillSaturation,
    Tensor,
    find_typical_exposure,
)
from mmm_orchestration.project import Project

SIGNED = "signed_control"


@dataclass(frozen=True, eq=False)
class Parts:
    """What the graph is built from and what completes its draws afterwards."""

    design: Design
    collapsed: Collapsed
    adstock: GeometricAdstock
    saturation: HillSaturation
    share_median: Array
    share_log_sd: Array

    @property
    def signed(self) -> tuple[str, ...]:
        """Names of the columns that keep one side of zero."""
        return tuple(
            c for c, s in zip(self.design.columns, self.design.signs, strict=True) if s != "any"
        )

    @property
    def signed_matrix(self) -> Array:
        """Those columns, turned so that their coefficients are positive, (date, column)."""
        kept = ~self.collapsed.is_collapsed
        turn = np.array([-1.0 if s == "negative" else 1.0 for s in self.design.signs])
        matrix: Array = (self.design.matrix * turn)[:, kept]
        return matrix


def prepare_parts(data: ModelData, *, project: Project) -> Parts:
    """Design, transforms and share priors for `data`."""
    design = build_design(data, project=project)
    medians, sds = zip(
        *(describe_share_prior(get_share_prior(project, channel=c)) for c in data.channels),
        strict=True,
    )
    return Parts(
        design=design,
        collapsed=collapse_design(design),
        adstock=GeometricAdstock(
            max_lag=project.model.max_lag_days // data.period_days,
            period_days=data.period_days,
            step_days=1 if project.fades_daily else data.period_days,
        ),
        saturation=HillSaturation(),
        share_median=np.array(medians),
        share_log_sd=np.array(sds),
    )


def build_model(data: ModelData, *, project: Project) -> pm.Model:
    """The media mix model of `data`; NUTS sees carry-over, saturation, shares and noise only.

    Observed arrays stay in it untouched: `kpi` (date,) and `lagged_exposure`
    (date, lag, channel), whose lag 0 is the exposure.
    """
    return build_graph(data, parts=prepare_parts(data, project=project))


def build_graph(data: ModelData, *, parts: Parts) -> pm.Model:
    """The model of `data` from its prepared `parts`."""
    n_channels = len(data.channels)
    with pm.Model() as model:
        # lengths are shared variables so that no shape is compiled in
        model.add_coord(CHANNEL, data.channels, length=_shared(n_channels, "n_channels"))
        lagged = pm.Data("lagged_exposure", parts.adstock.stack_lags(data.exposure))
        typical = pm.Data("typical_exposure", find_typical_exposure(data.exposure))
        scale = pm.Data("kpi_scale", float(data.kpi.mean()))
        lag_days = parts.adstock.sample_prior(n_channels)
        half, slope = parts.saturation.sample_prior(n_channels)
        share = _sample_share(parts)
        sigma = pm.HalfNormal("sigma", _spread(data), initval=_start_sigma(data))
        adstock = parts.adstock.apply(
            lagged, parts.adstock.get_alpha(lag_days), pm.Data("spread", parts.adstock.spread)
        )
        saturation = parts.saturation.apply(adstock / typical, half, slope)
        media = (share / saturation.mean(axis=0) * saturation).sum(axis=1)
        expected = media + _sample_signed(model, parts=parts)
        _observe(data, parts=parts, scale=scale, expected=expected, sigma=sigma)
    return model


def _spread(data: ModelData) -> Tensor:
    return pm.Data("kpi_spread", float(data.kpi.std() / data.kpi.mean()))


def _start_sigma(data: ModelData) -> Array:
    return np.asarray(0.5 * data.kpi.std() / data.kpi.mean())


def _shared(value: int, name: str) -> Tensor:
    return shared(np.asarray(value, dtype="int64"), name=name)  # type: ignore[no-untyped-call]


def _sample_share(parts: Parts) -> Tensor:
    """Mean contribution of each channel as a share of the mean KPI."""
    median = pm.Data("share_prior_median", parts.share_median)
    log_sd = pm.Data("share_prior_log_sd", parts.share_log_sd)
    return pm.LogNormal(
        "share", pt.log(median), log_sd, dims=CHANNEL, initval=parts.share_median.copy()
    )


def _sample_signed(model: pm.Model, *, parts: Parts) -> Tensor | float:
    """What the sign-constrained columns add, shape (date,); zero where there are none."""
    if not parts.signed:
        return 0.0
    model.add_coord(SIGNED, parts.signed, length=_shared(len(parts.signed), "n_signed"))
    sd = parts.design.prior_sd[~parts.collapsed.is_collapsed]
    columns = pm.Data("signed_columns", parts.signed_matrix)
    size = pm.HalfNormal(
        "signed_coefficient", pm.Data("signed_prior_sd", sd), dims=SIGNED, initval=0.5 * sd
    )
    return (columns * size[None, :]).sum(axis=1)


def _observe(
    data: ModelData,
    *,
    parts: Parts,
    scale: Tensor,
    expected: Tensor,
    sigma: Tensor,
) -> None:
    """The KPI, observed with the baseline integrated out."""
    basis = pm.Data("basis", parts.collapsed.basis)
    strength = pm.Data("strength", parts.collapsed.strength)
    mean = pm.Data("baseline_mean", parts.collapsed.mean)

    def logp(value: Tensor, expected: Tensor, sigma: Tensor) -> Tensor:
        residual = value / scale - mean - expected
        return compute_collapsed_logp(residual, sigma=sigma, basis=basis, strength=strength)

    pm.CustomDist("kpi", expected, sigma, logp=logp, observed=data.kpi, signature="(t),()->(t)")


def compute_collapsed_logp(
    residual: Tensor,
    *,
    sigma: Tensor,
    basis: Tensor,
    strength: Tensor,
) -> Tensor:
    """The log of N(residual | 0, σ² I + U diag(s²) Uᵀ), a scalar.

    `residual` (date,), `basis` U (date, rank), `strength` s² (rank,). Written with sums
    instead of dot products, which take minutes to compile on a first run.
    """
    variance = sigma**2
    projected = (residual[:, None] * basis).sum(axis=0)
    outside = (residual**2).sum() - (projected**2).sum()
    n_outside = residual.shape[0] - strength.shape[0]
    return -0.5 * (
        (projected**2 / (variance + strength)).sum()
        + outside / variance
        + pt.log(variance + strength).sum()
        + n_outside * pt.log(variance)
        + residual.shape[0] * np.log(2 * np.pi)
    )
