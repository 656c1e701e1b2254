"""NUTS on a model of this package, through nutpie.

A positive unknown is sampled as its logarithm, any other as it is. The density is compiled
once per machine and read from PyTensor's cache later. It keeps strict IEEE arithmetic, so a
fresh compilation and a cached one give the same draws, and it releases the interpreter lock, so
chains run in parallel threads.
"""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from nutpie.compiled_pyfunc import PyFuncModel as CompiledModel
from nutpie.compiled_pyfunc import from_pyfunc
from pymc.distributions.transforms import log as log_transform
from pytensor.compile.maker import function
from pytensor.configdefaults import config
from pytensor.gradient import grad
from pytensor.graph.replace import clone_replace
from pytensor.link.numba.dispatch.basic import numba_njit

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.ops import Tensor
from mmm_orchestration.project import Sampler

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
Density = Callable[[Array], tuple[float, Array]]
_FLAT = "unknown"


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the unknowns, each of shape (chain, draw, …), and whether a draw diverged."""

    values: Mapping[str, Array]
    is_divergent: NDArray[np.bool_]


@dataclass(frozen=True)
class _Slot:
    """Where one unknown lies in the flat vector of the sampler."""

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int
    is_log: bool

    def take(self, flat: Array) -> Array:
        """The unknown from flat vectors (chain, draw, unknown), as it is in the model."""
        own = flat[..., self.start : self.stop].reshape(*flat.shape[:2], *self.shape)
        taken: Array = np.exp(own) if self.is_log else own
        return taken


def sample_posterior(
    model: pm.Model, *, sampler: Sampler, progress: Progress | None = None
) -> Draws:
    """Draws after tuning; the same seed gives the same draws on one machine.

    `progress` is told from another thread how many iterations of all chains are done, and of
    how many. Raises ModelError when no finite starting point is found.
    """
    start, slots = _lay_out(model)
    total = (sampler.draws + sampler.tune) * sampler.chains

    def report(chains: list[Any]) -> None:
        if progress is not None:
            progress(sum(chain.finished_draws for chain in chains), total)

    try:
        trace = nutpie.sample(
            _wrap_density(compile_density(model), start=start),
            draws=sampler.draws,
            tune=sampler.tune,
            chains=sampler.chains,
            cores=min(sampler.chains, os.cpu_count() or 1),
            seed=sampler.seed,
            target_accept=sampler.target_accept,
            save_warmup=False,
            progress_bar=False,
            progress_callback=report,
        )
    except RuntimeError as error:
        raise ModelError(f"The sampler stopped: {error}") from error
    if progress is not None:
        progress(total, total)
    flat = trace.posterior[_FLAT].to_numpy()
    values = {slot.name: slot.take(flat) for slot in slots}
    return Draws(values, is_divergent=trace.sample_stats["diverging"].to_numpy().astype(bool))


def _wrap_density(density: Density, *, start: Array) -> CompiledModel:
    """The density as nutpie takes it, chains starting around `start`."""
    return from_pyfunc(
        len(start),
        lambda: density,
        lambda *_seeds: lambda x: {_FLAT: np.array(x)},
        [np.dtype("float64")],
        [start.shape],
        [_FLAT],
        make_initial_point_fn=lambda seed: _jitter(start, seed=seed),
    )


def compile_density(model: pm.Model) -> Density:
    """The log density and its gradient as a function of the flat vector of unknowns."""
    start, _ = _lay_out(model)
    with config.change_flags(numba__fastmath=False):
        flat, log_density, gradient = _flatten_density(model)
        evaluate = function([flat], [log_density, gradient], mode="NUMBA")
        shared = [variable.get_value(borrow=True) for variable in evaluate.get_shared()]
        compiled = numba_njit(
            evaluate.vm.jit_fn.py_func, final_function=True, cache=True, nogil=True
        )

        def density(x: Array) -> tuple[float, Array]:
            value, gradient = compiled(x, *shared)
            return float(value), gradient

        at_start, _ = density(start)
    if not np.isfinite(at_start):
        raise ModelError("The density is not finite where the chains start", got=at_start)
    return density


def _flatten_density(model: pm.Model) -> tuple[Tensor, Tensor, Tensor]:
    """The flat vector of unknowns as sampled, the log density and its gradient, as one graph.

    Lengths come from the model's dims, so that the graph does not depend on them.
    """
    log_density = model.logp()
    gradients: Any = grad(log_density, model.value_vars)
    gradient = pt.concatenate([g.reshape((-1,)) for g in gradients])  # type: ignore[no-untyped-call]
    flat, place, parts = pt.dvector("unknown"), 0, {}
    for variable in model.free_RVs:
        value = model.rvs_to_values[variable]
        lengths = [model.dim_lengths[d] for d in model.named_vars_to_dims.get(variable.name, ())]
        stop = place + math.prod(lengths)
        own = flat[place:stop]
        parts[value] = own.reshape(lengths) if len(lengths) != 1 else own
        place = stop
    log_density, gradient = clone_replace([log_density, gradient], replace=parts)
    return flat, log_density, gradient


def _lay_out(model: pm.Model) -> tuple[Array, tuple[_Slot, ...]]:
    """The starting point as it is sampled, shape (unknown,), and where each unknown lies in it."""
    starts, slots, place = [], [], 0
    for variable in model.free_RVs:
        transform = model.rvs_to_transforms[variable]
        if transform is not None and transform is not log_transform:
            raise ModelError(f"Unknown '{variable.name}' must be sampled as it is or as its log")
        is_log = transform is log_transform
        value = np.asarray(model.rvs_to_initial_values[variable], dtype=float)
        slots.append(_Slot(variable.name, value.shape, place, place + value.size, is_log))
        starts.append((np.log(value) if is_log else value).ravel())
        place += value.size
    return np.concatenate(starts), tuple(slots)


def _jitter(start: Array, *, seed: int) -> Array:
    """The starting point moved by up to a half on the scale that is sampled, by seed."""
    moved: Array = start + np.random.default_rng(seed).uniform(-0.5, 0.5, len(start))
    return moved
