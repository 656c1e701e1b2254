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
from mmm_orchestration.model.recover import NUDGE
from mmm_orchestration.project import Project
from mmm_orchestration.transforms.plan import ChannelUnknown, TransformPlan

# median and log-sd of how far the effect of a channel differs by geo, 6 to 65 % of it: where one
# geo is known far better than all others, a spread near zero ties the share to that geo alone, and
# no step size fits both that neck and the rest
EFFECT_SPREAD = (0.2, 0.6)
BASELINE_SPREAD = 0.5
PATH_SIZE = 0.3
SYNERGY_SD = 0.02
TREND_SIZE = 0.5
LENGTH_LOG_SD = 0.5
DEGREES = (8.0, 0.8)
SPREADS = ("intercept", "trend and season")

DIMS: Mapping[str, tuple[str, ...]] = {
    "share": ("channel",),
    "strength": ("channel",),
    "sigma": ("geo",),
    "degrees": ("tail",),
    "effect_spread": ("channel",),
    "baseline_spread": ("spread",),
    "signed_coefficient": ("signed_control",),
    "trend_size": ("smooth",),
    "trend_length": ("smooth",),
    "shrinkage": ("shrunk",),
    "local_shrinkage": ("shrunk_control",),
    "path_size": ("varying_channel",),
    "path_standard": ("varying_channel", "path"),
    "synergy": ("pair",),
    "baseline_standard": ("basis",),
    "own_standard": ("geo", "own"),
}


def build_model(data: ModelData, *, project: Project) -> pm.Model:
    """The media mix model of `data`; NUTS sees all but the baseline and the effects by geo.

    Observed arrays stay in it: `observed_kpi` is the KPI (geo, date) in units of each geo's mean,
    `exposure` (geo, lag + date, channel) is in typical exposures. Raises ModelError where a prior
    asks for what the data have not.
    """
    return build_graph(prepare_parts(data, project=project))


def build_graph(parts: Parts, *, is_collapsed: bool | None = None) -> pm.Model:
    """The model of its prepared `parts`.

    Everything linear and Gaussian is integrated out where the noise is normal. Otherwise, or
    where `is_collapsed` is false, the same unknowns are sampled with all others.
    """
    collapsed = parts.family.name == "normal" if is_collapsed is None else is_collapsed
    with pm.Model() as model:
        _add_coords(model, parts=parts)
        pm.Data("exposure", parts.exposure)
        pm.Data("step_spread", parts.plan.spread)
        unknowns = _sample_transforms(parts)
        response = _respond(model["exposure"], unknowns, parts=parts)
        path = _sample_path(parts)
        seen = path * pm.Data("is_observed", parts.is_observed.astype(float))[:, :, None]
        weight = pm.Data("weight", parts.weight)[:, :, None]
        weighed = (response * seen * weight).sum(axis=(0, 1))
        size = _sample_share(parts, unknowns, weighed=weighed, seen=seen * weight) / weighed
        media = response * seen * size
        sigma = pm.HalfNormal(
            "sigma", pm.Data("kpi_spread", parts.spread), dims="geo", initval=0.5 * parts.spread
        )
        expected = media.sum(axis=2) + _sample_signed(parts)
        expected = expected + _sample_synergies(parts, response * seen, weight=weight)
        deviating = _sample_spreads(media, parts=parts)
        _observe_trials(parts, unknowns, whole=response * path * size, path=path, size=size)
        observe = _observe_collapsed if collapsed else _observe_whole
        observe(parts, expected=expected, deviating=deviating, sigma=sigma)
    return model


def _add_coords(model: pm.Model, *, parts: Parts) -> None:
    """The dims; lengths are shared variables so that no shape is compiled in."""
    for name, labels in list_coords(parts).items():
        length: Tensor = shared(np.asarray(len(labels), dtype="int64"), name=f"n_{name}")  # type: ignore[no-untyped-call]
        model.add_coord(name, labels, length=length)


