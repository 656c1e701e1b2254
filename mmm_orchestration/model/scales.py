"""Prior scales of baseline columns that are unknown themselves.

Belongs here: which columns have them, and the scales from the unknowns, for a graph and for draws.
Must not: PyMC.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.model.data import Array
from mmm_orchestration.model.design import Design
from mmm_orchestration.model.smooth import compute_log_scale, list_frequencies
from mmm_orchestration.project import Project
from mmm_orchestration.transforms.family import Functions, Values

MANY_CONTROLS = 10
ACTIVE_PART = 0.2


@dataclass(frozen=True, eq=False)
class ScalePlan:
    """The free columns of a design whose prior scale is sampled.

    `trend` and `shrunk` (column,) mark them among the free columns; `trend_length` is the typical
    length of the smooth trend in half ranges of time; `shrinkage` is the typical global scale of
    the shrunken controls, in standard deviations of the KPI.
    """

    trend: NDArray[np.bool_]
    shrunk: NDArray[np.bool_]
    trend_length: float
    shrinkage: float

    @cached_property
    def place_trend(self) -> Array:
        """One where a free column is the k-th of the smooth trend, shape (trend, column)."""
        return np.eye(len(self.trend))[self.trend]

    @cached_property
    def place_shrunk(self) -> Array:
        """One where a free column is the k-th shrunken control, shape (shrunk, column)."""
        return np.eye(len(self.shrunk))[self.shrunk]

    @cached_property
    def frequencies(self) -> Array:
        """Frequencies of the columns of the smooth trend, shape (trend,)."""
        return list_frequencies(int(self.trend.sum()))

    def compute(
        self, unknowns: Mapping[str, Values], *, arrays: Mapping[str, Values], xp: Functions
    ) -> Values:
        """Log of the factor on the prior sd of each free column, shape (…, column).

        The shrunken scale is the regularised horseshoe of Piironen and Vehtari (2017) with a slab
        of one: `log τ + log λ - ½ log(1 + τ² λ²)`. `arrays` holds `list_arrays` as the graph has
        them.
        """
        log_scale = arrays["no_scale"]
        if self.trend.any():
            size, length = unknowns["trend_size"], unknowns["trend_length"]
            own = compute_log_scale(size, length, frequencies=arrays["frequencies"], xp=xp)
            log_scale = log_scale + _place(own, arrays["place_trend"])
        if self.shrunk.any():
            product = unknowns["shrinkage"] * unknowns["local_shrinkage"]
            own = xp.log(product) - 0.5 * xp.log(1 + product**2)
            log_scale = log_scale + _place(own, arrays["place_shrunk"])
        return log_scale

    def list_arrays(self) -> dict[str, Array]:
        """The constant arrays that `compute` needs.

        `no_scale` (column,) is zero; `frequencies` (trend,), `place_trend` (trend, column) and
        `place_shrunk` (shrunk, column) are there where the plan has such columns.
        """
        arrays = {"no_scale": np.zeros(len(self.trend))}
        if self.trend.any():
            arrays |= {"frequencies": self.frequencies, "place_trend": self.place_trend}
        if self.shrunk.any():
            arrays |= {"place_shrunk": self.place_shrunk}
        return arrays


def _place(values: Values, place: Values) -> Values:
    """`values` (…, k) among all columns, shape (…, column), by the rows of `place`."""
    return (values[..., None] * place).sum(axis=-2)


def plan_scales(design: Design, *, project: Project, n_rows: int, n_days: int) -> ScalePlan:
    """The columns of `design` with sampled scales: a smooth trend, and controls when many.

    The typical global scale of p controls over `n_rows` is `p₀ / (p - p₀) / sqrt(n_rows)` with p₀
    believed to matter. Piironen and Vehtari (2017).
    """
    is_free = np.array([sign == "any" for sign in design.signs])
    groups = np.array(design.groups)[is_free]
    controls = groups == "control"
    wish, n_controls = project.model.shrink_controls, int(controls.sum())
    is_shrunk = wish == "always" or (wish == "auto" and n_controls >= MANY_CONTROLS)
    active = max(1.0, ACTIVE_PART * n_controls)
    return ScalePlan(
        trend=groups == "smooth_trend",
        shrunk=controls if is_shrunk else np.zeros_like(controls),
        trend_length=project.model.trend_days / (n_days / 2),
        shrinkage=active / max(n_controls - active, 1.0) / math.sqrt(n_rows),
    )
