"""The operations of `ops` for JAX, registered with PyTensor when this module is imported.

Belongs here: the equations of `ops` as array expressions, which can be vectorised over chains.
Must not: other equations; a test compares the two.
"""

from collections.abc import Callable
from typing import Any

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
    return out


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


def collapse(  # noqa: PLR0914, PLR0917 - as PyTensor calls it
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
    n_own, n_media = len(own_log_scale), media.shape[2]
    variance = sigma**2
    by_geo, by_matrix = variance[:, None], variance[:, None, None]
    own_scale, scale = jnp.exp(own_log_scale), jnp.exp(log_scale)
    # deviations of the baseline get their scale, the basis has its own
    wide = jnp.concatenate([own_scale, jnp.ones_like(scale)])[:, None]
    moving = jnp.concatenate([media, residual[:, :, None]], axis=2)
    with_fixed = wide * jnp.einsum("gtk,gtm->gkm", fixed, moving)
    with_media = jnp.einsum("gtk,gtm->gkm", media, moving)
    scaled = gram * (wide * wide.T)
    between = with_fixed[:, :n_own, :n_media]
    columns_gram = jnp.block(
        [
            [scaled[:, :n_own, :n_own], between],
            [jnp.swapaxes(between, 1, 2), with_media[:, :, :n_media]],
        ]
    )
    crossed = jnp.concatenate(
        [scaled[:, :n_own, n_own:], jnp.swapaxes(with_fixed[:, n_own:, :n_media], 1, 2)], axis=1
    )
    by_column = jnp.concatenate([with_fixed[:, :n_own, n_media], with_media[:, :, n_media]], axis=1)
    basis_gram = gram[:, n_own:, n_own:]
    inverse, log_halves = _invert(columns_gram / by_matrix + jnp.eye(n_own + n_media))
    solved = inverse @ crossed
    fitted = jnp.einsum("gkl,gl->gk", inverse, by_column)
    lost = jnp.swapaxes(crossed, 1, 2) @ solved
    precision = (basis_gram / by_matrix - lost / by_matrix**2).sum(axis=0)
    pulled = (
        with_fixed[:, n_own:, n_media] / by_geo
        - jnp.einsum("gk,gkp->gp", by_column, solved) / by_geo**2
    ).sum(axis=0)
    both = jnp.outer(scale, scale)
    covariance, log_half = _invert(precision * both + jnp.eye(len(scale)))
    standard = covariance @ (scale * pulled)
    shared = scale * standard
    log_density = (
        -0.5 * (n_observed * jnp.log(2 * jnp.pi * variance)).sum()
        - 0.5 * ((residual**2).sum(axis=1) / variance).sum()
        + 0.5 * ((by_column * fitted).sum(axis=1) / variance**2).sum()
        - log_halves.sum()
        + 0.5 * (pulled * shared).sum()
        - log_half
    )
    spread = solved @ (covariance * both)
    known = inverse + spread @ jnp.swapaxes(solved, 1, 2) / by_matrix**2
    pull = (fitted - solved @ shared) / by_geo
    onto_basis = jnp.broadcast_to(shared, (len(sigma), len(scale)))
    left = jnp.concatenate(
        [
            known[:, :n_own, n_own:] / -by_matrix,
            jnp.swapaxes(spread[:, n_own:], 1, 2) / by_matrix**2,
        ],
        axis=1,
    )
    onto = jnp.concatenate([pull[:, :n_own], onto_basis], axis=1)[:, :, None] / -by_matrix
    right = known[:, n_own:, n_own:] / -by_matrix
    onto_media = pull[:, n_own:, None] / -by_matrix
    moved = jnp.einsum(
        "gtk,gkm->gtm", fixed, wide * jnp.concatenate([left, onto], axis=2)
    ) + jnp.einsum("gtk,gkm->gtm", media, jnp.concatenate([right, onto_media], axis=2))
    error = residual / by_geo + moved[:, :, n_media]
    diagonal = jnp.diagonal(known, axis1=1, axis2=2)[:, :n_own]
    trace = (n_observed - n_own - n_media + jnp.trace(inverse, axis1=1, axis2=2)) / variance
    twice = lost + jnp.swapaxes(solved, 1, 2) @ solved
    trace -= (covariance * both * (basis_gram / by_matrix**2 - twice / by_matrix**3)).sum(
        axis=(1, 2)
    )
    gradients = (
        -error,
        error[:, :, None] * pull[:, None, n_own:] + moved[:, :, :n_media],
        (pull[:, :n_own] ** 2 + diagonal - 1).sum(axis=0),
        standard**2 + jnp.diag(covariance) - 1,
        sigma * ((error**2).sum(axis=1) - trace),
    )
    is_finite = jnp.isfinite(log_density)
    return (
        jnp.where(is_finite, log_density, -jnp.inf),
        *(jnp.where(is_finite, gradient, 0.0) for gradient in gradients),
    )


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
