"""The nearest point that keeps to bounds and to limits on sums.

Belongs here: one projection. Must not: what the numbers mean.

    minimise ½ Σ h_i (z_i − v_i)²   with   low ≤ z ≤ high   and   C z ≥ d

Its dual has one unknown per row of C, few of them, and is concave and smooth: given multipliers
λ the best z is `clip(v + Cᵀλ / h, low, high)`. It is solved by projected Newton steps
(Bertsekas 1982), damped where a step is too far, whose matrix is as small as the number of rows.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_array

from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.data import Array

MAX_STEPS = 200
EXACT = 1e-10
LEAST_DAMPING, MOST_DAMPING = 1e-12, 1e8


@dataclass(frozen=True, eq=False)
class Region:
    """`low ≤ z ≤ high`, shape (variable,), and `rows @ z ≥ floor`, shape (row,).

    Where `is_equal` (row,) the sum is `floor` exactly. `names` say in words what a row is.
    """

    low: Array
    high: Array
    rows: csr_array
    floor: Array
    is_equal: Array
    names: tuple[str, ...]

    def check(self) -> None:
        """Nothing where some point keeps to all limits, else PlanError that names a culprit."""
        if self.is_feasible():
            return
        for row, name in enumerate(self.names):
            kept = np.arange(len(self.names)) != row
            if self._select(kept).is_feasible():
                raise PlanError(
                    f"No plan keeps to all limits: '{name}' clashes with the others",
                    fix=f"Loosen '{name}', widen the bounds of channels or change the budget",
                )
        raise PlanError(
            "No plan keeps to all limits, and more than one of them is in the way",
            available=self.names,
            fix="Widen the bounds or take limits away",
        )

    def find_best(self, slope: Array) -> Array:
        """The point with the largest `slope · z`, by linear programming (HiGHS)."""
        return np.asarray(self._solve(-slope).x, float)

    def _solve(self, cost: Array) -> OptimizeResult:
        equal = self.is_equal.astype(bool)
        return linprog(
            cost,
            A_ub=-self.rows[~equal] if (~equal).any() else None,
            b_ub=-self.floor[~equal] if (~equal).any() else None,
            A_eq=self.rows[equal] if equal.any() else None,
            b_eq=self.floor[equal] if equal.any() else None,
            bounds=np.column_stack([self.low, self.high]),
            method="highs",
        )

    def is_feasible(self) -> bool:
        """Whether some point keeps to all limits."""
        is_wide = bool((self.low <= self.high).all())
        return is_wide and bool(self._solve(np.zeros(len(self.low))).success)

    def _select(self, kept: Array) -> "Region":
        places = np.flatnonzero(kept)
        return replace(
            self,
            rows=self.rows[places],
            floor=self.floor[places],
            is_equal=self.is_equal[places],
            names=tuple(self.names[i] for i in places),
        )


@dataclass(frozen=True, eq=False)
class Projected:
    """The nearest point `z` (variable,) and the multiplier of each row, (row,)."""

    z: Array
    multipliers: Array


@dataclass(frozen=True, eq=False)
class _Dual:
    """The best point for given multipliers, and what the dual is worth there."""

    aim: Array
    curvature: Array
    region: Region

    @cached_property
    def columns(self) -> csr_array:
        return self.region.rows.T.tocsr()

    def answer(self, multipliers: Array) -> tuple[Array, float]:
        pulled = self.aim + (self.columns @ multipliers) / self.curvature
        z = np.clip(pulled, self.region.low, self.region.high)
        distance = 0.5 * float(self.curvature @ (z - self.aim) ** 2)
        return z, distance + float(multipliers @ (self.region.floor - self.region.rows @ z))

    def miss(self, z: Array, multipliers: Array) -> float:
        """How far rows are from what they ask, the worst, as part of it."""
        lacking = (self.region.floor - self.region.rows @ z) / (1.0 + np.abs(self.region.floor))
        is_held = self.region.is_equal.astype(bool) | (multipliers > 0)
        return float(np.where(is_held, np.abs(lacking), lacking).max(initial=0.0))

    def step(
        self, z: Array, *, lacking: Array, is_free: NDArray[np.bool_], damping: float
    ) -> Array:
        """Newton's step of the free multipliers, (row,), shorter the more it is damped."""
        region, places = self.region, np.flatnonzero(is_free)
        loose = ((z > region.low) & (z < region.high)) / self.curvature
        active = region.rows[places]
        matrix = ((active * loose) @ active.T).toarray()
        matrix += damping * np.diag(active.power(2) @ (1 / self.curvature))
        step = np.zeros(len(region.floor))
        step[places] = np.linalg.solve(matrix, lacking[places])
        return step


def project(
    aim: Array, *, curvature: Array, region: Region, start: Array | None = None
) -> Projected:
    """The point of `region` nearest to `aim`, distances weighted by `curvature`, all (variable,).

    `start` are the multipliers to begin with, those of a projection nearby.
    """
    dual = _Dual(aim, curvature, region)
    is_equal = region.is_equal.astype(bool)
    multipliers = np.zeros(len(is_equal)) if start is None else start
    z, value = dual.answer(multipliers)
    miss = dual.miss(z, multipliers)
    damping = LEAST_DAMPING
    for _ in range(MAX_STEPS):
        if miss < EXACT or damping > MOST_DAMPING:
            break
        lacking = region.floor - region.rows @ z
        is_free = is_equal | (multipliers > 0) | (lacking > 0)
        step = dual.step(z, lacking=lacking, is_free=is_free, damping=damping)
        moved = multipliers + step
        moved = np.where(is_equal, moved, np.maximum(moved, 0.0))
        z_moved, value_moved = dual.answer(moved)
        miss_moved = dual.miss(z_moved, moved)
        rise = 1e-4 * float(lacking @ (moved - multipliers))
        if value_moved > value + rise or miss_moved < 0.1 * miss:
            multipliers, z, value, miss = moved, z_moved, value_moved, miss_moved
            damping = max(damping / 100, LEAST_DAMPING)
        else:
            damping *= 10
    return Projected(z, multipliers)
