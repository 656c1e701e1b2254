"""The baseline integrated out exactly.

With `A = Z V^½ = U diag(s) Wᵀ` and `r = y - Z m - media`, the standardised coefficients
`u ~ N(0, I)` leave

    y ~ N(Z m + media, σ² I + A Aᵀ)

whose density needs only `p = Uᵀ r` and the residual outside the columns of U; afterwards
`u | y` is normal with independent components in the basis W. NumPy only, so that a draw can be
completed without PyMC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.model.data import Array
from mmm_orchestration.model.design import Design


@dataclass(frozen=True, eq=False)
class Collapsed:
    """The collapsed part of a design, columns of sign 'any', in units of the mean KPI.

    `mean` (date,) is Z m; `basis` (date, rank) is U; `strength` (rank,) is s²; `to_columns`
    (column, column) is V^½ W, whose first `rank` columns the data inform.
    """

    mean: Array
    basis: Array
    strength: Array
    to_columns: Array
    prior_mean: Array
    is_collapsed: NDArray[np.bool_]


def collapse_design(design: Design) -> Collapsed:
    """The thin SVD of the columns of sign 'any', made once."""
    chosen = np.array([sign == "any" for sign in design.signs])
    matrix, sd = design.matrix[:, chosen], design.prior_sd[chosen]
    basis, singular, directions = np.linalg.svd(matrix * sd, full_matrices=True)
    rank = len(singular)
    return Collapsed(
        mean=matrix @ design.prior_mean[chosen],
        basis=np.ascontiguousarray(basis[:, :rank]),
        strength=singular**2,
        to_columns=sd[:, None] * directions.T,
        prior_mean=design.prior_mean[chosen],
        is_collapsed=chosen,
    )


def recover_coefficients(
    collapsed: Collapsed, *, residual: Array, sigma: Array, rng: np.random.Generator
) -> Array:
    """One exact draw of the collapsed coefficients for each row, shape (draw, column).

    `residual` (draw, date) is y - Z m - media and `sigma` (draw,) the noise, both in units of
    the mean KPI.
    """
    n_draws, n_columns = len(sigma), collapsed.to_columns.shape[1]
    rank = len(collapsed.strength)
    total = sigma[:, None] ** 2 + collapsed.strength
    projected = residual @ collapsed.basis
    free = rng.standard_normal((n_draws, n_columns))
    free[:, :rank] *= sigma[:, None] / np.sqrt(total)
    free[:, :rank] += np.sqrt(collapsed.strength) * projected / total
    recovered: Array = collapsed.prior_mean + free @ collapsed.to_columns.T
    return recovered
