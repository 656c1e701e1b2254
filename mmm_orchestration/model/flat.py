"""The unknowns of a model as one flat vector, and its density as a graph of that vector.

Belongs here: what every sampler shares. Must not: sampling. A positive unknown is sampled as its
logarithm, any other as it is. The log of `half_saturation` is sampled times `slope` where a channel
has both: it is the logit of the response to a typical exposure, which is what data tell of a curve
that they see in part, and its posterior is straight where that of the two is bent.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
HALF, SLOPE = "half_saturation", "slope"


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the unknowns, each of shape (chain, draw, …), and whether a draw diverged."""

    values: Mapping[str, Array]
    is_divergent: NDArray[np.bool_]


@dataclass(frozen=True)
class Slot:
    """Where one unknown lies in the flat vector of the sampler.

    `own` are the entries whose log is sampled times a slope, `slopes` the places in the flat vector
    of the logs of those slopes.
    """

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int
    is_log: bool
    own: tuple[int, ...] = ()
    slopes: tuple[int, ...] = ()

    def take(self, flat: Array) -> Array:
        """The unknown from flat vectors (chain, draw, unknown), as it is in the model."""
        values = flat[..., self.start : self.stop].astype(float)
        values[..., self.own] /= np.exp(flat[..., self.slopes])
        taken: Array = np.exp(values) if self.is_log else values
        return taken.reshape(*flat.shape[:2], *self.shape)


def flatten_density(model: pm.Model) -> tuple[Tensor, Tensor, Tensor]:
    """The flat vector of unknowns as sampled, the log density and its gradient, as one graph.

    Lengths come from the model's dims, so that the graph does not depend on them.
    """
    unknowns = _list_unknowns(model)
    values = {str(variable.name): model.rvs_to_values[variable] for variable in unknowns}
    log_density = model.logp()
    found: Any = grad(log_density, list(values.values()))
    slopes: Mapping[str, Tensor] = dict(zip(values, found, strict=True))
    both = _find_both(model)
    if both is not None:
        log_density, slopes = _straighten(log_density, slopes, values=values, both=both)
    gradient = pt.concatenate([slopes[name].reshape((-1,)) for name in values])  # type: ignore[no-untyped-call]
    flat, place, parts = pt.dvector("unknown"), 0, {}
    for variable in unknowns:
        lengths = [model.dim_lengths[d] for d in model.named_vars_to_dims.get(variable.name, ())]
        stop = place + math.prod(lengths)
        own = flat[place:stop]
        parts[values[str(variable.name)]] = own.reshape(lengths) if len(lengths) != 1 else own
        place = stop
    if both is not None:
        factor = _list_factors(parts[values[SLOPE]], like=parts[values[HALF]], both=both)
        parts[values[HALF]] = parts[values[HALF]] / factor
    log_density, gradient = clone_replace([log_density, gradient], replace=parts)
    return flat, log_density, gradient


def lay_out(model: pm.Model) -> tuple[Array, tuple[Slot, ...]]:
    """The starting point as it is sampled, shape (unknown,), and where each unknown lies in it.

    Raises ModelError for an unknown with another support than the positive or all numbers.
    """
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
    start, both = np.concatenate(starts), _find_both(model)
    if both is not None:
        at = {slot.name: i for i, slot in enumerate(slots)}
        half, first = slots[at[HALF]], slots[at[SLOPE]].start
        slopes = tuple(first + j for j in both.slope)
        slots[at[HALF]] = replace(half, own=both.half, slopes=slopes)
        start[[half.start + i for i in both.half]] *= np.exp(start[list(slopes)])
    return start, tuple(slots)


def jitter(start: Array, *, seed: int) -> Array:
    """The starting point moved by up to a half on the scale that is sampled, by seed."""
    moved: Array = start + np.random.default_rng(seed).uniform(-0.5, 0.5, len(start))
    return moved


@dataclass(frozen=True)
class _Both:
    """The channels that have both unknowns: their places among those that have each.

    `is_all` where no channel has only one of them; the graph then holds no places.
    """

    half: tuple[int, ...]
    slope: tuple[int, ...]
    is_all: bool


def _find_both(model: pm.Model) -> _Both | None:
    """The channels with a half saturation and a slope, or None where there are none."""
    if not {HALF, SLOPE} <= {str(variable.name) for variable in model.free_RVs}:
        return None
    (of_half,), (of_slope,) = (model.named_vars_to_dims[name] for name in (HALF, SLOPE))
    halves, slopes = (list(model.coords[dim] or ()) for dim in (of_half, of_slope))
    shared = [channel for channel in halves if channel in slopes]
    if not shared:
        return None
    return _Both(
        half=tuple(halves.index(channel) for channel in shared),
        slope=tuple(slopes.index(channel) for channel in shared),
        is_all=of_half == of_slope,
    )


def _list_factors(log_slope: Tensor, *, like: Tensor, both: _Both) -> Tensor:
    """What the log of each half saturation is multiplied by: its slope, or one without."""
    if both.is_all:
        return pt.exp(log_slope)
    own = pt.exp(log_slope[np.array(both.slope)])
    return pt.set_subtensor(pt.ones_like(like)[np.array(both.half)], own)  # type: ignore[no-untyped-call]


def _straighten(
    log_density: Tensor,
    slopes: Mapping[str, Tensor],
    *,
    values: Mapping[str, Tensor],
    both: _Both,
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Density and gradients by `u = slope · log half` in place of `log half`.

    With `l = log slope` and `h = u e⁻ˡ` the density gets the factor `∂h/∂u = e⁻ˡ`, and
    `∂/∂u = e⁻ˡ ∂/∂h`, `∂/∂l` at fixed u `= ∂/∂l - h ∂/∂h - 1`.
    """
    half, log_slope = values[HALF], values[SLOPE]
    factor = _list_factors(log_slope, like=half, both=both)
    lost = slopes[HALF] * half + 1
    if both.is_all:
        by_slope = slopes[SLOPE] - lost
    else:
        at = slopes[SLOPE][np.array(both.slope)]
        by_slope = pt.inc_subtensor(at, -lost[np.array(both.half)])  # type: ignore[no-untyped-call]
    straight = {HALF: slopes[HALF] / factor, SLOPE: by_slope}
    return log_density - pt.log(factor).sum(), {**slopes, **straight}


def _list_unknowns(model: pm.Model) -> list[Any]:
    """The unknowns by name: a model whose lengths are fixed has them in another order."""
    return sorted(model.free_RVs, key=lambda variable: str(variable.name))
