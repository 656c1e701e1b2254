"""Least squares with known columns taken out, and tests of columns that are added.

Belongs here: arrays and their statistics. Must not: channels, findings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import toeplitz

Array = NDArray[np.float64]

_SINGULAR = 1e-6


@dataclass(frozen=True)
class Verdict:
    """What one block of added columns explains of a residual.

    `p` is the chance of as much without any relation, over all blocks that were looked at;
    `r2` the part explained of what was left; `place` the position of the block;
    `coefficients` (column,) belong to the columns as they were given.
    """

    p: float
    r2: float
    place: int
    coefficients: Array


def build_basis(columns: Array) -> Array:
    """An orthonormal basis (row, rank) of `columns` (row, column); columns may be redundant."""
    norms = np.linalg.norm(columns, axis=0)
    used = columns[:, norms > 0] / norms[norms > 0]
    if not used.size:
        return np.empty((len(columns), 0))
    left, singular, _ = np.linalg.svd(used, full_matrices=False)
    basis: Array = left[:, singular > _SINGULAR * singular[0]]
    return basis


def take_out(values: Array, *, basis: Array) -> Array:
    """What is left of `values` (row,) or (row, series) beyond `basis` (row, rank)."""
    left: Array = values - basis @ (basis.T @ values)
    return left


def correlate(first: Array, second: Array) -> float:
    """Correlation of two series (row,) without means to take out; zero where one is nothing."""
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / size if size > 0 else 0.0


def test_block(series: Array, *, basis: Array, columns: Array) -> Verdict:
    """Whether `columns` (row, column) explain more of `series` (row,) than `basis` does (F-test).

    `p` is one where nothing of the columns is left, or no freedom.
    """
    return scan(series, basis=basis, blocks=[columns], is_white=True)


test_block.__test__ = False  # type: ignore[attr-defined]


def scan(
    series: Array, *, basis: Array, blocks: Sequence[Array], is_white: bool = False
) -> Verdict:
    """The block of added columns that explains most of `series` (row,) beyond `basis`.

    `basis` (row, rank) is orthonormal, each of `blocks` has shape (row, column). F-test of each
    block, its p-value times the number of blocks (Bonferroni). Unless `is_white`, the noise is a
    first-order autoregression with the correlation that is left once the best block is in, so
    that neither a slow noise looks like a shift nor a shift like slow noise.
    """
    residual = take_out(series, basis=basis)
    best, r2 = None, 0.0
    for place, columns in enumerate(blocks):
        own = _orthonormalise(columns, basis=basis)
        explained = float(((own.T @ residual) ** 2).sum()) / max(float(residual @ residual), 1e-300)
        if own.shape[1] and explained > r2:
            best, r2, block = place, explained, own
    dof = len(series) - basis.shape[1]
    if best is None or dof - block.shape[1] < 1:
        return Verdict(p=1.0, r2=0.0, place=0, coefficients=np.zeros(0))
    both = np.hstack([basis, block])
    left = take_out(residual, basis=block)
    rho = 0.0 if is_white else max(0.0, measure_autocorrelation(left, basis=both))
    size = block.shape[1]
    freedom = dof - size
    f = _weigh(block, residual, rho=rho) / size / (float(left @ left) / freedom)
    p = min(1.0, len(blocks) * float(stats.f.sf(f, size, freedom)))
    coefficients = np.linalg.lstsq(take_out(blocks[best], basis=basis), residual, rcond=1e-8)[0]
    return Verdict(p=p, r2=r2, place=best, coefficients=coefficients)


def measure_autocorrelation(residual: Array, *, basis: Array, lag: int = 1) -> float:
    """Correlation of residuals `lag` apart, less what taking out `basis` brings of itself.

    `residual` has shape (row,), `basis` (row, rank); the bias is `-tr(B_lagᵀ B) / freedom`.
    """
    size = float(residual @ residual)
    if size <= 0 or len(residual) <= lag + 1:
        return 0.0
    raw = float(residual[lag:] @ residual[:-lag]) / size
    freedom = max(1, len(residual) - basis.shape[1])
    bias = -float((basis[lag:] * basis[:-lag]).sum()) / freedom
    return float(np.clip(raw - bias, -0.95, 0.95))


def inflate_variance(columns: Array) -> Array:
    """Adjusted variance inflation of each of `columns` (row, column) by all others.

    `1 / (1 - R²)` with the freedom of rows and columns taken into account; a constant is
    expected among the columns and has no inflation of its own, shape (column,). Marquardt (1970).
    """
    n_rows = len(columns)
    inflation = np.ones(columns.shape[1])
    for c in range(columns.shape[1]):
        centred = columns[:, c] - columns[:, c].mean()
        total = float(centred @ centred)
        others = build_basis(np.delete(columns, c, axis=1))
        left = take_out(columns[:, c], basis=others)
        freedom = n_rows - others.shape[1]
        if total > 0 and freedom > 0:
            rest = max(float(left @ left) / freedom, 1e-12 * total / n_rows)
            inflation[c] = max(1.0, total / (n_rows - 1) / rest)
    return inflation


def _orthonormalise(columns: Array, *, basis: Array) -> Array:
    """What is left of `columns` beyond `basis`, orthonormal; nothing where that is rounding."""
    norms = np.linalg.norm(columns, axis=0)
    left = take_out(columns / np.where(norms > 0, norms, 1.0), basis=basis)
    vectors, singular, _ = np.linalg.svd(left, full_matrices=False)
    own: Array = vectors[:, singular > 1e-3]
    return own


def _weigh(block: Array, residual: Array, *, rho: float) -> float:
    """The explained sum of squares as white noise would have it, were noise as slow as `rho`."""
    pull = block.T @ residual
    if rho == 0:
        return float(pull @ pull)
    noise = toeplitz(rho ** np.arange(len(residual)))
    return float(pull @ np.linalg.solve(block.T @ noise @ block, pull))
