"""The operations of `ops` for JAX, registered with PyTensor when this module is imported.

Belongs here: the equations of `ops` as array expressions, which can be vectorised over chains.
Must not: other equations; a test compares the two.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.linalg import cho_solve
from pytensor.graph.op import Op
from pytensor.link.jax.dispatch.basic import jax_funcify

from mmm_orchestration.model import ops


def carry_over(exposure: Array, kernel: Array) -> Array:
    """As `ops.carry_over`."""
    n_history = kernel.shape[0] - 1
    n_dates = exposure.shape[1] - n_history
    out = jnp.zeros((exposure.shape[0], n_dates, exposure.shape[2]), exposure.dtype)
    for lag in range(n_history + 1):
        out += kernel[lag] * exposure[:, n_history - lag :][:, :n_dates]
    # without it XLA would carry over again wherever the result is used
    kept: Array = jax.lax.optimization_barrier(out)  # type: ignore[no-untyped-call]
    return kept


def pull_to_kernel(cotangent: Array, exposure: Array, kernel: Array) -> Array:
    """As `ops.pull_to_kernel`."""
    n_history, n_dates = kernel.shape[0] - 1, cotangent.shape[1]
    slopes = [
        jnp.einsum("gtc,gtc->c", cotangent, exposure[:, n_history - lag :][:, :n_dates])
        for lag in range(n_history + 1)
    ]
    return jnp.stack(slopes)


def pull_to_exposure(cotangent: Array, exposure: Array, kernel: Array) -> Array:
    """As `ops.pull_to_exposure`."""
    n_history, n_dates = kernel.shape[0] - 1, cotangent.shape[1]
    out = jnp.zeros_like(exposure)
    for lag in range(n_history + 1):
        first = n_history - lag
        out = out.at[:, first : first + n_dates].add(kernel[lag] * cotangent)
    return out


def collapse(  # noqa: PLR0917 - as PyTensor calls it
    residual: Array,
    media: Array,
    fixed: Array,
    gram: Array,
    own_log_scale: Array,
    log_scale: Array,
    sigma: Array,
    n_observed: Array,
) -> tuple[Array, ...]:
    """As `ops.collapse`, all geos at once."""
    # without it XLA would work both out again in every product
    residual, media = jax.lax.optimization_barrier((residual, media))  # type: ignore[no-untyped-call]
    n_own, n_columns = len(own_log_scale), len(own_log_scale) + media.shape[2]
    own_scale, scale = jnp.exp(own_log_scale), jnp.exp(log_scale)
    variance = sigma**2
    by_geo, by_matrix = variance[:, None], variance[:, None, None]
    both = jnp.outer(scale, scale)
    basis_gram = gram[:, n_own:, n_own:]
    columns_gram, crossed, by_column, by_basis = _multiply(residual, media, fixed, gram, own_scale)
    inner = columns_gram / by_matrix + jnp.eye(n_columns)
    widest = jnp.diagonal(inner, axis1=1, axis2=2).max(initial=0.0)
    inverse, log_halves = _invert(inner)
    solved = inverse @ crossed
    fitted = jnp.einsum("gkl,gl->gk", inverse, by_column)
    lost = _turn(crossed) @ solved
    precision = (basis_gram / by_matrix - lost / by_matrix**2).sum(axis=0)
    own_pull = jnp.einsum("gk,gkp->gp", by_column, solved) / by_geo**2
    pulled = (by_basis / by_geo - own_pull).sum(axis=0)
    covariance, log_half = _invert(precision * both + jnp.eye(len(scale)))
    standard = covariance @ (scale * pulled)
    shared = scale * standard
    explained = (by_column * fitted).sum(axis=1) / variance**2
    noise = n_observed * jnp.log(2 * jnp.pi * variance) + (residual**2).sum(axis=1) / variance
    log_density = 0.5 * ((explained - noise).sum() + (pulled * shared).sum())
    log_density -= log_halves.sum() + log_half
    spread = solved @ (covariance * both)
    known = inverse + spread @ _turn(solved) / by_matrix**2
    pull = (fitted - solved @ shared) / by_geo
    error, to_media = _pull(
        residual, media, fixed, own_scale, pull=pull, known=known, spread=spread, shared=shared,
        variance=variance,
    )  # fmt: skip
    trace = (n_observed - n_columns + jnp.trace(inverse, axis1=1, axis2=2)) / variance
    squared = basis_gram / by_matrix**2 - (lost + _turn(solved) @ solved) / by_matrix**3
    trace -= (covariance * both * squared).sum(axis=(1, 2))
    gradients = (
        -error,
        to_media,
        (pull[:, :n_own] ** 2 + jnp.diagonal(known, axis1=1, axis2=2)[:, :n_own] - 1).sum(axis=0),
        standard**2 + jnp.diag(covariance) - 1,
        sigma * ((error**2).sum(axis=1) - trace),
    )
    is_finite = jnp.isfinite(log_density) & (widest <= ops.WIDEST)
    return (
        jnp.where(is_finite, log_density, -jnp.inf),
        *(jnp.where(is_finite, gradient, 0.0) for gradient in gradients),
    )


def _multiply(
    residual: Array, media: Array, fixed: Array, gram: Array, own_scale: Array
) -> tuple[Array, Array, Array, Array]:
    """`AᵀA`, `AᵀZ`, `Aᵀr` and `Zᵀr` of every geo."""
    n_own, n_media = len(own_scale), media.shape[2]
    moving = jnp.concatenate([media, residual[:, :, None]], axis=2)
    with_fixed = jnp.einsum("gtk,gtm->gkm", fixed, moving)
    with_media = jnp.einsum("gtk,gtm->gkm", media, moving)
    own = own_scale[:, None] * with_fixed[:, :n_own]
    deviations = gram[:, :n_own, :n_own] * jnp.outer(own_scale, own_scale)
    columns_gram = jnp.block(
        [
            [deviations, own[:, :, :n_media]],
            [_turn(own[:, :, :n_media]), with_media[:, :, :n_media]],
        ]
    )
    of_media = _turn(with_fixed[:, n_own:, :n_media])
    crossed = jnp.concatenate([own_scale[:, None] * gram[:, :n_own, n_own:], of_media], axis=1)
    by_column = jnp.concatenate([own[:, :, n_media], with_media[:, :, n_media]], axis=1)
    return columns_gram, crossed, by_column, with_fixed[:, n_own:, n_media]


def _pull(
    residual: Array,
    media: Array,
    fixed: Array,
    own_scale: Array,
    *,
    pull: Array,
    known: Array,
    spread: Array,
    shared: Array,
    variance: Array,
) -> tuple[Array, Array]:
    """`Σ⁻¹ (r - Z shared)` and the gradient by media, both products with all columns at once."""
    n_own, n_media = len(own_scale), media.shape[2]
    by_matrix = variance[:, None, None]
    wide = own_scale[:, None] / -by_matrix
    onto_own = jnp.concatenate([known[:, :n_own, n_own:], pull[:, :n_own, None]], axis=2) * wide
    of_shared = jnp.broadcast_to(shared[:, None], (len(variance), len(shared), 1)) / -by_matrix
    onto_basis = jnp.concatenate([_turn(spread[:, n_own:]) / by_matrix**2, of_shared], axis=2)
    onto_media = jnp.concatenate([known[:, n_own:, n_own:], pull[:, n_own:, None]], axis=2)
    onto_fixed = jnp.concatenate([onto_own, onto_basis], axis=1)
    moved = jnp.einsum("gtk,gkm->gtm", fixed, onto_fixed)
    moved += jnp.einsum("gtk,gkm->gtm", media, onto_media / -by_matrix)
    error = residual / variance[:, None] + moved[:, :, n_media]
    return error, error[:, :, None] * pull[:, None, n_own:] + moved[:, :, :n_media]


def _turn(matrices: Array) -> Array:
    return jnp.swapaxes(matrices, -1, -2)


def _invert(matrix: Array) -> tuple[Array, Array]:
    """Inverse and half the log determinant of symmetric matrices (…, n, n); nan where none."""
    lower = jnp.linalg.cholesky(matrix)
    unit = jnp.broadcast_to(jnp.eye(matrix.shape[-1], dtype=matrix.dtype), matrix.shape)
    log_half = jnp.log(jnp.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
    return cho_solve((lower, True), unit), log_half


def _register(op_type: type[Op], function: Callable[..., Any]) -> None:
    @jax_funcify.register(op_type)
    def funcify(_op: Op, **_: Any) -> Callable[..., Any]:
        return function


_register(ops.CarryOver, carry_over)
_register(ops.PullToKernel, pull_to_kernel)
_register(ops.PullToExposure, pull_to_exposure)
_register(ops.Collapse, collapse)
