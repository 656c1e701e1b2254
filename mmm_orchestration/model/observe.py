"""How the KPI is observed: with the linear unknowns integrated out, or with all of them sampled.

Belongs here: the last step of the graph. Must not: the response to media (see `graph`), the
families of noise (see `likelihood`).
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from mmm_orchestration.model.ops import Collapse, Tensor
from mmm_orchestration.model.parts import Parts

TREND_SIZE = 0.5
LENGTH_LOG_SD = 0.5
DEGREES = (8.0, 0.8)


def observe_collapsed(
    parts: Parts, *, expected: Tensor, deviating: tuple[Tensor, Tensor], sigma: Tensor
) -> None:
    """The KPI, observed with baseline and effects by geo integrated out."""
    mean = pm.Data("baseline_mean", parts.mean)
    fixed, gram = pm.Data("fixed", parts.fixed), pm.Data("gram", parts.gram)
    n_observed = pm.Data("n_observed", parts.n_observed)

    def logp(  # noqa: PLR0917 - PyMC has no keywords
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


def observe_whole(
    parts: Parts, *, expected: Tensor, deviating: tuple[Tensor, Tensor], sigma: Tensor
) -> None:
    """The KPI, observed around a mean in which every coefficient is sampled."""
    n_basis, n_own = parts.common.shape[2], parts.fixed.shape[2] - parts.common.shape[2]
    standard = pm.Normal("baseline_standard", 0, 1, dims="basis", initval=np.zeros(n_basis))
    coefficients = pt.exp(_sample_scales(parts)) * standard
    shared_part = (pm.Data("common", parts.common) * coefficients).sum(axis=2)
    mean = pm.Data("baseline_mean", parts.mean) + shared_part + expected
    if parts.n_geos > 1:
        own_log_scale, media = deviating
        shape = (parts.n_geos, n_own + len(parts.data.channels))
        own = pm.Normal(
            "own_standard",
            0,
            1,
            dims=("geo", "own"),
            initval=np.zeros(shape),
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
