"""Which sampler a model gets on which machine.

Belongs here: the choice and its reasons. Must not: sampling, PyMC.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mmm_orchestration.model.machine import Hardware
from mmm_orchestration.model.parts import Parts
from mmm_orchestration.project import Sampler

# below this many cells XLA compiles and samples on a CPU faster than Numba compiles, and a GPU
# waits for its own calls longer than a CPU computes
LARGE_CELLS = 100_000
GPU_CHAINS = 16
LEAST_DRAWS = 100

Backend = Literal["nutpie", "numpyro"]
Device = Literal["cpu", "gpu"]
# told how many iterations of all chains are done, and of how many
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Size:
    """What the cost of a model depends on; `n_columns` counts the columns that differ by geo."""

    n_dates: int
    n_geos: int
    n_channels: int
    n_columns: int
    n_basis: int
    n_unknowns: int

    @property
    def n_cells(self) -> int:
        """Cells of exposure and of columns together."""
        return self.n_dates * self.n_geos * (self.n_channels + self.n_columns)


@dataclass(frozen=True)
class SamplerPlan:
    """How a model is sampled, and why, in sentences."""

    backend: Backend
    device: Device
    chains: int
    draws: int
    tune: int
    seed: int
    target_accept: float
    precision: Literal["float32", "float64"]
    reasons: tuple[str, ...]


def measure_size(parts: Parts) -> Size:
    """The size of a model from its parts."""
    n_channels, n_geos = len(parts.data.channels), parts.n_geos
    by_channel = sum(len(u.channels) for u in parts.plan.unknowns) + n_channels
    n_columns = 0 if n_geos == 1 else len(parts.deviating) + n_channels
    spreads = 0 if n_geos == 1 else n_channels + 2
    n_shrunk = int(parts.scales.shrunk.sum())
    scales = 2 * int(parts.scales.trend.any()) + (1 + n_shrunk if n_shrunk else 0)
    paths = len(parts.varying) * (1 + parts.path.shape[1])
    whole = 0
    if parts.family.name != "normal":
        whole = parts.common.shape[2] + n_geos * n_columns + int(parts.family.has_degrees)
    others = len(parts.signed) + spreads + scales + paths + len(parts.pairs) + whole
    return Size(
        n_dates=parts.kpi.shape[1],
        n_geos=n_geos,
        n_channels=n_channels,
        n_columns=n_columns,
        n_basis=parts.common.shape[2],
        n_unknowns=by_channel + n_geos + others,
    )


def choose_sampler(size: Size, *, sampler: Sampler, hardware: Hardware) -> SamplerPlan:
    """NumPyro for a small model; for a large one NumPyro on a GPU, nutpie where there is none.

    On a GPU many chains run in step, so there are more of them and each is shorter; the draws of
    all together stay as many as the project asks for.
    """
    backend, device, why = _choose_backend(size, sampler=sampler, hardware=hardware)
    chains, draws, reasons = sampler.chains, sampler.draws, [why]
    if device == "gpu" and chains < GPU_CHAINS:
        draws = max(LEAST_DRAWS, math.ceil(draws * chains / GPU_CHAINS))
        chains = GPU_CHAINS
        reasons.append(f"{chains} chains of {draws} draws run in step on the GPU.")
    return SamplerPlan(
        backend=backend,
        device=device,
        chains=chains,
        draws=draws,
        tune=sampler.tune,
        seed=sampler.seed,
        target_accept=sampler.target_accept,
        precision=sampler.precision if backend == "numpyro" else "float64",
        reasons=tuple(reasons),
    )


def _choose_backend(
    size: Size, *, sampler: Sampler, hardware: Hardware
) -> tuple[Backend, Device, str]:
    """The backend, its device, and the sentence that says why."""
    cells = f"{size.n_cells:,} cells"
    is_small = size.n_cells < LARGE_CELLS
    device: Device = "cpu" if is_small or hardware.gpu is None else "gpu"
    if sampler.backend == "nutpie":
        return "nutpie", "cpu", "The project asks for nutpie."
    if sampler.backend == "numpyro":
        return "numpyro", device, "The project asks for numpyro."
    if is_small:
        return "numpyro", "cpu", f"With {cells} the model is small, and JAX compiles it fastest."
    if device == "gpu":
        return "numpyro", "gpu", f"With {cells} the model is large: for the GPU {hardware.gpu}."
    why = f"With {cells} the model is large, and JAX sees no GPU: nutpie with Numba is fastest."
    return "nutpie", "cpu", why