def list_coords(parts: Parts) -> dict[str, tuple[str, ...]]:
    """The labels of every dim of the model."""
    channels = parts.data.channels
    free = np.array(parts.design.columns)[parts.is_free]
    n_own = len(parts.deviating) + (len(channels) if parts.n_geos > 1 else 0)
    coords = {
        "channel": channels,
        "geo": parts.data.geos,
        "spread": SPREADS,
        "signed_control": parts.signed,
        "smooth": ("trend",),
        "shrunk": ("controls",),
        "shrunk_control": tuple(free[parts.scales.shrunk].tolist()),
        "tail": ("kpi",),
        "varying_channel": tuple(channels[c] for c in parts.varying),
        "path": tuple(f"path_{k + 1}" for k in range(parts.path.shape[1])),
        "pair": parts.pair_names,
        "basis": tuple(free.tolist()),
        "own": tuple(f"own_{k + 1}" for k in range(n_own)),
    }
    for unknown in parts.plan.unknowns:
        coords[name_dim(unknown, parts=parts)] = tuple(channels[c] for c in unknown.channels)
    return coords


def name_dim(unknown: ChannelUnknown, *, parts: Parts) -> str:
    """The dim of an unknown: all channels, or those whose family has it."""
    if len(unknown.channels) == len(parts.data.channels):
        return "channel"
    return f"channel_of_{unknown.name}"


def _respond(
    exposure: Tensor,
    unknowns: Mapping[str, Tensor],
    *,
    parts: Parts,
    plan: TransformPlan | None = None,
    frequency: Tensor = None,
) -> Tensor:
    """The response of every channel of `plan`, shape (geo, date, channel)."""
    plan = plan or parts.plan
    model = pm.modelcontext(None)
    if any(plan.reached) and frequency is None:
        if "frequency" not in model.named_vars:
            pm.Data("frequency", parts.frequency)
        frequency = model["frequency"]
    return plan.build_response(
        exposure,
        unknowns,
        frequency=frequency,
        kernels=plan.build_kernels(unknowns, spread=model["step_spread"], xp=pt),
        carry=CarryOver(),
        xp=pt,
    )


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


def _sample_path(parts: Parts) -> Tensor:
    """How the effect of each channel varies around its own, (date, channel); one where steady."""
    if not len(parts.varying):
        return pt.ones((1, 1))
    n, k = len(parts.varying), parts.path.shape[1]
    size = pm.HalfNormal("path_size", PATH_SIZE, dims=DIMS["path_size"], initval=np.full(n, 0.1))
    standard = pm.Normal(
        "path_standard", 0, 1, dims=DIMS["path_standard"], initval=np.zeros((n, k))
    )
    place = pm.Data("place_varying", np.eye(len(parts.data.channels))[parts.varying])
    columns = pm.Data("path_columns", parts.path)
    log_path = (columns[:, None, :] * (standard * size[:, None])).sum(axis=2)
    return pt.exp((log_path[:, :, None] * place).sum(axis=1))


def _sample_share(
    parts: Parts, unknowns: Mapping[str, Tensor], *, weighed: Tensor, seen: Tensor
) -> Tensor:
    """Contribution of each channel as a share of the KPI, all geos together.

    Where the prior is of a marginal return, it is that over the elasticity of the response.
    """
    prior = parts.strength
    is_marginal = prior.is_marginal.any()
    sampled = pm.LogNormal(
        "strength" if is_marginal else "share",
        pt.log(pm.Data("share_prior_median", prior.median)),
        pm.Data("share_prior_log_sd", prior.log_sd),
        dims="channel",
        initval=prior.median.copy(),
    )
    if not is_marginal:
        return sampled
    exposure = pm.modelcontext(None)["exposure"]
    nudged = _respond((1 + NUDGE) * exposure, unknowns, parts=parts)
    elasticity = ((nudged * seen).sum(axis=(0, 1)) / weighed - 1) / NUDGE
    marginal = pm.Data("is_marginal", prior.is_marginal.astype(float))
    return sampled / (marginal * elasticity + 1 - marginal)


def _sample_signed(parts: Parts) -> Tensor | float:
    """What the sign-constrained columns add, shape (geo, date); zero where there are none."""
    if not parts.signed:
        return 0.0
    sd = parts.design.prior_sd[~parts.is_free]
    columns = pm.Data("signed_columns", parts.signed_matrix)
    size = pm.HalfNormal(
        "signed_coefficient",
        pm.Data("signed_prior_sd", sd),
        dims=DIMS["signed_coefficient"],
        initval=0.5 * sd,
    )
    return (columns * size).sum(axis=2)


