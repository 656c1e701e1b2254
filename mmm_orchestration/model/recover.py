"""What was integrated out, drawn exactly for every draw of the rest.

Belongs here: baseline and effects by geo from draws. Must not: PyMC, sampling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit

from mmm_orchestration.model.data import Array
from mmm_orchestration.model.parts import Parts

CHUNK_BYTES = 64_000_000


@dataclass(frozen=True, eq=False)
class Recovered:
    """`baseline` (draw, geo, column) and `effect` (draw, geo, channel), in mean KPIs of a geo.

    An effect is the contribution per period at a response of one.
    """

    baseline: Array
    effect: Array


def recover(flat: Mapping[str, Array], *, parts: Parts, rng: np.random.Generator) -> Recovered:
    """One exact draw of all coefficients for each draw of the unknowns.

    `flat` holds the sampled unknowns by name, each of shape (draw, …).
    """
    n_draws = len(flat["share"])
    size = parts.exposure[:, :, 0].size * (parts.exposure.shape[2] + parts.common.shape[2])
    step = max(1, CHUNK_BYTES // (8 * size))
    chunks = [
        _recover_chunk({k: v[i : i + step] for k, v in flat.items()}, parts=parts, rng=rng)
        for i in range(0, n_draws, step)
    ]
    return Recovered(
        baseline=np.concatenate([c.baseline for c in chunks]),
        effect=np.concatenate([c.effect for c in chunks]),
    )


def compute_responses(flat: Mapping[str, Array], *, parts: Parts) -> Array:
    """The response of every channel at every draw, shape (draw, geo, date, channel)."""
    columns = []
    for c in range(len(parts.data.channels)):
        own = {
            u.name: flat[u.name][:, u.channels.index(c)]
            for u in parts.plan.unknowns
            if c in u.channels
        }
        columns.append(parts.plan.transform(parts.exposure[:, :, c], channel=c, unknowns=own))
    responses = np.stack(columns, axis=-1)
    return np.ascontiguousarray(responses * parts.is_observed[:, :, None])


def _recover_chunk(
    flat: Mapping[str, Array], *, parts: Parts, rng: np.random.Generator
) -> Recovered:
    n_draws, n_geos = len(flat["share"]), parts.n_geos
    response = compute_responses(flat, parts=parts)
    weighed = np.einsum("dgtc,gt->dc", response, parts.weight)
    effect = flat["share"] / weighed
    media = response * effect[:, None, None, :]
    residual = (parts.kpi - parts.mean) - media.sum(axis=3)
    if parts.signed:
        residual -= np.einsum("gts,ds->dgt", parts.signed_matrix, flat["signed_coefficient"])
    columns, sd = _scale_columns(flat, media=media, parts=parts)
    shared, own = draw_coefficients(
        residual,
        columns,
        parts.common,
        parts.gram,
        np.ones((n_draws, parts.common.shape[2])),
        flat["sigma"],
        rng.standard_normal((n_draws, parts.common.shape[2])),
        rng.standard_normal((n_draws, n_geos, columns.shape[3])),
    )
    design = parts.design
    free = design.prior_mean[parts.is_free] + shared * design.prior_sd[parts.is_free]
    baseline = np.empty((n_draws, n_geos, len(design.columns)))
    baseline[:, :, parts.is_free] = free[:, None, :]
    if parts.signed:
        baseline[:, :, ~parts.is_free] = (flat["signed_coefficient"] * parts.turns)[:, None, :]
    n_deviations = len(parts.deviating)
    baseline[:, :, parts.deviating] += own[:, :, :n_deviations] * sd[:, None, :]
    by_geo = np.repeat(effect[:, None, :], n_geos, axis=1)
    if n_geos > 1:
        by_geo *= 1 + flat["effect_spread"][:, None, :] * own[:, :, n_deviations:]
    return Recovered(baseline=baseline, effect=by_geo)


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


@njit(cache=True, nogil=True)
def draw_coefficients(  # noqa: PLR0917 - Numba has no keywords
    residual: Array,
    columns: Array,
    common: Array,
    gram: Array,
    scale: Array,
    sigma: Array,
    free_shared: Array,
    free_own: Array,
) -> tuple[Array, Array]:
    """Draws of `v` (draw, basis) and `u` (draw, geo, column) of `ops.collapse` given the data.

    `v ~ N(Λ⁻¹ b, Λ⁻¹)`, then `u_g | v ~ N(B_g⁻¹ A_gᵀ (r_g - Z_g D v) / σ_g², B_g⁻¹)` with
    `B_g = I + A_gᵀ A_g / σ_g²` and `D` the diagonal of `scale` (draw, basis). `residual` (draw,
    geo, date), `columns` (draw, geo, date, column) and `sigma` (draw, geo) differ by draw; the
    last two arguments are standard normal.
    """
    n_draws, n_geos, _ = residual.shape
    n_columns, n_basis = columns.shape[3], common.shape[2]
    shared, own = np.zeros((n_draws, n_basis)), np.zeros((n_draws, n_geos, n_columns))
    for d in range(n_draws):
        halves = np.zeros((n_geos, n_columns, n_columns))
        precision, pulled = np.zeros((n_basis, n_basis)), np.zeros(n_basis)
        for g in range(n_geos):
            variance = sigma[d, g] ** 2
            a, z, r = columns[d, g], common[g], residual[d, g]
            precision += gram[g] / variance
            pulled += z.T @ r / variance
            if n_columns:
                inner = a.T @ a / variance + np.eye(n_columns)
                halves[g] = np.linalg.inv(np.linalg.cholesky(inner))
                crossed = halves[g] @ (a.T @ z)
                precision -= crossed.T @ crossed / variance**2
                pulled -= crossed.T @ (halves[g] @ (a.T @ r)) / variance**2
        inner = precision * np.outer(scale[d], scale[d]) + np.eye(n_basis)
        half = np.linalg.inv(np.linalg.cholesky(inner))
        shared[d] = half.T @ (half @ (scale[d] * pulled) + free_shared[d])
        for g in range(n_geos):
            if n_columns:
                left = residual[d, g] - common[g] @ (scale[d] * shared[d])
                pull = columns[d, g].T @ left / sigma[d, g] ** 2
                own[d, g] = halves[g].T @ (halves[g] @ pull + free_own[d, g])
    return shared, own
