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

# products of a column with itself, in units of the noise: beyond it Woodbury's identity takes the
# difference of numbers so large that what is left is rounding, and may look likely
WIDEST = 1e10

_CACHE = 5


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


@njit(cache=True, nogil=True, error_model="numpy")
def _absorb(  # noqa: PLR0917 - Numba has no keywords
    residual: Array,
    media: Array,
    fixed: Array,
    gram: Array,
    own_scale: Array,
    variance: float,
) -> tuple[Array, Array, Array, Array, Array, float]:
    """What one geo says of `v` once its own `u` is integrated out, and what its gradients need.

    Returned are `B⁻¹` (column, column), `S = B⁻¹ AᵀZ` (column, basis), `s = B⁻¹ Aᵀr` (column,),
    `(AᵀZ)ᵀ S` (basis, basis), `Zᵀ Σ⁻¹ r` (basis,), and `½ rᵀA s / σ⁴ - ½ log|B|`.
    """
    n_own, n_columns = len(own_scale), len(own_scale) + media.shape[1]
    n_basis = fixed.shape[1] - n_own
    by_fixed = residual @ fixed
    pulled = by_fixed[n_own:] / variance
    inverse, solved = np.zeros((n_columns, n_columns)), np.zeros((n_columns, n_basis))
    fitted, lost = np.zeros(n_columns), np.zeros((n_basis, n_basis))
    gained: Any = 0.0
    if n_columns:
        inner, crossed = np.eye(n_columns), np.empty((n_columns, n_basis))
        by_column = np.empty(n_columns)
        with_fixed = fixed.T @ media
        both = np.outer(own_scale, own_scale)
        inner[:n_own, :n_own] += gram[:n_own, :n_own] * both / variance
        inner[:n_own, n_own:] += own_scale[:, None] * with_fixed[:n_own] / variance
        inner[n_own:, :n_own] += inner[:n_own, n_own:].T
        inner[n_own:, n_own:] += media.T @ media / variance
        crossed[:n_own] = own_scale[:, None] * gram[:n_own, n_own:]
        crossed[n_own:] = with_fixed[n_own:].T
        by_column[:n_own] = own_scale * by_fixed[:n_own]
        by_column[n_own:] = residual @ media
        half, log_half = halve(inner)
        if np.diag(inner).max() > WIDEST:
            log_half = np.inf
        inverse = half.T @ half
        solved, fitted = inverse @ crossed, inverse @ by_column
        lost = crossed.T @ solved
        pulled -= by_column @ solved / variance**2
        gained = 0.5 * (by_column @ fitted) / variance**2 - log_half
    return inverse, solved, fitted, lost, pulled, gained


@njit(cache=True, nogil=True, error_model="numpy")
def _pull_geo(  # noqa: PLR0917 - as above
    residual: Array,
    media: Array,
    fixed: Array,
    own_scale: Array,
    inverse: Array,
    solved: Array,
    fitted: Array,
    shared: Array,
    covariance: Array,
    variance: float,
) -> tuple[Array, Array, Array]:
    """The gradients of `collapse` by residual, media and own_log_scale of one geo.

    `inverse`, `solved` and `fitted` are those of `_absorb`, `shared` and `covariance` the mean and
    covariance of `d v` given the data. With `q = Aᵀ Σ⁻¹ (r - Z shared)`, the gradient by a column
    of A is `(Σ⁻¹ (r - Z shared)) qᵀ - Σ⁻¹ A + Σ⁻¹ Z covariance Zᵀ Σ⁻¹ A`.
    """
    n_own, n_media, n_basis = len(own_scale), media.shape[1], len(shared)
    onto_fixed = np.zeros(n_own + n_basis)
    onto_fixed[n_own:] = shared
    error, to_media, to_own = residual / variance, np.zeros_like(media), np.zeros(n_own)
    if n_own + n_media:
        spread = solved @ covariance
        known = inverse + spread @ solved.T / variance**2
        pull = (fitted - solved @ shared) / variance
        to_own += pull[:n_own] ** 2 + np.diag(known)[:n_own] - 1
        onto_fixed[:n_own] = own_scale * pull[:n_own]
        error -= (media @ pull[n_own:] + fixed @ onto_fixed) / variance
        left = np.empty((n_own + n_basis, n_media))
        left[:n_own] = own_scale[:, None] * known[:n_own, n_own:] / -variance
        left[n_own:] = spread[n_own:].T / variance**2
        right = np.ascontiguousarray(known[n_own:, n_own:]) / -variance
        to_media += fixed @ left + media @ right + np.outer(error, pull[n_own:])
    else:
        error -= fixed @ onto_fixed / variance
    return -error, to_media, to_own


