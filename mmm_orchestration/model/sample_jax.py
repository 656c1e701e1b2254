"""NUTS on a model of this package through JAX and NumPyro, all chains in step.

Belongs here: the same flat density as nutpie's, as a function of JAX; whether float32 is enough.
Must not: a model of its own. Imported only where NumPyro is asked for, since JAX is an extra.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pymc as pm
from numpyro.infer import NUTS
from pymc.sampling.jax import get_jaxified_graph

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model import ops_jax as _registered  # noqa: F401 - PyTensor learns the ops
from mmm_orchestration.model.flat import Array, Draws, flatten_density, jitter, lay_out
from mmm_orchestration.model.samplers import Progress, SamplerPlan

CHUNK = 25
MOST_STARTS = 100
N_CHECKED = 16
# in nats, and as a share of the gradient's length
DENSITY_TOLERANCE = 0.05
GRADIENT_TOLERANCE = 0.01

Precision = Literal["float32", "float64"]
Density = Callable[[Any], tuple[Any, Any]]


@dataclass(frozen=True)
class PrecisionCheck:
    """How far float32 is from float64 at points of one model.

    `density_error` is the greatest error of a difference of two log densities, in nats;
    `gradient_error` of a gradient, as a share of its length.
    """

    density_error: float
    gradient_error: float

    @property
    def is_right(self) -> bool:
        """Whether float32 leads NUTS as float64 does; nan does not."""
        return self.density_error <= DENSITY_TOLERANCE and self.gradient_error <= GRADIENT_TOLERANCE


def sample_numpyro(model: pm.Model, *, plan: SamplerPlan, progress: Progress | None) -> Draws:
    """Draws by NUTS of NumPyro; on the GPU where JAX has one.

    Hoffman and Gelman (2014), iterated as by Phan, Pradhan and Jankowiak (2019). Raises ModelError
    when float32 is asked for and is wrong at the start or at the draws.
    """
    start, slots = lay_out(model)
    is_single = plan.precision == "float32"
    if is_single:
        near = [jitter(start, seed=plan.seed + i) for i in range(N_CHECKED)]
        _refuse_wrong(check_precision(model, points=np.array(near)))
    with _use(plan.precision):
        flat, is_divergent = _run(
            build_density(model), start=start, plan=plan, progress=progress or (lambda *_: None)
        )
    if is_single:
        every = flat.reshape(-1, flat.shape[2])
        places = np.linspace(0, len(every) - 1, N_CHECKED).astype(int)
        _refuse_wrong(check_precision(model, points=every[places]))
    return Draws({slot.name: slot.take(flat) for slot in slots}, is_divergent=is_divergent)


def build_density(model: pm.Model) -> Density:
    """Log density and gradient of one flat vector as a function of JAX, its data as constants.

    JAX compiles one shape at a time, so the lengths that PyTensor's graph leaves open are fixed.
    """
    flat, log_density, gradient = flatten_density(model)
    evaluate = get_jaxified_graph([flat], [log_density, gradient])

    def density(x: Any) -> tuple[Any, Any]:
        value, slope = evaluate(x)
        return value, slope

    return density


def check_precision(model: pm.Model, *, points: Array) -> PrecisionCheck:
    """float32 against float64 at `points` (point, unknown), on whatever device JAX uses."""
    densities, gradients = {}, {}
    for precision in ("float64", "float32"):
        with _use(precision):
            evaluated = jax.jit(jax.vmap(build_density(model)))(jnp.asarray(points))
            densities[precision], gradients[precision] = (
                np.asarray(values, dtype=float) for values in evaluated
            )
    error = densities["float32"] - densities["float64"]
    length = np.linalg.norm(gradients["float64"], axis=1)
    missed = np.linalg.norm(gradients["float32"] - gradients["float64"], axis=1)
    return PrecisionCheck(
        density_error=float(np.ptp(error)), gradient_error=float((missed / length).max())
    )


def _refuse_wrong(check: PrecisionCheck) -> None:
    if not check.is_right:
        raise ModelError(
            f"float32 is too coarse for this model: densities differ by {check.density_error:.2g} "
            f"nats and gradients by {check.gradient_error:.2g} of their length",
            fix="Set model.sampler.precision to float64",
        )


@contextmanager
def _use(precision: str) -> Iterator[None]:
    """Within it JAX computes in `precision`; casts to float64 in the graph are then passed over."""
    with jax.enable_x64(precision == "float64"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Explicitly requested dtype")
        yield


def _run(
    density: Density, *, start: Array, plan: SamplerPlan, progress: Progress
) -> tuple[Array, Any]:
    """Flat draws (chain, draw, unknown) after tuning, and whether each diverged."""
    kernel = NUTS(
        potential_fn=_make_potential(density),
        target_accept_prob=plan.target_accept,
        find_heuristic_step_size=True,
    )
    keys = jax.random.split(jax.random.PRNGKey(plan.seed), plan.chains)
    starts = _find_starts(density, start=start, plan=plan)
    state = kernel.init(keys, plan.tune, init_params=starts, model_args=(), model_kwargs={})

    def step(state: Any, _: None) -> tuple[Any, tuple[Any, Any]]:
        state = kernel.sample(state, (), {})
        return state, (state.z, state.diverging)

    advance = jax.jit(lambda state: jax.lax.scan(step, state, None, length=CHUNK))
    n_steps = plan.tune + plan.draws
    kept = []
    for i in range(math.ceil(n_steps / CHUNK)):
        state, (z, diverging) = advance(state)
        kept.append((np.asarray(z, dtype=float), np.asarray(diverging)))
        progress(min((i + 1) * CHUNK, n_steps) * plan.chains, n_steps * plan.chains)
    flat, is_divergent = (
        np.concatenate(parts)[plan.tune : n_steps].swapaxes(0, 1)
        for parts in zip(*kept, strict=True)
    )
    return flat, is_divergent


def _make_potential(density: Density) -> Callable[[Any], Any]:
    """Minus the log density, with the gradient of PyTensor's graph as its gradient."""

    @jax.custom_vjp
    def potential(x: Any) -> Any:
        return -density(x)[0]

    def forward(x: Any) -> tuple[Any, Any]:
        value, gradient = density(x)
        return -value, -gradient

    def backward(gradient: Any, cotangent: Any) -> tuple[Any]:
        return (cotangent * gradient,)

    potential.defvjp(forward, backward)
    return potential


def _find_starts(density: Density, *, start: Array, plan: SamplerPlan) -> Any:
    """A finite starting point of each chain, shape (chain, unknown), by seed."""
    evaluate = jax.jit(density)
    found: list[Array] = []
    for i in range(MOST_STARTS * plan.chains):
        point = jitter(start, seed=plan.seed + i)
        if np.isfinite(np.asarray(evaluate(jnp.asarray(point))[0])):
            found.append(point)
        if len(found) == plan.chains:
            return jnp.asarray(np.array(found))
    raise ModelError("The density is not finite where the chains start", got=len(found))
