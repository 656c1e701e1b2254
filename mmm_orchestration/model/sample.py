"""NUTS on a model of this package, through nutpie, or through NumPyro where the plan says so.

nutpie's density is compiled once per machine and read from PyTensor's cache later. It keeps strict
IEEE arithmetic, so a fresh compilation and a cached one give the same draws, and it releases the
interpreter lock, so chains run in parallel threads.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import nutpie
import pymc as pm
from nutpie.compiled_pyfunc import PyFuncModel as CompiledModel
from nutpie.compiled_pyfunc import from_pyfunc
from pymc.logprob.utils import ParameterValueError
from pytensor.compile.maker import function
from pytensor.configdefaults import config
from pytensor.link.numba.dispatch.basic import numba_njit

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.flat import (
    Array,
    Draws,
    flatten_density,
    jitter,
    lay_out,
)
from mmm_orchestration.model.machine import find_hardware, keep_memory
from mmm_orchestration.model.sample_jax import sample_numpyro
from mmm_orchestration.model.samplers import Progress, SamplerPlan

Density = Callable[[Array], tuple[float, Array]]
_FLAT = "unknown"


def sample_posterior(
    model: pm.Model, *, plan: SamplerPlan, progress: Progress | None = None
) -> Draws:
    """Draws after tuning; the same seed and plan give the same draws on one machine.

    `progress` is told, maybe from another thread, how many iterations of all chains are done, and
    of how many. Raises ModelError when no finite starting point is found.
    """
    if plan.backend == "nutpie":
        return _sample_nutpie(model, plan=plan, progress=progress)
    return sample_numpyro(model, plan=plan, progress=progress)


def _sample_nutpie(model: pm.Model, *, plan: SamplerPlan, progress: Progress | None) -> Draws:
    """Draws by NUTS of nutpie, chains in threads."""
    keep_memory()
    start, slots = lay_out(model)
    total = (plan.draws + plan.tune) * plan.chains

    def report(chains: list[Any]) -> None:
        if progress is not None:
            progress(sum(chain.finished_draws for chain in chains), total)

    try:
        trace = nutpie.sample(
            _wrap_density(compile_density(model), start=start),
            draws=plan.draws,
            tune=plan.tune,
            chains=plan.chains,
            cores=min(plan.chains, find_hardware().n_cores),
            seed=plan.seed,
            target_accept=plan.target_accept,
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
        make_initial_point_fn=lambda seed: jitter(start, seed=seed),
    )


def compile_density(model: pm.Model) -> Density:
    """The log density and its gradient as a function of the flat vector of unknowns."""
    start, _ = lay_out(model)
    with config.change_flags(numba__fastmath=False):
        flat, log_density, gradient = flatten_density(model)
        evaluate = function([flat], [log_density, gradient], mode="NUMBA")
        shared = [variable.get_value(borrow=True) for variable in evaluate.get_shared()]
        compiled = numba_njit(
            evaluate.vm.jit_fn.py_func, final_function=True, cache=True, nogil=True
        )

        def density(x: Array) -> tuple[float, Array]:
            value, gradient = compiled(x, *shared)
            return float(value), gradient

        try:
            at_start, _ = density(start)
        except ParameterValueError:
            at_start = np.nan
    if not np.isfinite(at_start):
        raise ModelError("The density is not finite where the chains start", got=at_start)
    return density