def _sample_synergies(parts: Parts, response: Tensor, *, weight: Tensor) -> Tensor | float:
    """What pairs of channels add together, shape (geo, date); zero where none is declared.

    `synergy` is the mean of `δ s_c s_d` as a share of the KPI, of either sign, close to zero.
    """
    if not len(parts.pairs):
        return 0.0
    sampled = pm.Normal("synergy", 0, SYNERGY_SD, dims="pair", initval=np.zeros(len(parts.pairs)))
    product = response[:, :, parts.pairs[:, 0]] * response[:, :, parts.pairs[:, 1]]
    return (product * (sampled / (product * weight).sum(axis=(0, 1)))).sum(axis=2)


def _sample_spreads(media: Tensor, *, parts: Parts) -> tuple[Tensor, Tensor]:
    """How far geos differ: the log scale of the baseline's deviations, and those of the effects.

    The former has shape (deviation,), the latter (geo, date, channel); both empty nationally.
    """
    if parts.n_geos == 1:
        return pt.zeros((0,)), pt.zeros((media.shape[0], media.shape[1], 0))
    n = len(parts.data.channels)
    median, log_sd = EFFECT_SPREAD
    effect_spread = pm.LogNormal(
        "effect_spread", np.log(median), log_sd, dims="channel", initval=np.full(n, median)
    )
    baseline_spread = pm.HalfNormal(
        "baseline_spread", BASELINE_SPREAD, dims="spread", initval=np.full(2, 0.2)
    )
    is_intercept = pm.Data("is_intercept", parts.is_intercept)
    log_spread = pt.log(baseline_spread)
    own_log_scale = is_intercept * log_spread[0] + (1 - is_intercept) * log_spread[1]
    return own_log_scale, media * effect_spread


def _sample_scales(parts: Parts) -> Tensor:
    """Log of the factor on the prior sd of each free baseline column, shape (basis,)."""
    plan, unknowns = parts.scales, {}
    if plan.trend.any():
        unknowns["trend_size"] = pm.HalfNormal(
            "trend_size", TREND_SIZE, dims="smooth", initval=np.full(1, 0.3)
        )[0]
        unknowns["trend_length"] = pm.LogNormal(
            "trend_length",
            pt.log(pm.Data("trend_length_median", np.full(1, plan.trend_length))),
            LENGTH_LOG_SD,
            dims="smooth",
            initval=np.full(1, plan.trend_length),
        )[0]
    if plan.shrunk.any():
        n = int(plan.shrunk.sum())
        unknowns["shrinkage"] = pm.HalfStudentT(
            "shrinkage",
            nu=3,
            sigma=pm.Data("shrinkage_scale", np.full(1, plan.shrinkage)),
            dims="shrunk",
            initval=np.full(1, plan.shrinkage),
        )[0]
        unknowns["local_shrinkage"] = pm.HalfStudentT(
            "local_shrinkage", nu=3, sigma=1, dims="shrunk_control", initval=np.ones(n)
        )
    arrays = {name: pm.Data(name, values) for name, values in plan.list_arrays().items()}
    scales: Tensor = plan.compute(unknowns, arrays=arrays, xp=pt)
    return scales


