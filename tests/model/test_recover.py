"""What was integrated out, against the conjugate formula."""

import numpy as np
import pytest

from mmm_orchestration.model.recover import draw_coefficients

pytestmark = pytest.mark.unit

N_GEOS, N_DATES, N_BASIS, N_COLUMNS, N_DRAWS = 2, 12, 3, 2, 60_000


@pytest.mark.parametrize("n_columns", [0, N_COLUMNS])
def test_recovered_coefficients_have_the_exact_posterior(n_columns: int) -> None:
    """Mean and covariance of shared and own coefficients together are the conjugate ones."""
    rng = np.random.default_rng(3)
    residual = rng.normal(size=(N_GEOS, N_DATES))
    columns = rng.normal(size=(N_GEOS, N_DATES, n_columns))
    common = rng.normal(size=(N_GEOS, N_DATES, N_BASIS))
    sigma, scale = np.array([0.7, 1.3]), np.array([0.5, 1.0, 2.0])
    shared, own = draw_coefficients(
        np.tile(residual, (N_DRAWS, 1, 1)),
        np.tile(columns, (N_DRAWS, 1, 1, 1)),
        common,
        scale=np.tile(scale, (N_DRAWS, 1)),
        sigma=np.tile(sigma, (N_DRAWS, 1)),
        free_shared=rng.standard_normal((N_DRAWS, N_BASIS)),
        free_own=rng.standard_normal((N_DRAWS, N_GEOS, n_columns)),
    )
    drawn = np.hstack([shared, own.reshape(N_DRAWS, -1)])
    design = np.zeros((N_GEOS * N_DATES, drawn.shape[1]))
    design[:, :N_BASIS] = common.reshape(-1, N_BASIS) * scale
    for g in range(N_GEOS):
        place = N_BASIS + g * n_columns
        design[g * N_DATES : (g + 1) * N_DATES, place : place + n_columns] = columns[g]
    weight = np.repeat(sigma**-2.0, N_DATES)
    cov = np.linalg.inv(np.eye(drawn.shape[1]) + (design.T * weight) @ design)
    mean = cov @ (design.T * weight) @ residual.ravel()
    sd = np.sqrt(np.diag(cov))
    assert np.abs((drawn.mean(axis=0) - mean) / sd).max() < 0.02
    assert np.abs((np.cov(drawn.T) - cov) / np.outer(sd, sd)).max() < 0.03
