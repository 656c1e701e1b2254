"""Two operations of the graph with hand-written gradients, for Numba and for JAX.

Belongs here: carrying exposure over, and the density with everything linear and Gaussian
integrated out. Must not: priors, data. Written as loops and LAPACK calls they compile in
seconds, where PyTensor's own graph of the same equations takes minutes.
"""

from collections.abc import Callable, Sequence
from typing import Any, override

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key
from pytensor.tensor import dmatrix, dscalar, dtensor3, dvector

Array = NDArray[np.float64]
Node = Apply[Any]
# a symbolic array; PyTensor leaves the types of its operations open
Tensor = Any

_CACHE = 2


@njit(cache=True, nogil=True)
def carry_over(exposure: Array, kernel: Array) -> Array:
    """`out[g, t, c] = Σ_l kernel[l, c] exposure[g, L + t - l, c]`, shape (geo, date, channel).

    `exposure` (geo, L + date, channel) begins with L periods of history; `kernel` (1 + L, channel).
    """
    n_geos, n_rows, n_channels = exposure.shape
    n_history = kernel.shape[0] - 1
    out = np.zeros((n_geos, n_rows - n_history, n_channels))
    for g in range(n_geos):
        for t in range(out.shape[1]):
            for lag in range(n_history + 1):
                row = n_history + t - lag
                for c in range(n_channels):
                    out[g, t, c] += kernel[lag, c] * exposure[g, row, c]
    return out


@njit(cache=True, nogil=True)
def pull_to_kernel(cotangent: Array, exposure: Array, kernel: Array) -> Array:
    """The gradient of `carry_over` with respect to its kernel, shape (1 + L, channel)."""
    n_history = kernel.shape[0] - 1
    out = np.zeros(kernel.shape)
    for g in range(cotangent.shape[0]):
        for t in range(cotangent.shape[1]):
            for lag in range(n_history + 1):
                row = n_history + t - lag
                for c in range(kernel.shape[1]):
                    out[lag, c] += cotangent[g, t, c] * exposure[g, row, c]
    return out


@njit(cache=True, nogil=True)
def pull_to_exposure(cotangent: Array, exposure: Array, kernel: Array) -> Array:
    """The gradient of `carry_over` with respect to its exposure."""
    n_history = kernel.shape[0] - 1
    out = np.zeros(exposure.shape)
    for g in range(cotangent.shape[0]):
        for t in range(cotangent.shape[1]):
            for lag in range(n_history + 1):
                row = n_history + t - lag
                for c in range(kernel.shape[1]):
                    out[g, row, c] += kernel[lag, c] * cotangent[g, t, c]
    return out


@njit(cache=True, nogil=True)
def halve(matrix: Array) -> tuple[Array, float]:
    """The inverse of the Cholesky factor and half the log determinant of a symmetric matrix.

    The latter is nan where the matrix is not positive definite, or not finite.
    """
    inverse, log_half = np.eye(len(matrix)), np.nan
    if np.isfinite(matrix.sum()):
        try:
            lower = np.linalg.cholesky(matrix)
            inverse[:] = np.linalg.inv(lower)
            log_half = np.log(np.diag(lower)).sum()
        except Exception:  # noqa: BLE001 - the only kind Numba can catch
            log_half = np.nan
    return inverse, log_half


@njit(cache=True, nogil=True)
def collapse(  # noqa: PLR0917 - Numba has no keywords
    residual: Array,
    columns: Array,
    common: Array,
    gram: Array,
    log_scale: Array,
    sigma: Array,
    n_observed: Array,
) -> tuple[float, Array, Array, Array, Array]:
    """The collapsed log density and its gradients by residual, columns, log_scale and sigma.

    With `r` residual (geo, date), `A` columns (geo, date, column), `Z` common (geo, date, basis),
    `D` the diagonal of exp(log_scale) (basis,), `u_g ~ N(0, I)`, `v ~ N(0, I)` shared by the geos
    and noise `sigma` (geo,):

        r_g = A_g u_g + Z_g D v + ε_g,   Σ_g = σ_g² I + A_g A_gᵀ,   M = Σ_g Z_gᵀ Σ_g⁻¹ Z_g
        log p = -½ Σ_g (r_gᵀ Σ_g⁻¹ r_g + log|2π Σ_g|) + ½ bᵀ Λ⁻¹ b - ½ log|Λ|,
        Λ = I + D M D,   b = D Σ_g Z_gᵀ Σ_g⁻¹ r_g,   ∂ log p / ∂ log D_jj = (Λ⁻¹b)_j² + Λ⁻¹_jj - 1

    `gram` (geo, basis, basis) is Z_gᵀ Z_g. Rows that are not observed are zero in r, A and Z;
    `n_observed` (geo,) counts the others. Minus infinity where the numbers break down.
    """
    n_geos, n_dates = residual.shape
    n_columns, n_basis = columns.shape[2], common.shape[2]
    inverse = np.zeros((n_geos, n_columns, n_columns))
    crossed = np.zeros((n_geos, n_columns, n_basis))
    weighted = np.zeros((n_geos, n_dates))
    scale = np.exp(log_scale)
    precision, pulled = np.zeros((n_basis, n_basis)), np.zeros(n_basis)
    log_density = 0.0
    for g in range(n_geos):
        variance = sigma[g] ** 2
        log_density -= 0.5 * n_observed[g] * np.log(2 * np.pi * variance)
        weighted[g] = residual[g] / variance
        precision += gram[g] / variance
        if n_columns:
            own = columns[g]
            inner = own.T @ own / variance + np.eye(n_columns)
            half, log_half = halve(inner)
            log_density -= log_half
            inverse[g] = half.T @ half
            crossed[g] = own.T @ common[g]
            weighted[g] -= own @ (inverse[g] @ (own.T @ residual[g])) / variance**2
            precision -= crossed[g].T @ (inverse[g] @ crossed[g]) / variance**2
        log_density -= 0.5 * (residual[g] * weighted[g]).sum()
        pulled += common[g].T @ weighted[g]
    both = np.outer(scale, scale)
    half, log_half = halve(precision * both + np.eye(n_basis))
    covariance = half.T @ half
    standard = covariance @ (scale * pulled)
    shared = scale * standard
    log_density += 0.5 * (pulled * shared).sum() - log_half
    if not np.isfinite(log_density):
        return (
            -np.inf,
            np.zeros_like(residual),
            np.zeros_like(columns),
            np.zeros_like(log_scale),
            np.zeros_like(sigma),
        )
    to_log_scale = standard**2 + np.diag(covariance) - 1
    covariance *= both
    to_residual = np.zeros_like(residual)
    to_columns = np.zeros_like(columns)
    to_sigma = np.zeros_like(sigma)
    for g in range(n_geos):
        variance = sigma[g] ** 2
        own = columns[g]
        basis = common[g] / variance
        trace = n_observed[g] / variance
        if n_columns:
            solved = inverse[g] @ crossed[g]
            basis -= own @ solved / variance**2
            trace -= (n_columns - np.trace(inverse[g])) / variance
        error = weighted[g] - basis @ shared
        to_residual[g] = -error
        spread = basis @ covariance
        trace -= (spread * basis).sum()
        to_sigma[g] = sigma[g] * ((error**2).sum() - trace)
        if n_columns:
            to_columns[g] = (
                np.outer(error, error @ own)
                - own @ inverse[g] / variance
                + spread @ (solved.T / variance)
            )
    return log_density, to_residual, to_columns, to_log_scale, to_sigma