@njit(cache=True, nogil=True, error_model="numpy")
def collapse(  # noqa: PLR0917 - as above, and one equation has many letters
    residual: Array,
    media: Array,
    fixed: Array,
    gram: Array,
    own_log_scale: Array,
    log_scale: Array,
    sigma: Array,
    n_observed: Array,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """The collapsed log density and its gradients.

    With `r` residual (geo, date), `D` (geo, date, own) and `Z` (geo, date, basis) the columns of
    `fixed`, `w` and `d` the diagonals of exp(own_log_scale) (own,) and exp(log_scale) (basis,),
    `A = [D w, media]`, `u_g ~ N(0, I)`, `v ~ N(0, I)` shared by the geos, noise `sigma` (geo,):

        r_g = A_g u_g + Z_g d v + ε_g,   Σ_g = σ_g² I + A_g A_gᵀ,   M = Σ_g Z_gᵀ Σ_g⁻¹ Z_g
        log p = -½ Σ_g (r_gᵀ Σ_g⁻¹ r_g + log|2π Σ_g|) + ½ bᵀ Λ⁻¹ b - ½ log|Λ|,
        Λ = I + d M d,   b = d Σ_g Z_gᵀ Σ_g⁻¹ r_g

    `gram` (geo, own + basis, own + basis) holds the products of the fixed columns, so that only
    those with media (geo, date, channel) and `r` run over the dates; all else is Woodbury's
    identity with `B_g = I + A_gᵀ A_g / σ_g²`. Rows that are not observed are zero in r, media and
    fixed; `n_observed` (geo,) counts the others.

    The value has no dimensions and is minus infinity where the numbers break down, a column of A
    beyond `WIDEST` among them; the gradients
    are by residual, media, own_log_scale, log_scale and sigma.
    """
    residual, media = np.ascontiguousarray(residual), np.ascontiguousarray(media)
    n_geos, n_own, n_basis = len(residual), len(own_log_scale), len(log_scale)
    n_columns = n_own + media.shape[2]
    own_scale, scale = np.exp(own_log_scale), np.exp(log_scale)
    inverse = np.zeros((n_geos, n_columns, n_columns))
    solved, fitted = np.zeros((n_geos, n_columns, n_basis)), np.zeros((n_geos, n_columns))
    lost = np.zeros((n_geos, n_basis, n_basis))
    precision, pulled = np.zeros((n_basis, n_basis)), np.zeros(n_basis)
    log_density: Any = 0.0
    for g in range(n_geos):
        variance, r = sigma[g] ** 2, residual[g]
        inverse[g], solved[g], fitted[g], lost[g], own, gained = _absorb(
            r, media[g], fixed[g], gram[g], own_scale, variance
        )
        log_density -= 0.5 * (n_observed[g] * np.log(2 * np.pi * variance) + r @ r / variance)
        log_density += gained
        precision += gram[g, n_own:, n_own:] / variance - lost[g] / variance**2
        pulled += own
    both = np.outer(scale, scale)
    half, log_half = halve(precision * both + np.eye(n_basis))
    covariance = half.T @ half
    standard = covariance @ (scale * pulled)
    shared = scale * standard
    log_density += 0.5 * (pulled @ shared) - log_half
    to_residual, to_media = np.zeros_like(residual), np.zeros_like(media)
    to_own, to_scale = np.zeros_like(own_log_scale), np.zeros_like(log_scale)
    to_sigma = np.zeros_like(sigma)
    if not np.isfinite(log_density):
        return np.asarray(-np.inf), to_residual, to_media, to_own, to_scale, to_sigma
    to_scale += standard**2 + np.diag(covariance) - 1
    covariance *= both
    for g in range(n_geos):
        variance, s = sigma[g] ** 2, solved[g]
        to_residual[g], to_media[g], own = _pull_geo(
            residual[g], media[g], fixed[g], own_scale, inverse[g], s, fitted[g], shared,
            covariance, variance,
        )  # fmt: skip
        to_own += own
        trace = (n_observed[g] - n_columns + np.trace(inverse[g])) / variance
        squared = gram[g, n_own:, n_own:] / variance**2 - (lost[g] + s.T @ s) / variance**3
        error = to_residual[g]
        to_sigma[g] = sigma[g] * (error @ error - trace + (covariance * squared).sum())
    return np.asarray(log_density), to_residual, to_media, to_own, to_scale, to_sigma


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
    itypes = (dmatrix, dtensor3, dtensor3, dtensor3, dvector, dvector, dvector, dvector)
    otypes = (dscalar, dmatrix, dtensor3, dvector, dvector, dvector)

    @override
    def perform(self, node: Node, inputs: Sequence[Any], outputs: list[list[Any]]) -> None:
        for out, value in zip(outputs, collapse(*inputs), strict=True):
            out[0] = value

    def connection_pattern(self, node: Node) -> list[list[bool]]:  # noqa: ARG002 - PyTensor's
        """Data do not reach the density as unknowns; the gradients are not followed."""
        reaches = (True, True, False, False, True, True, True, False)
        return [[reached, *[False] * 5] for reached in reaches]

    @override
    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Tensor]:
        scale = cotangents[0]
        to_residual, to_media, *to_scales = (scale * o for o in outputs[1:])
        off = disconnected_type()
        return [to_residual, to_media, off, off, *to_scales, off]


def _register(op_type: type[Op], function: Callable[..., Any]) -> None:
    @register_funcify_default_op_cache_key(op_type)  # type: ignore[no-untyped-call, untyped-decorator]
    def funcify(_op: Op, **_: Any) -> tuple[Callable[..., Any], int]:
        return function, _CACHE


_register(CarryOver, carry_over)
_register(PullToKernel, pull_to_kernel)
_register(PullToExposure, pull_to_exposure)
_register(Collapse, collapse)
