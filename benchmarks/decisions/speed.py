"""How long plans take to find, and their certificates.

Belongs here: seconds. Must not: whether plans are good (see `regret`).
"""

import statistics
import time
from pathlib import Path

from benchmarks.ops.figure import Figure
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.request import PlanRequest
from tests.decisions.drawn import make_posterior

SIZES = (
    # channels, periods, geos, seconds asked for, how often
    (20, 13, 1, 0.1, 9),
    (30, 26, 50, 5.0, 3),
)
N_DRAWS = 1000


def measure(_folder: Path) -> tuple[Figure, ...]:
    """The median seconds of both sizes that are asked for."""
    return tuple(figure for size in SIZES for figure in _measure_size(*size))


def _measure_size(
    n_channels: int, n_periods: int, n_geos: int, asked: float, n_times: int
) -> tuple[Figure, ...]:
    posteriors = [
        make_posterior(n_channels=n_channels, n_geos=n_geos, n_draws=N_DRAWS // 2, seed=seed)
        for seed in range(n_times)
    ]
    searched, whole, agreed = [], [], []
    for posterior in posteriors:
        model = freeze(posterior)
        request = PlanRequest(periods=n_periods)
        optimise(model, replace_periods(request, 1), project=posterior.project)
        started = time.perf_counter()
        found = optimise(model, request, project=posterior.project)
        whole.append(time.perf_counter() - started)
        searched.append(found.seconds)
        agreed.append(found.certificate.n_agree == len(found.certificate.starts))
    what = f"{n_channels} channels × {n_periods} weeks × {n_geos} geos"
    median = statistics.median(searched)
    return (
        Figure(
            f"plan for {what}",
            f"≤ {asked:g} s at the median",
            f"{median:.3f} s ({min(searched):.3f} to {max(searched):.3f})",
            median <= asked,
            f"four starts on 64 draws, the best on 256 of {N_DRAWS}; {n_times} posteriors",
        ),
        Figure(
            "the same with its certificate",
            "–",
            f"{statistics.median(whole):.3f} s; all starts agree in {sum(agreed)} of {n_times}",
            True,
            "told from all draws that 40 million cells hold; seeds by chain, regret of 16 draws",
        ),
    )


def replace_periods(request: PlanRequest, n_periods: int) -> PlanRequest:
    """The same question for other periods, which warms what is loaded at the first call."""
    return request.model_copy(update={"periods": n_periods})
