"""The PyMC model. Does not sample, read or log.

All data enter as shared arrays of unknown shape, so the compiled density is the same for every
project with the same families and every refit, and comes from PyTensor's cache on disk.
"""

from collections.abc import Mapping

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import shared

from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.ops import CarryOver, Collapse, Tensor
from mmm_orchestration.model.parts import Parts, prepare_parts
from mmm_orchestration.project import Project
from mmm_orchestration.transforms.plan import ChannelUnknown

CHANNEL, GEO, SIGNED, SPREAD = "channel", "geo", "signed_control", "geo_spread_of"
SPREADS = ("intercept", "trend and season")
EFFECT_SPREAD = 0.3
BASELINE_SPREAD = 0.5


def build_model(data: ModelData, *, project: Project) -> pm.Model:
    """The media mix model of `data`; NUTS sees all but the baseline and the effects by geo.

    Observed arrays stay in it: `observed` is the KPI (geo, date) in units of each geo's mean,
    `exposure` (geo, lag + date, channel) is in typical exposures.
    """
    return build_graph(prepare_parts(data, project=project))


def build_graph(parts: Parts) -> pm.Model:
    """The model of its prepared `parts`, with everything linear and Gaussian integrated out."""
    with pm.Model() as model:
        _add_coords(model, parts=parts)
        response = _transform(parts)
        size = _sample_share(parts) / _weigh(response, parts=parts)
        sigma = pm.HalfNormal(
            "sigma", pm.Data("kpi_spread", parts.spread), dims=GEO, initval=0.5 * parts.spread
        )
        expected = (response * size).sum(axis=2) + _sample_signed(model, parts=parts)
        columns = _list_columns(response * size, parts=parts)
        _observe(parts, expected=expected, columns=columns, sigma=sigma)
    return model


def _add_coords(model: pm.Model, *, parts: Parts) -> None:
    """The dims; lengths are shared variables so that no shape is compiled in."""
    add_coord(model, CHANNEL, parts.data.channels)
    add_coord(model, GEO, parts.data.geos)
    for unknown in parts.plan.unknowns:
        dim = name_dim(unknown, parts=parts)
        if dim != CHANNEL:
            add_coord(model, dim, tuple(parts.data.channels[c] for c in unknown.channels))


def name_dim(unknown: ChannelUnknown, *, parts: Parts) -> str:
    """The dim of an unknown: all channels, or those whose family has it."""
    if len(unknown.channels) == len(parts.data.channels):
        return CHANNEL
    return f"channel_of_{unknown.name}"


def add_coord(model: pm.Model, name: str, labels: tuple[str, ...]) -> None:
    """A dim whose length is a shared variable."""
    length: Tensor = shared(np.asarray(len(labels), dtype="int64"), name=f"n_{name}")  # type: ignore[no-untyped-call]
    model.add_coord(name, labels, length=length)


def _transform(parts: Parts) -> Tensor:
    """The response of every channel, shape (geo, date, channel), zero where nothing is observed."""
    exposure = pm.Data("exposure", parts.exposure)
    unknowns = _sample_transforms(parts)
    kernels = parts.plan.build_kernels(unknowns, spread=pm.Data("spread", parts.plan.spread), xp=pt)
    if parts.plan.order == "adstock_first":
        response = parts.plan.respond(CarryOver()(exposure, kernels), unknowns, xp=pt)
    else:
        response = CarryOver()(parts.plan.respond(exposure, unknowns, xp=pt), kernels)
    return response * pm.Data("is_observed", parts.is_observed.astype(float))[:, :, None]


def _sample_transforms(parts: Parts) -> Mapping[str, Tensor]:
    """The unknowns of carry-over and saturation, each over the channels that have it."""
    sampled = {}
    for unknown in parts.plan.unknowns:
        median = np.array([prior.median for prior in unknown.priors])
        log_sd = np.array([prior.log_sd for prior in unknown.priors])
        sampled[unknown.name] = pm.LogNormal(
            unknown.name,
            pt.log(pm.Data(f"{unknown.name}_prior_median", median)),
            pm.Data(f"{unknown.name}_prior_log_sd", log_sd),
            dims=name_dim(unknown, parts=parts),
            initval=median,
        )
    return sampled


def _sample_share(parts: Parts) -> Tensor:
    """Contribution of each channel as a share of the KPI, all geos together."""
    median = pm.Data("share_prior_median", parts.share_median)
    log_sd = pm.Data("share_prior_log_sd", parts.share_log_sd)
    return pm.LogNormal(
        "share", pt.log(median), log_sd, dims=CHANNEL, initval=parts.share_median.copy()
    )


def _weigh(response: Tensor, *, parts: Parts) -> Tensor:
    """Mean response of each channel over observed periods by size of geo, shape (channel,)."""
    weight = pm.Data("weight", parts.weight)
    return (response * weight[:, :, None]).sum(axis=(0, 1))


def _sample_signed(model: pm.Model, *, parts: Parts) -> Tensor | float:
    """What the sign-constrained columns add, shape (geo, date); zero where there are none."""
    if not parts.signed:
        return 0.0
    add_coord(model, SIGNED, parts.signed)
    sd = parts.design.prior_sd[~parts.is_free]
    columns = pm.Data("signed_columns", parts.signed_matrix)
    size = pm.HalfNormal(
        "signed_coefficient", pm.Data("signed_prior_sd", sd), dims=SIGNED, initval=0.5 * sd
    )
    return (columns * size).sum(axis=2)


def _list_columns(media: Tensor, *, parts: Parts) -> Tensor:
    """The columns whose coefficients differ by geo, shape (geo, date, column).

    Deviations of the baseline first, then of the effects; none nationally.
    """
    if parts.n_geos == 1:
        return pt.zeros((media.shape[0], media.shape[1], 0))
    pm.modelcontext(None).add_coord(SPREAD, SPREADS)
    effect_spread = pm.HalfNormal(
        "effect_spread", EFFECT_SPREAD, dims=CHANNEL, initval=np.full(len(parts.data.channels), 0.1)
    )
    baseline_spread = pm.HalfNormal(
        "baseline_spread", BASELINE_SPREAD, dims=SPREAD, initval=np.full(2, 0.2)
    )
    is_intercept = pm.Data("is_intercept", parts.is_intercept)
    wide = is_intercept * baseline_spread[0] + (1 - is_intercept) * baseline_spread[1]
    deviations = pm.Data("deviations", parts.deviations) * wide
    return pt.concatenate([deviations, media * effect_spread], axis=2)  # type: ignore[no-untyped-call]


def _observe(parts: Parts, *, expected: Tensor, columns: Tensor, sigma: Tensor) -> None:
    """The KPI, observed with baseline and effects by geo integrated out."""
    mean = pm.Data("baseline_mean", parts.mean)
    common, gram = pm.Data("common", parts.common), pm.Data("gram", parts.gram)
    n_observed = pm.Data("n_observed", parts.n_observed)
    log_scale = pm.Data("log_scale", np.zeros(parts.common.shape[2]))

    def logp(value: Tensor, expected: Tensor, columns: Tensor, sigma: Tensor) -> Tensor:
        residual = value - mean - expected
        outputs: Tensor = Collapse()(residual, columns, common, gram, log_scale, sigma, n_observed)
        return outputs[0]

    pm.CustomDist(
        "kpi",
        expected,
        columns,
        sigma,
        logp=logp,
        observed=pm.Data("observed_kpi", parts.kpi),
        signature="(g,t),(g,t,k),(g)->(g,t)",
    )