@njit(cache=True, nogil=True)
def _collapse_to_arrays(  # noqa: PLR0917 - as above
    residual: Array,
    columns: Array,
    common: Array,
    gram: Array,
    log_scale: Array,
    sigma: Array,
    n_observed: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """`collapse` with its value as an array without dimensions, as PyTensor has it."""
    density, to_residual, to_columns, to_log_scale, to_sigma = collapse(
        residual, columns, common, gram, log_scale, sigma, n_observed
    )
    return np.asarray(density), to_residual, to_columns, to_log_scale, to_sigma


class CarryOver(Op):
    """`carry_over` as an operation: exposure (geo, L + date, channel), kernel (1 + L, channel)."""

    __props__ = ()
    itypes = (dtensor3, dmatrix)
    otypes = (dtensor3,)

    @override
    def perform(self, node: Node, inputs: Sequence[Any], outputs: list[list[Any]]) -> None:
        outputs[0][0] = carry_over(*inputs)

    @override
    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Tensor]:
        exposure, kernel = inputs
        (cotangent,) = cotangents
        return [
            PullToExposure()(cotangent, exposure, kernel),
            PullToKernel()(cotangent, exposure, kernel),
        ]


class PullToKernel(Op):
    """The gradient of `CarryOver` by its kernel."""

    __props__ = ()
    itypes = (dtensor3, dtensor3, dmatrix)
    otypes = (dmatrix,)

    @override
    def perform(self, node: Node, inputs: Sequence[Any], outputs: list[list[Any]]) -> None:
        outputs[0][0] = pull_to_kernel(*inputs)


class PullToExposure(Op):
    """The gradient of `CarryOver` by its exposure."""

    __props__ = ()
    itypes = (dtensor3, dtensor3, dmatrix)
    otypes = (dtensor3,)

    @override
    def perform(self, node: Node, inputs: Sequence[Any], outputs: list[list[Any]]) -> None:
        outputs[0][0] = pull_to_exposure(*inputs)


class Collapse(Op):
    """`collapse` as an operation; its other outputs are the gradients of the first."""

    __props__ = ()
    itypes = (dmatrix, dtensor3, dtensor3, dtensor3, dvector, dvector, dvector)
    otypes = (dscalar, dmatrix, dtensor3, dvector, dvector)

    @override
    def perform(self, node: Node, inputs: Sequence[Any], outputs: list[list[Any]]) -> None:
        for out, value in zip(outputs, _collapse_to_arrays(*inputs), strict=True):
            out[0] = value

    def connection_pattern(self, node: Node) -> list[list[bool]]:  # noqa: ARG002 - PyTensor's
        """Data do not reach the density as unknowns; the gradients are not followed."""
        reaches = (True, True, False, False, True, True, False)
        return [[reached, *[False] * 4] for reached in reaches]

    @override
    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Tensor]:
        scale = cotangents[0]
        to_residual, to_columns, to_log_scale, to_sigma = (scale * o for o in outputs[1:])
        off = disconnected_type()
        return [to_residual, to_columns, off, off, to_log_scale, to_sigma, off]


def _register(op_type: type[Op], function: Callable[..., Any]) -> None:
    @register_funcify_default_op_cache_key(op_type)  # type: ignore[no-untyped-call, untyped-decorator]
    def funcify(_op: Op, **_: Any) -> tuple[Callable[..., Any], int]:
        return function, _CACHE


_register(CarryOver, carry_over)
_register(PullToKernel, pull_to_kernel)
_register(PullToExposure, pull_to_exposure)
_register(Collapse, _collapse_to_arrays)
