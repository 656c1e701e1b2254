"""The hand-written operations against dense matrices, loops and finite differences."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from pytensor.compile.maker import function
from pytensor.gradient import grad
from scipy.stats import multivariate_normal

from mmm_orchestration.model import ops

pytestmark = pytest.mark.unit

Array = NDArray[np.float64]
N_GEOS, N_DATES, N_BASIS, N_OWN = 3, 15, 4, 2


def make_case(n_media: int, n_own: int = N_OWN) -> dict[str, Array]:
    """Random inputs of `collapse`; the second geo is not observed in its first five periods."""
    rng = np.random.default_rng(n_media)
    observed = np.ones((N_GEOS, N_DATES))
    observed[1, :5] = 0
    fixed = rng.normal(size=(N_GEOS, N_DATES, n_own + N_BASIS)) * observed[..., None]
    case = {
        "residual": rng.normal(size=(N_GEOS, N_DATES)) * observed,
        "media": rng.normal(size=(N_GEOS, N_DATES, n_media)) * observed[..., None],
        "fixed": fixed,
        "gram": np.einsum("gtp,gtq->gpq", fixed, fixed),
        "own_log_scale": rng.normal(size=n_own),
        "log_scale": rng.normal(size=N_BASIS),
        "sigma": rng.uniform(0.5, 1, N_GEOS),
        "n_observed": observed.sum(axis=1),
    }
    return {name: np.array(values, order="C") for name, values in case.items()}


def compute_dense(case: dict[str, Array]) -> float:
    """The log density of the observed residuals with their whole covariance."""
    n = N_GEOS * N_DATES
    cov = np.zeros((n, n))
    n_own = len(case["own_log_scale"])
    for g, sigma in enumerate(case["sigma"]):
        deviations = case["fixed"][g, :, :n_own] * np.exp(case["own_log_scale"])
        columns = np.concatenate([deviations, case["media"][g]], axis=1)
        own = slice(g * N_DATES, (g + 1) * N_DATES)
        cov[own, own] = sigma**2 * np.eye(N_DATES) + columns @ columns.T
    shared = case["fixed"][:, :, n_own:].reshape(n, N_BASIS)
    kept = np.abs(shared).sum(axis=1) > 0
    shared = shared * np.exp(case["log_scale"])
    cov = (cov + shared @ shared.T)[np.ix_(kept, kept)]
    return float(multivariate_normal(cov=cov).logpdf(case["residual"].ravel()[kept]))


def differentiate(value: Callable[[Array], float], at: Array, *, step: float = 1e-6) -> Array:
    """The gradient by central differences."""
    slopes = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        slopes[place] = (value(up) - value(down)) / (2 * step)
    return slopes


@pytest.mark.parametrize(("n_media", "n_own"), [(0, 0), (3, 0), (3, 2)])
def test_the_collapsed_density_is_the_dense_one(n_media: int, n_own: int) -> None:
    """The density is that of one large normal over all observed periods of all geos."""
    case = make_case(n_media, n_own)
    assert ops.collapse(*case.values())[0] == pytest.approx(compute_dense(case), abs=1e-8)


@pytest.mark.parametrize(
    ("name", "place"),
    [("residual", 1), ("media", 2), ("own_log_scale", 3), ("log_scale", 4), ("sigma", 5)],
)
def test_the_collapsed_gradients_are_slopes(name: str, place: int) -> None:
    """Each gradient equals finite differences of the dense density where data are observed."""
    case = make_case(3)
    slopes = differentiate(lambda at: compute_dense(case | {name: at}), case[name])
    observed = case[name] != 0
    got = ops.collapse(*case.values())[place]
    assert got[observed] == pytest.approx(slopes[observed], abs=1e-5)


def test_numbers_that_break_down_are_minus_infinity() -> None:
    """Infinite or far too wide media, or far too little noise, give no error and no nan."""
    case = make_case(3)
    infinite = np.full_like(case["media"], np.inf)
    wide = case["media"] * 1e8
    for broken in ({"media": infinite}, {"media": wide}, {"sigma": case["sigma"] * 1e-200}):
        with np.errstate(all="ignore"):
            value, *gradients = ops.collapse(*(case | broken).values())
        assert value == -np.inf
        assert all((g == 0).all() for g in gradients)


def test_the_operation_compiles_with_its_gradients() -> None:
    """The compiled operation returns density and gradients of the plain function."""
    case = make_case(3)
    symbols = [kind() for kind in ops.Collapse.itypes]
    density = ops.Collapse()(*symbols)[0]
    slopes = grad(density, [symbols[0], symbols[1], symbols[4], symbols[5], symbols[6]])
    compiled = function(symbols, [density, *slopes], mode="NUMBA")
    for got, wanted in zip(compiled(*case.values()), ops.collapse(*case.values()), strict=True):
        assert got == pytest.approx(wanted)


def test_carry_over_has_the_slow_value_and_slopes() -> None:
    """Value and both gradients equal a loop and its finite differences."""
    rng = np.random.default_rng(0)
    exposure, kernel = rng.normal(size=(2, 9, 2)), rng.uniform(size=(4, 2))
    slow = np.array(
        [[(kernel * e[t : t + 4][::-1]).sum(axis=0) for t in range(6)] for e in exposure]
    )
    assert ops.carry_over(exposure, kernel) == pytest.approx(slow)
    symbols = [kind() for kind in ops.CarryOver.itypes]
    squares = (ops.CarryOver()(*symbols) ** 2).sum()
    to_exposure, to_kernel = function(symbols, grad(squares, symbols), mode="NUMBA")(
        exposure, kernel
    )
    by_exposure = differentiate(lambda at: (ops.carry_over(at, kernel) ** 2).sum(), exposure)
    by_kernel = differentiate(lambda at: (ops.carry_over(exposure, at) ** 2).sum(), kernel)
    assert to_exposure == pytest.approx(by_exposure, abs=1e-5)
    assert to_kernel == pytest.approx(by_kernel, abs=1e-5)
