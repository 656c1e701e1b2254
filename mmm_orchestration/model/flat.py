"""The unknowns of a model as one flat vector, and its density as a graph of that vector.

Belongs here: what every sampler shares. Must not: sampling. A positive unknown is sampled as its
logarithm, any other as it is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pymc.distributions.transforms import log as log_transform
from pytensor.gradient import grad
from pytensor.graph.replace import clone_replace

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.ops import Tensor

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the unknowns, each of shape (chain, draw, …), and whether a draw diverged."""

    values: Mapping[str, Array]
    is_divergent: NDArray[np.bool_]


@dataclass(frozen=True)
class Slot:
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


def flatten_density(model: pm.Model) -> tuple[Tensor, Tensor, Tensor]:
    """The flat vector of unknowns as sampled, the log density and its gradient, as one graph.

    Lengths come from the model's dims, so that the graph does not depend on them.
    """
    log_density = model.logp()
    values = [model.rvs_to_values[variable] for variable in _list_unknowns(model)]
    gradients: Any = grad(log_density, values)
    gradient = pt.concatenate([g.reshape((-1,)) for g in gradients])  # type: ignore[no-untyped-call]
    flat, place, parts = pt.dvector("unknown"), 0, {}
    for variable in _list_unknowns(model):
        value = model.rvs_to_values[variable]
        lengths = [model.dim_lengths[d] for d in model.named_vars_to_dims.get(variable.name, ())]
        stop = place + math.prod(lengths)
        own = flat[place:stop]
        parts[value] = own.reshape(lengths) if len(lengths) != 1 else own
        place = stop
    log_density, gradient = clone_replace([log_density, gradient], replace=parts)
    return flat, log_density, gradient


def lay_out(model: pm.Model) -> tuple[Array, tuple[Slot, ...]]:
    """The starting point as it is sampled, shape (unknown,), and where each unknown lies in it."""
    starts, slots, place = [], [], 0
    for variable in _list_unknowns(model):
        transform = model.rvs_to_transforms[variable]
        if transform is not None and transform is not log_transform:
            raise ModelError(f"Unknown '{variable.name}' must be sampled as it is or as its log")
        is_log = transform is log_transform
        value = np.asarray(model.rvs_to_initial_values[variable], dtype=float)
        slots.append(Slot(variable.name, value.shape, place, place + value.size, is_log))
        starts.append((np.log(value) if is_log else value).ravel())
        place += value.size
    return np.concatenate(starts), tuple(slots)


def _list_unknowns(model: pm.Model) -> list[Any]:
    """The unknowns by name: a model whose lengths are fixed has them in another order."""
    return sorted(model.free_RVs, key=lambda variable: str(variable.name))


def jitter(start: Array, *, seed: int) -> Array:
    """The starting point moved by up to a half on the scale that is sampled, by seed."""
    moved: Array = start + np.random.default_rng(seed).uniform(-0.5, 0.5, len(start))
    return moved
