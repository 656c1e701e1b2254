"""NUTS on a model of this package through JAX and NumPyro.

Belongs here: the same flat density as nutpie's, as a function of JAX; how chains run; whether
float32 is enough. Must not: a model of its own.

On a CPU every chain is a loop of its own in a thread; XLA holds no lock of the interpreter. On a
GPU all chains run in step. What is compiled is kept beside PyTensor's own compiled functions.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pymc as pm
from numpy.typing import NDArray
from numpyro.infer.hmc import hmc
from pymc.model.transform.optimization import freeze_dims_and_data
from pymc.sampling.jax import get_jaxified_graph
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.configdefaults import config
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import graph_inputs
from pytensor.tensor import TensorType

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model import ops_jax as _registered  # noqa: F401 - PyTensor learns the ops
from mmm_orchestration.model.flat import Array, Draws, Slot, flatten_density, jitter, lay_out
from mmm_orchestration.model.machine import find_hardware
from mmm_orchestration.model.samplers import Progress, SamplerPlan

CHUNK = 50
REST = "rest"
MOST_STARTS = 100
N_CHECKED = 16
# in nats, and as a share of the gradient's length
DENSITY_TOLERANCE = 0.05
GRADIENT_TOLERANCE = 0.01

# chains already use every core
_ONE_THREAD: dict[str, Any] = {"xla_cpu_multi_thread_eigen": False}

# log density and gradient of a flat vector, given the arrays of the model
Density = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True, eq=False)
class Blocks:
    """Where the unknowns of each block lie in the flat vector, every place once.

    Unknowns of one channel trade off against each other, so a block of them has a mass matrix
    with covariances; the `REST` has variances alone.
    """

    places: Mapping[str, NDArray[np.int64]]

    @property
    def dense(self) -> list[tuple[str, ...]]:
        """The blocks with covariances, as NumPyro takes them."""
        return [(name,) for name in self.places if name != REST]

    def split(self, flat: Any) -> dict[str, Any]:
        """The blocks of a flat vector."""
        return {name: flat[own] for name, own in self.places.items()}

    def join(self, parts: Mapping[str, Any]) -> Any:
        """The flat vector of blocks."""
        order = np.argsort(np.concatenate(list(self.places.values())))
        return jnp.concatenate([parts[name] for name in self.places])[order]


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


def sample_numpyro(
    model: pm.Model, *, plan: SamplerPlan, progress: Progress | None, in_step: bool | None = None
) -> Draws:
    """Draws by NUTS of NumPyro on the device of the plan; on a GPU all chains run in step.

    Hoffman and Gelman (2014), iterated as by Phan, Pradhan and Jankowiak (2019). Raises ModelError
    when float32 is asked for and is wrong at the start or at the draws.
    """
    start, slots = lay_out(model)
    is_single = plan.precision == "float32"
    if is_single:
        near = [jitter(start, seed=plan.seed + i) for i in range(N_CHECKED)]
        _refuse_wrong(check_precision(model, points=np.array(near)))
    blocks = group_unknowns(model, slots=slots)
    with _use(plan.precision, device=plan.device):
        flat, is_divergent = _run(
            *build_density(model),
            start=start,
            blocks=blocks,
            plan=plan,
            in_step=plan.device == "gpu" if in_step is None else in_step,
            progress=progress or (lambda *_: None),
        )
    if is_single:
        every = flat.reshape(-1, flat.shape[2])
        places = np.linspace(0, len(every) - 1, N_CHECKED).astype(int)
        _refuse_wrong(check_precision(model, points=every[places]))
    return Draws({slot.name: slot.take(flat) for slot in slots}, is_divergent=is_divergent)


def build_density(model: pm.Model) -> tuple[Density, tuple[Array, ...]]:
    """Log density and gradient of one flat vector as a function of JAX, and the model's arrays.

    The arrays are its second argument, so what is compiled serves all data of one shape. JAX
    compiles one shape at a time, so the lengths that PyTensor's graph leaves open are fixed.
    """
    flat, *outputs = flatten_density(freeze_dims_and_data(model, data=[]))
    shared = [v for v in graph_inputs(outputs) if isinstance(v, SharedVariable)]
    arrays = tuple(v.get_value(borrow=True) for v in shared)  # type: ignore[no-untyped-call]
    shapes = ((len(lay_out(model)[0]),), *(array.shape for array in arrays))
    inputs = [
        TensorType(v.type.dtype, shape=shape)(v.name)
        for v, shape in zip((flat, *shared), shapes, strict=True)
    ]
    given: Any = dict(zip((flat, *shared), inputs, strict=True))
    outputs = clone_replace(outputs, replace=given, rebuild_strict=False)
    evaluate = get_jaxified_graph(inputs, outputs)

    def density(x: Any, data: Any) -> tuple[Any, Any]:
        value, slope = evaluate(x, *data)
        return value, slope

    return density, arrays


def check_precision(model: pm.Model, *, points: Array) -> PrecisionCheck:
    """float32 against float64 at `points` (point, unknown), on whatever device JAX uses."""
    densities, gradients = {}, {}
    density, arrays = build_density(model)
    for precision in ("float64", "float32"):
        with _use(precision):
            evaluate = jax.jit(jax.vmap(density, in_axes=(0, None)))
            evaluated = evaluate(jnp.asarray(points), _place(arrays))
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


def group_unknowns(model: pm.Model, *, slots: Sequence[Slot]) -> Blocks:
    """One block for each channel with the unknowns that are its own, and one for all others."""
    channels = model.coords["channel"]
    by_channel: dict[str, list[int]] = {name: [] for name in channels}
    rest: list[int] = []
    for slot in slots:
        dims = model.named_vars_to_dims[slot.name]
        labels = model.coords[dims[0]] if len(dims) == 1 else ()
        for place in range(slot.start, slot.stop):
            own = by_channel.get(labels[place - slot.start], rest) if labels else rest
            own.append(place)
    named = {f"channel_{c}": own for c, own in enumerate(by_channel.values())} | {REST: rest}
    return Blocks({name: np.array(own, dtype=np.int64) for name, own in named.items() if own})


@contextmanager
def _use(precision: str, *, device: str | None = None) -> Iterator[None]:
    """Within it this thread computes in `precision` on the first such device, or on JAX's own.

    Casts to float64 in the graph are passed over.
    """
    first = None if device is None else jax.devices(device)[0]
    with (
        jax.enable_x64(precision == "float64"),
        jax.default_device(first),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Explicitly requested dtype")
        yield


def _run(
    density: Density,
    arrays: Sequence[Array],
    *,
    start: Array,
    blocks: Blocks,
    plan: SamplerPlan,
    in_step: bool,
    progress: Progress,
) -> tuple[Array, NDArray[np.bool_]]:
    """Flat draws (chain, draw, unknown) after tuning, and whether each diverged."""
    _keep_compiled()
    init, sample = hmc(potential_fn_gen=_make_potentials(density, blocks=blocks), algo="NUTS")

    def begin(key: Any, point: Any, data: Any) -> Any:
        return init(
            blocks.split(point),
            plan.tune,
            dense_mass=blocks.dense,
            target_accept_prob=plan.target_accept,
            model_args=(data,),
            rng_key=key,
        )

    def advance(state: Any, data: Any) -> Any:
        def step(state: Any, _: None) -> tuple[Any, tuple[Any, Any]]:
            state = sample(state, model_args=(data,))
            return state, (blocks.join(state.z), state.diverging)

        return jax.lax.scan(step, state, None, length=CHUNK)

    data = _place(arrays)
    options = None if in_step else _ONE_THREAD
    states = _begin_chains(jax.jit(begin, compiler_options=options), data, start=start, plan=plan)
    if in_step:
        states = [jax.tree.map(lambda *own: jnp.stack(own), *states)]
        advance = jax.vmap(advance, in_axes=(0, None))
    # compiled here, since threads that ask for it at once would each compile it
    move = jax.jit(advance, compiler_options=options).lower(states[0], data).compile()
    return _follow(lambda state: move(state, data), states, plan=plan, progress=progress)


def _follow(
    advance: Callable[[Any], Any], states: Sequence[Any], *, plan: SamplerPlan, progress: Progress
) -> tuple[Array, NDArray[np.bool_]]:
    """Draws and divergences of all chains; each of `states` is of one chain, or of all in step."""
    n_steps, lock = plan.tune + plan.draws, Lock()
    width, done, total = plan.chains // len(states), [0], n_steps * plan.chains

    def follow(state: Any) -> tuple[Array, NDArray[np.bool_]]:
        kept = []
        with _use(plan.precision, device=plan.device):
            for i in range(math.ceil(n_steps / CHUNK)):
                state, (z, diverging) = advance(state)
                kept.append((np.asarray(z, dtype=float), np.asarray(diverging)))
                with lock:
                    done[0] += width * min(CHUNK, n_steps - i * CHUNK)
                    progress(done[0], total)
        draws, ends = zip(*kept, strict=True)
        flat, diverged = np.concatenate(draws, axis=-2), np.concatenate(ends, axis=-1)
        return flat.reshape(width, -1, flat.shape[-1]), diverged.reshape(width, -1)

    with ThreadPoolExecutor(min(len(states), find_hardware().n_cores)) as pool:
        flat, diverged = zip(*pool.map(follow, states), strict=True)
    kept = slice(plan.tune, n_steps)
    return np.concatenate(flat)[:, kept], np.concatenate(diverged)[:, kept]


def _make_potentials(density: Density, *, blocks: Blocks) -> Callable[[Any], Callable[[Any], Any]]:
    """From arrays to minus the log density of blocks; its gradient is that of PyTensor's graph."""

    @jax.custom_vjp
    def potential(x: Any, data: Any) -> Any:
        return -density(x, data)[0]

    def forward(x: Any, data: Any) -> tuple[Any, Any]:
        value, gradient = density(x, data)
        return -value, -gradient

    def backward(gradient: Any, cotangent: Any) -> tuple[Any, None]:
        return cotangent * gradient, None

    potential.defvjp(forward, backward)
    return lambda data: lambda parts: potential(blocks.join(parts), data)


