"""What was integrated out, drawn exactly for every draw of the rest.

Belongs here: baseline and effects by geo from draws. Must not: PyMC, sampling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from mmm_orchestration.model.data import Array
from mmm_orchestration.model.parts import Parts
from mmm_orchestration.model.smooth import compute_paths

CHUNK_BYTES = 64_000_000
NUDGE = 0.01


@dataclass(frozen=True, eq=False)
class Recovered:
    """`baseline` (draw, geo, column) and `effect` (draw, geo, channel), in mean KPIs of a geo.

    An effect is the contribution per period at a response of one; `share` (draw, channel) is of
    the KPI of all geos; `synergy_effect` (draw, pair) is the contribution at a product of one.
    """

    baseline: Array
    effect: Array
    share: Array
    synergy_effect: Array


def recover(flat: Mapping[str, Array], *, parts: Parts, rng: np.random.Generator) -> Recovered:
    """One exact draw of all coefficients for each draw of the unknowns.

    `flat` holds the sampled unknowns by name, each of shape (draw, …); coefficients that were
    sampled themselves are taken as they are.
    """
    n_draws = len(flat["sigma"])
    size = parts.exposure[:, :, 0].size * (parts.exposure.shape[2] + parts.common.shape[2])
    step = max(1, CHUNK_BYTES // (8 * size))
    chunks = [
        _recover_chunk({k: v[i : i + step] for k, v in flat.items()}, parts=parts, rng=rng)
        for i in range(0, n_draws, step)
    ]
    return Recovered(
        **{f.name: np.concatenate([getattr(c, f.name) for c in chunks]) for f in fields(Recovered)}
    )


def compute_responses(flat: Mapping[str, Array], *, parts: Parts, factor: float = 1.0) -> Array:
    """The response of every channel at every draw, shape (draw, geo, date, channel).

    Zero where the KPI is not observed; `factor` multiplies all exposure. Where an effect varies,
    its path is part of the response.
    """
    columns = []
    for c, is_reached in enumerate(parts.plan.reached):
        own = {
            u.name: flat[u.name][:, u.channels.index(c)]
            for u in parts.plan.unknowns
            if c in u.channels
        }
        response = parts.plan.transform(
            factor * parts.exposure[:, :, c],
            channel=c,
            unknowns=own,
            frequency=parts.frequency[:, :, c] if is_reached else None,
        )
        columns.append(response)
    responses = np.stack(columns, axis=-1)
    if len(parts.varying):
        responses[..., parts.varying] *= compute_paths(flat, path=parts.path)[:, None]
    return np.ascontiguousarray(responses * parts.is_observed[:, :, None])


def compute_shares(flat: Mapping[str, Array], *, parts: Parts, weighed: Array) -> Array:
    """The share of the KPI of each channel, shape (draw, channel).

    `weighed` (draw, channel) is the mean response.
    """
    if "share" in flat:
        return flat["share"]
    nudged = compute_responses(flat, parts=parts, factor=1 + NUDGE)
    elasticity = (np.einsum("dgtc,gt->dc", nudged, parts.weight) / weighed - 1) / NUDGE
    shares: Array = flat["strength"] / np.where(parts.strength.is_marginal, elasticity, 1.0)
    return shares


def _recover_chunk(
    flat: Mapping[str, Array], *, parts: Parts, rng: np.random.Generator
) -> Recovered:
    n_draws, n_geos = len(flat["sigma"]), parts.n_geos
    response = compute_responses(flat, parts=parts)
    weighed = np.einsum("dgtc,gt->dc", response, parts.weight)
    share = compute_shares(flat, parts=parts, weighed=weighed)
    effect = share / weighed
    media = response * effect[:, None, None, :]
    joint, joint_effect = _compute_synergies(flat, response=response, parts=parts)
    residual = (parts.kpi - parts.mean) - media.sum(axis=3) - joint
    if parts.signed:
        residual -= np.einsum("gts,ds->dgt", parts.signed_matrix, flat["signed_coefficient"])
    columns, sd = _scale_columns(flat, media=media, parts=parts)
    log_scale = parts.scales.compute(flat, arrays=parts.scales.list_arrays(), xp=np)
    scale = np.exp(np.broadcast_to(log_scale, (n_draws, parts.common.shape[2])))
    if "baseline_standard" in flat:
        shared = flat["baseline_standard"]
        own = flat.get("own_standard", np.zeros((n_draws, n_geos, 0)))
    else:
        shared, own = draw_coefficients(
            residual,
            columns,
            parts.common,
            scale=scale,
            sigma=flat["sigma"],
            free_shared=rng.standard_normal((n_draws, parts.common.shape[2])),
            free_own=rng.standard_normal((n_draws, n_geos, columns.shape[3])),
        )
    design = parts.design
    free = design.prior_mean[parts.is_free] + scale * shared * design.prior_sd[parts.is_free]
    baseline = np.empty((n_draws, n_geos, len(design.columns)))
    baseline[:, :, parts.is_free] = free[:, None, :]
    if parts.signed:
        baseline[:, :, ~parts.is_free] = (flat["signed_coefficient"] * parts.turns)[:, None, :]
    n_deviations = len(parts.deviating)
    baseline[:, :, parts.deviating] += own[:, :, :n_deviations] * sd[:, None, :]
    by_geo = np.repeat(effect[:, None, :], n_geos, axis=1)
    if n_geos > 1:
        by_geo *= 1 + flat["effect_spread"][:, None, :] * own[:, :, n_deviations:]
    return Recovered(baseline=baseline, effect=by_geo, share=share, synergy_effect=joint_effect)


def _compute_synergies(
    flat: Mapping[str, Array], *, response: Array, parts: Parts
) -> tuple[Array, Array]:
    """What the pairs add (draw, geo, date), and their effects (draw, pair)."""
    if not len(parts.pairs):
        return np.zeros(response.shape[:3]), np.empty((len(response), 0))
    product = response[..., parts.pairs[:, 0]] * response[..., parts.pairs[:, 1]]
    effect = flat["synergy"] / np.einsum("dgtp,gt->dp", product, parts.weight)
    return np.einsum("dgtp,dp->dgt", product, effect), effect


def _scale_columns(flat: Mapping[str, Array], *, media: Array, parts: Parts) -> tuple[Array, Array]:
    """The columns that differ by geo (draw, geo, date, column), and the sd of the deviations."""
    if parts.n_geos == 1:
        return np.empty((*media.shape[:3], 0)), np.empty((len(media), 0))
    spread = flat["baseline_spread"]
    wide = np.where(parts.is_intercept == 1, spread[:, [0]], spread[:, [1]])
    deviations = parts.deviations * wide[:, None, None, :]
    effects = media * flat["effect_spread"][:, None, None, :]
    columns = np.ascontiguousarray(np.concatenate([deviations, effects], axis=3))
    return columns, wide * parts.deviation_sd


def draw_coefficients(
    residual: Array,
    columns: Array,
    common: Array,
    *,
    scale: Array,
    sigma: Array,
    free_shared: Array,
    free_own: Array,
) -> tuple[Array, Array]:
    """Draws of `v` (draw, basis) and `u` (draw, geo, column) of `ops.collapse` given the data.

    `v ~ N(Λ⁻¹ b, Λ⁻¹)`, then `u_g | v ~ N(B_g⁻¹ A_gᵀ (r_g - Z_g D v) / σ_g², B_g⁻¹)` with
    `B_g = I + A_gᵀ A_g / σ_g²` and `D` the diagonal of `scale` (draw, basis). `residual` (draw,
    geo, date), `columns` (draw, geo, date, column) and `sigma` (draw, geo) differ by draw, `common`
    (geo, date, basis) does not; `free_shared` (draw, basis) and `free_own` (draw, geo, column) are
    standard normal.
    """
    variance = sigma[:, :, None, None] ** 2
    turned, basis = _turn(columns), common[None]
    right = residual[..., None]
    halves = _halve(turned @ columns / variance)
    crossed = halves @ (turned @ basis)
    of_basis = _turn(basis) @ basis / variance - _turn(crossed) @ crossed / variance**2
    pulled = _turn(basis) @ right / variance
    pulled -= _turn(crossed) @ (halves @ (turned @ right)) / variance**2
    wide = scale[:, :, None]
    half = _halve(of_basis.sum(axis=1) * (wide * _turn(wide)))
    shared = _turn(half) @ (half @ (wide * pulled.sum(axis=1)) + free_shared[:, :, None])
    left = right - basis @ (wide * shared)[:, None]
    own = _turn(halves) @ (halves @ (turned @ left / variance) + free_own[..., None])
    return shared[..., 0], own[..., 0]


def _halve(matrices: Array) -> Array:
    """The inverse of the Cholesky factor of `I + matrices`, shape (…, n, n)."""
    inverse: Array = np.linalg.inv(np.linalg.cholesky(matrices + np.eye(matrices.shape[-1])))
    return inverse


def _turn(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)
