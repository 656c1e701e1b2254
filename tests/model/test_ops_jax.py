"""The operations for JAX against those for Numba."""

import jax
import numpy as np
import pytest

from mmm_orchestration.model import ops, ops_jax

from .test_ops import make_case

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("n_media", "n_own"), [(0, 0), (3, 0), (3, 2)])
def test_jax_collapses_as_numba_does(n_media: int, n_own: int) -> None:
    """Density and every gradient are those of the Numba operation."""
    case = make_case(n_media, n_own)
    with jax.enable_x64(True):
        got = ops_jax.collapse(*case.values())
    for own, wanted in zip(got, ops.collapse(*case.values()), strict=True):
        assert np.asarray(own) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("size", [np.inf, 1e8])
def test_jax_breaks_down_to_minus_infinity(size: float) -> None:
    """Infinite or far too wide media give minus infinity and gradients of zero."""
    case = make_case(3)
    with jax.enable_x64(True):
        wide = np.full_like(case["media"], size)
        value, *gradients = ops_jax.collapse(*(case | {"media": wide}).values())
    assert float(value) == -np.inf
    assert all((np.asarray(g) == 0).all() for g in gradients)


def test_jax_carries_over_as_numba_does() -> None:
    """Value and both gradients are those of the Numba loops."""
    rng = np.random.default_rng(0)
    exposure, kernel = rng.normal(size=(2, 9, 3)), rng.uniform(size=(4, 3))
    cotangent = rng.normal(size=(2, 6, 3))
    pairs = (
        (ops_jax.carry_over, ops.carry_over, (exposure, kernel)),
        (ops_jax.pull_to_kernel, ops.pull_to_kernel, (cotangent, exposure, kernel)),
        (ops_jax.pull_to_exposure, ops.pull_to_exposure, (cotangent, exposure, kernel)),
    )
    with jax.enable_x64(True):
        for own, wanted, inputs in pairs:
            assert np.asarray(own(*map(jax.numpy.asarray, inputs))) == pytest.approx(
                wanted(*inputs)
            )