def _begin_chains(
    begin: Callable[[Any, Any, Any], Any], data: Any, *, start: Array, plan: SamplerPlan
) -> list[Any]:
    """The state of each chain at a finite starting point, by seed."""
    keys = jax.random.split(jax.random.PRNGKey(plan.seed), plan.chains)
    found: list[Any] = []
    for i in range(MOST_STARTS * plan.chains):
        point = jnp.asarray(jitter(start, seed=plan.seed + i))
        state = begin(keys[len(found)], point, data)
        if np.isfinite(float(state.potential_energy)):
            found.append(state)
        if len(found) == plan.chains:
            return found
    raise ModelError("The density is not finite where the chains start", got=len(found))


def _place(arrays: Sequence[Array]) -> tuple[Any, ...]:
    """The arrays as JAX holds them, floating ones in its precision."""
    return tuple(jnp.asarray(own) for own in arrays)


def _keep_compiled() -> None:
    """Lets JAX keep what it compiles on disk, where JAX_COMPILATION_CACHE_DIR says if it is set."""
    declared = jax.config.jax_compilation_cache_dir
    folder = declared or str(Path(config.base_compiledir) / "jax")
    for name, value in (
        ("jax_compilation_cache_dir", folder),
        ("jax_persistent_cache_min_compile_time_secs", 0.1),
    ):
        jax.config.update(name, value)  # type: ignore[no-untyped-call]