def _observe_trials(
    parts: Parts, unknowns: Mapping[str, Tensor], *, whole: Tensor, path: Tensor, size: Tensor
) -> None:
    """What experiments found, against the incremental outcome of window and carry-over.

    `lift ~ N(Σ_g w_g (m_g - m_g without the tested exposure), se² + Σ_g (τ w_g Δ_g)²)`: the
    deviation of a geo from all is not known beforehand, so it widens what its test says of all.
    """
    trials = parts.trials
    if not trials.n:
        return
    places = trials.channels
    plan = parts.plan.select(places.tolist())
    own = {
        u.name: unknowns[u.name][
            np.array([parts.plan.position_of(u.name, int(places[i])) for i in u.channels])
        ]
        for u in plan.unknowns
    }
    without = _respond(
        pm.Data("trial_exposure", trials.exposure),
        own,
        parts=parts,
        plan=plan,
        frequency=pm.Data("trial_frequency", parts.frequency[:, :, places]),
    )
    factor = path[:, places] * size[places] if len(parts.varying) else size[places]
    lost = (whole[:, :, places] - without * factor).sum(axis=1)
    lost = lost * pm.Data("trial_weight", trials.weight)
    variance = pm.Data("trial_se", trials.se) ** 2
    if parts.n_geos > 1:
        spread = pm.modelcontext(None)["effect_spread"][places]
        variance = variance + ((spread * lost) ** 2).sum(axis=0)
    error = pm.Data("trial_lift", trials.lift) - lost.sum(axis=0)
    pm.Potential("trials", -0.5 * (error**2 / variance + pt.log(2 * np.pi * variance)).sum())


def _observe_collapsed(
    parts: Parts, *, expected: Tensor, deviating: tuple[Tensor, Tensor], sigma: Tensor
) -> None:
    """The KPI, observed with baseline and effects by geo integrated out."""
    mean = pm.Data("baseline_mean", parts.mean)
    fixed, gram = pm.Data("fixed", parts.fixed), pm.Data("gram", parts.gram)
    n_observed = pm.Data("n_observed", parts.n_observed)

    def logp(
        value: Tensor,
        expected: Tensor,
        own_log_scale: Tensor,
        media: Tensor,
        log_scale: Tensor,
        sigma: Tensor,
    ) -> Tensor:
        outputs: Tensor = Collapse()(
            value - mean - expected, media, fixed, gram, own_log_scale, log_scale, sigma, n_observed
        )
        return outputs[0]

    pm.CustomDist(
        "kpi",
        expected,
        *deviating,
        _sample_scales(parts),
        sigma,
        logp=logp,
        observed=pm.Data("observed_kpi", parts.kpi),
        signature="(g,t),(d),(g,t,k),(p),(g)->(g,t)",
    )


def _observe_whole(
    parts: Parts, *, expected: Tensor, deviating: tuple[Tensor, Tensor], sigma: Tensor
) -> None:
    """The KPI, observed around a mean in which every coefficient is sampled."""
    coords = list_coords(parts)
    standard = pm.Normal(
        "baseline_standard", 0, 1, dims="basis", initval=np.zeros(len(coords["basis"]))
    )
    coefficients = pt.exp(_sample_scales(parts)) * standard
    shared_part = (pm.Data("common", parts.common) * coefficients).sum(axis=2)
    mean = pm.Data("baseline_mean", parts.mean) + shared_part + expected
    if parts.n_geos > 1:
        n_own, (own_log_scale, media) = len(coords["own"]), deviating
        own = pm.Normal(
            "own_standard",
            0,
            1,
            dims=DIMS["own_standard"],
            initval=np.zeros((parts.n_geos, n_own)),
        )
        baseline = pm.Data("deviations", parts.deviations) * pt.exp(own_log_scale)
        columns: Tensor = pt.concatenate([baseline, media], axis=2)  # type: ignore[no-untyped-call]
        mean = mean + (columns * own[:, None, :]).sum(axis=2)
    degrees = pt.ones(1)
    if parts.family.has_degrees:
        median, log_sd = DEGREES
        degrees = pm.LogNormal(
            "degrees", np.log(median), log_sd, dims="tail", initval=np.full(1, median)
        )
    size = pm.Data("kpi_size", parts.data.kpi_mean)[:, None]
    observed = pm.modelcontext(None)["is_observed"]

    def logp(value: Tensor, mean: Tensor, sigma: Tensor, degrees: Tensor) -> Tensor:
        density: Tensor = parts.family.compute_log_density(
            value, mean, sigma=sigma[:, None], size=size, degrees=degrees[0], xp=pt
        )
        # in units of the mean KPI, as the collapsed density is
        return density * observed + pt.log(size) * observed

    pm.CustomDist(
        "kpi",
        mean,
        sigma,
        degrees,
        logp=logp,
        observed=pm.Data("observed_kpi", parts.kpi),
        signature="(g,t),(g),(k)->(g,t)",
    )
