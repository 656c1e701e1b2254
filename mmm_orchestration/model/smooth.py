"""Smooth paths over time as a few columns: a Gaussian process in the Hilbert space of cosines.

Belongs here: columns and their scales. Must not: what the paths are used for, PyMC.

Solin and Särkkä (2020), Riutort-Mayol et al. (2023): on [-L, L] a process with an exponentiated
quadratic kernel is `f(t) = Σ_k size sqrt(S(ω_k)) φ_k(t) v_k` with `v_k ~ N(0, 1)`.
"""

import math
from collections.abc import Mapping

import numpy as np

from mmm_orchestration.model.data import Array
from mmm_orchestration.transforms.family import Functions, Values

REACH = 1.5
MAX_COLUMNS = 40


def count_columns(n_days: float, *, length_days: float) -> int:
    """How many columns a path over `n_days` needs when it may be as short as `length_days`."""
    half = n_days / 2
    return min(MAX_COLUMNS, max(4, math.ceil(1.75 * REACH * half / length_days)))


def build_columns(time: Array, *, n_columns: int) -> Array:
    """`φ_k(t) = sin(ω_k (t + L)) / sqrt(L)` at `time` (date,) scaled to [-1, 1], (date, column)."""
    place = time[:, None] + REACH
    columns: Array = np.sin(list_frequencies(n_columns) * place) / math.sqrt(REACH)
    return columns


def list_frequencies(n_columns: int) -> Array:
    """`ω_k = π k / 2L` per half range of time, shape (column,)."""
    frequencies: Array = np.pi * np.arange(1.0, n_columns + 1) / (2 * REACH)
    return frequencies


def compute_log_scale(
    size: Values, length: Values, *, frequencies: Values, xp: Functions
) -> Values:
    """`log(size sqrt(S(ω)))`, S of a kernel of size one and `length` in half ranges of time.

    `size` and `length` broadcast against `frequencies` (column,).
    """
    log_density = 0.5 * math.log(2 * math.pi) + xp.log(length) - 0.5 * (length * frequencies) ** 2
    return xp.log(size) + 0.5 * log_density


def compute_paths(flat: Mapping[str, Array], *, path: Array) -> Array:
    """How the effects that vary do so around their own, shape (draw, date, varying).

    `path` (date, column) are the columns of a path of size one.
    """
    standard = flat["path_standard"] * flat["path_size"][:, :, None]
    paths: Array = np.exp(np.einsum("tk,dvk->dtv", path, standard))
    return paths
