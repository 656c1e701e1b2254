"""The baseline integrated out, against the dense normal distribution."""

import dataclasses

import numpy as np
import pytest
from pytensor.compile.maker import function
from pytensor.tensor import dmatrix, dscalar, dvector
from scipy.stats import multivariate_normal

from mmm_orchestration.model.collapse import collapse_design, recover_coefficients
from mmm_orchestration.model.design import Design, build_design
from mmm_orchestration.model.graph import compute_collapsed_logp

from .worlds import make_random_world

pytestmark = pytest.mark.unit

SIGMA = 0.3


def make_design(n_periods: int = 60) -> Design:
    """The design of the random world."""
    world = make_random_world(n_periods=n_periods)
    return build_design(world.prepare(), project=world.project)


@pytest.mark.parametrize("n_periods", [12, 60])
def test_collapsed_density_is_the_dense_one(n_periods: int) -> None:
    """The log density equals N(0, σ² I + Z V Zᵀ) to 1e-8, also with more columns than rows."""
    design = make_design(n_periods)
    collapsed = collapse_design(design)
    residual = np.random.default_rng(0).normal(size=n_periods)
    symbols = (dvector(), dscalar(), dmatrix(), dvector())
    logp = compute_collapsed_logp(
        symbols[0], sigma=symbols[1], basis=symbols[2], strength=symbols[3]
    )
    got = function(symbols, logp, mode="FAST_COMPILE")(
        residual, SIGMA, collapsed.basis, collapsed.strength
    )
    scaled = design.matrix * design.prior_sd
    dense = SIGMA**2 * np.eye(n_periods) + scaled @ scaled.T
    assert got == pytest.approx(multivariate_normal(cov=dense).logpdf(residual), abs=1e-8)


def test_recovered_coefficients_have_the_exact_posterior() -> None:
    """Mean and covariance of many draws agree with the conjugate formula."""
    design = make_design()
    collapsed = collapse_design(design)
    outcome = 1 + np.random.default_rng(1).normal(0, SIGMA, 60)
    n_draws = 100_000
    drawn = recover_coefficients(
        collapsed,
        residual=np.broadcast_to(outcome - collapsed.mean, (n_draws, 60)),
        sigma=np.full(n_draws, SIGMA),
        rng=np.random.default_rng(2),
    )
    precision = np.diag(design.prior_sd**-2.0) + design.matrix.T @ design.matrix / SIGMA**2
    cov = np.linalg.inv(precision)
    pull = design.prior_mean / design.prior_sd**2 + design.matrix.T @ outcome / SIGMA**2
    sd = np.sqrt(np.diag(cov))
    assert np.abs((drawn.mean(axis=0) - cov @ pull) / sd).max() < 0.02
    assert np.abs((np.cov(drawn.T) - cov) / np.outer(sd, sd)).max() < 0.02


def test_columns_that_keep_a_sign_are_not_collapsed() -> None:
    """Only columns of sign 'any' enter the basis."""
    design = make_design()
    signed = dataclasses.replace(design, signs=(*design.signs[:-1], "positive"))
    collapsed = collapse_design(signed)
    assert collapsed.is_collapsed.tolist() == [True] * (len(design.columns) - 1) + [False]
    assert collapsed.to_columns.shape[0] == len(design.columns) - 1
