"""What a fit will take, before it is started.

Belongs here: the formulas, calibrated on this package's own fits, and the refusal. Must not:
measuring time. The figure `fit_cost` of the benchmarks compares them with real fits.
"""

from dataclasses import dataclass

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.machine import Hardware
from mmm_orchestration.model.samplers import SamplerPlan, Size
from mmm_orchestration.project import Gates

# seconds of one gradient: at least, per cell of media, and per product of two columns at a date
_LEAST = 2e-5
_PER_CELL = 3.0e-8
_PER_PRODUCT = 2e-10
# how many times as long a gradient takes while every core has a chain
_CROWDED = 1.3
# gradients per iteration of NUTS with a target of 0.9
_STEPS = 16.0
_STEPS_PER_ROOT = 1.0
# XLA compiles in seconds what takes Numba most of a minute
_COMPILE_SECONDS = {"numpyro": 6.0, "nutpie": 45.0}
_BASE_BYTES = 600e6
# arrays of the size of the media that one gradient holds
_N_WORK = 14
_RECOVERY_BYTES = 400e6
_FREE_SHARE = 0.9


@dataclass(frozen=True)
class Cost:
    """Predicted wall time of a fit, most memory of its process, and bytes of its posterior."""

    seconds: float
    memory_bytes: float
    artefact_bytes: float
    reasons: tuple[str, ...]


def predict_cost(size: Size, *, plan: SamplerPlan, hardware: Hardware, keep: int) -> Cost:
    """The cost of a fit of this size on this machine; `keep` draws are saved.

    On a GPU the time is not predicted beyond that of the CPU, so it is an upper bound.
    """
    cells = size.n_dates * size.n_geos * size.n_channels
    columns = size.n_columns + size.n_basis
    products = cells * columns
    gradient = _LEAST + _PER_CELL * cells + _PER_PRODUCT * products
    steps = _STEPS + _STEPS_PER_ROOT * size.n_unknowns**0.5
    n_cores = min(plan.chains, hardware.n_cores)
    crowd = _CROWDED if n_cores == hardware.n_cores else 1.0
    rounds = -(-plan.chains // n_cores)
    iterations = plan.draws + plan.tune
    sampling = iterations * steps * gradient * rounds * crowd
    n_draws = plan.chains * plan.draws
    recovery = n_draws * (4 * cells * 1e-8 + size.n_dates * size.n_geos * columns**2 * 1e-9)
    coefficients = size.n_geos * (size.n_channels + size.n_columns + size.n_basis)
    parallel = plan.chains if plan.device == "gpu" else n_cores
    by_geo = size.n_columns or size.n_channels
    numbers = size.n_geos * by_geo + size.n_basis + size.n_unknowns
    return Cost(
        seconds=_COMPILE_SECONDS[plan.backend] + sampling + recovery,
        memory_bytes=(
            _BASE_BYTES
            + 8 * _N_WORK * parallel * (cells + size.n_dates * size.n_geos * size.n_columns)
            + 24 * n_draws * (coefficients + size.n_unknowns)
            + _RECOVERY_BYTES
        ),
        artefact_bytes=4.0 * min(keep, n_draws) * numbers + 17 * cells,
        reasons=(
            f"One gradient of {size.n_unknowns} unknowns takes about {gradient * 1e3:.2g} ms.",
            f"NUTS needs about {steps:.0f} of them in each of {iterations:,} iterations.",
            f"{plan.chains} chains share {hardware.n_cores} cores.",
        ),
    )


def describe_cost(cost: Cost) -> str:
    """The prediction in one sentence."""
    return (
        f"This fit will take about {_say_time(cost.seconds)}, {cost.memory_bytes / 1e9:.1f} GB of "
        f"memory and {cost.artefact_bytes / 1e6:.1f} MB on disk."
    )


def check_cost(cost: Cost, *, hardware: Hardware, limits: Gates) -> None:
    """Nothing when the fit keeps to the limits and the memory; else ModelError with advice."""
    advice = "Sample fewer draws, model by week, join small geos, or use a GPU"
    if limits.max_fit_minutes is not None and cost.seconds > 60 * limits.max_fit_minutes:
        raise ModelError(
            f"This fit would take about {_say_time(cost.seconds)} where gates.max_fit_minutes "
            f"allows {limits.max_fit_minutes:g} minutes. {' '.join(cost.reasons)}",
            fix=advice,
        )
    free = _FREE_SHARE * hardware.memory_bytes
    allowed = min(free, (limits.max_memory_gb or float("inf")) * 1e9)
    if cost.memory_bytes > allowed:
        raise ModelError(
            f"This fit would need {cost.memory_bytes / 1e9:.1f} GB of memory where "
            f"{allowed / 1e9:.1f} GB are allowed",
            fix=advice,
        )


def _say_time(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
