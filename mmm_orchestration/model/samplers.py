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

# below this many cells a GPU waits for its own calls longer than a CPU computes
GPU_CELLS = 100_000
GPU_CHAINS = 16
LEAST_DRAWS = 100

Backend = Literal["nutpie", "numpyro"]
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
    """Nutpie on a CPU; NumPyro where JAX sees a GPU and the model is large, or where it is asked.

    On a GPU many chains run in step, so there are more of them and each is shorter; the draws of
    all together stay as many as the project asks for.
    """
    backend, why = _choose_backend(size, sampler=sampler, hardware=hardware)
    chains, draws, reasons = sampler.chains, sampler.draws, [why]
    if backend == "numpyro" and hardware.gpu is not None and chains < GPU_CHAINS:
        draws = max(LEAST_DRAWS, math.ceil(draws * chains / GPU_CHAINS))
        chains = GPU_CHAINS
        reasons.append(f"{chains} chains of {draws} draws run in step on the GPU.")
    return SamplerPlan(
        backend=backend,
        chains=chains,
        draws=draws,
        tune=sampler.tune,
        seed=sampler.seed,
        target_accept=sampler.target_accept,
        precision=sampler.precision if backend == "numpyro" else "float64",
        reasons=tuple(reasons),
    )


def _choose_backend(size: Size, *, sampler: Sampler, hardware: Hardware) -> tuple[Backend, str]:
    """The backend and the sentence that says why."""
    if sampler.backend != "auto":
        return sampler.backend, f"The project asks for {sampler.backend}."
    if hardware.gpu is None:
        return "nutpie", "JAX sees no GPU, and on a CPU nutpie is the fastest."
    cells = f"{size.n_cells:,} cells"
    if size.n_cells < GPU_CELLS:
        return "nutpie", f"With {cells} the model is too small for the GPU {hardware.gpu}."
    return "numpyro", f"With {cells} the model is large enough for the GPU {hardware.gpu}."
