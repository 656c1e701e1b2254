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


def collapse(  # noqa: PLR0917 - as PyTensor calls it
    residual: Array,
    columns: Array,
    common: Array,
    gram: Array,
    log_scale: Array,
    sigma: Array,
    n_observed: Array,
) -> tuple[Array, ...]:
    """As `ops.collapse`, all geos at once."""
    variance = sigma**2
    by_geo = variance[:, None, None]
    inverse, log_halves = _invert(_gram(columns) / by_geo + jnp.eye(columns.shape[2]))
    crossed = jnp.einsum("gtk,gtp->gkp", columns, common)
    solved = inverse @ crossed
    basis = common / by_geo - columns @ solved / by_geo**2
    pull = jnp.einsum("gkl,gtl,gt->gk", inverse, columns, residual)
    weighted = residual / variance[:, None]
    weighted -= jnp.einsum("gtk,gk->gt", columns, pull) / variance[:, None] ** 2
    precision = (gram / by_geo - jnp.swapaxes(crossed, 1, 2) @ solved / by_geo**2).sum(axis=0)
    pulled = jnp.einsum("gtp,gt->p", common, weighted)
    scale = jnp.exp(log_scale)
    both = jnp.outer(scale, scale)
    covariance, log_half = _invert(precision * both + jnp.eye(len(scale)))
    standard = covariance @ (scale * pulled)
    shared = scale * standard
    log_density = (
        -0.5 * (n_observed * jnp.log(2 * jnp.pi * variance)).sum()
        - log_halves.sum()
        - 0.5 * (residual * weighted).sum()
        + 0.5 * (pulled * shared).sum()
        - log_half
    )
    error = weighted - basis @ shared
    spread = basis @ (covariance * both)
    trace = n_observed / variance - (spread * basis).sum(axis=(1, 2))
    trace -= (columns.shape[2] - jnp.trace(inverse, axis1=1, axis2=2)) / variance
    gradients = (
        -error,
        error[:, :, None] * jnp.einsum("gt,gtk->gk", error, columns)[:, None]
        - columns @ inverse / by_geo
        + spread @ jnp.swapaxes(solved, 1, 2) / by_geo,
        standard**2 + jnp.diag(covariance) - 1,
        sigma * ((error**2).sum(axis=1) - trace),
    )
    is_finite = jnp.isfinite(log_density)
    return (
        jnp.where(is_finite, log_density, -jnp.inf),
        *(jnp.where(is_finite, gradient, 0.0) for gradient in gradients),
    )


def _gram(columns: Array) -> Array:
    return jnp.einsum("gtk,gtl->gkl", columns, columns)


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
