"""R-hat and effective sample size of every unknown, through ArviZ."""

from itertools import product

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats
from numpy.typing import NDArray

from mmm_orchestration.model.convergence import Diagnostics

TAIL = 0.9


def measure_convergence(draws: xr.Dataset, *, is_divergent: NDArray[np.bool_]) -> Diagnostics:
    """Rank-normalised split R-hat and bulk and tail ESS (Vehtari et al. 2021) of every unknown.

    `draws` has dims chain and draw first; `is_divergent` has shape (chain, draw).
    """
    names, columns = _flatten(draws)
    by_unknown = np.moveaxis(columns, -1, 0)
    r_hat = array_stats.rhat(by_unknown)  # type: ignore[no-untyped-call]
    bulk = array_stats.ess(by_unknown, method="bulk")  # type: ignore[no-untyped-call]
    tail = array_stats.ess(by_unknown, method="tail", prob=TAIL)  # type: ignore[no-untyped-call]
    worst_r_hat, worst_bulk, worst_tail = (
        _find_worst(r_hat, sign=1),
        _find_worst(bulk, sign=-1),
        _find_worst(tail, sign=-1),
    )
    return Diagnostics(
        max_r_hat=float(r_hat[worst_r_hat]),
        max_r_hat_of=names[worst_r_hat],
        min_ess_bulk=float(bulk[worst_bulk]),
        min_ess_bulk_of=names[worst_bulk],
        min_ess_tail=float(tail[worst_tail]),
        min_ess_tail_of=names[worst_tail],
        n_divergences=int(is_divergent.sum()),
        n_draws=is_divergent.size,
    )


def _flatten(draws: xr.Dataset) -> tuple[list[str], NDArray[np.float64]]:
    """Names such as `effect[north, tv]`, and all unknowns as one array (chain, draw, unknown)."""
    names: list[str] = []
    columns = []
    for name, array in draws.data_vars.items():
        values = array.to_numpy().astype(float)
        columns.append(values.reshape(*values.shape[:2], -1))
        labels = [map(str, draws[d].to_numpy()) for d in array.dims[2:]]
        places = [", ".join(place) for place in product(*labels)]
        names += [f"{name}[{place}]" if place else str(name) for place in places]
    return names, np.concatenate(columns, axis=-1)


def _find_worst(values: NDArray[np.float64], *, sign: int) -> int:
    """Position of the largest (`sign` 1) or smallest (-1) value; nan is worse than any."""
    return int(np.argmax(np.where(np.isnan(values), np.inf, sign * values)))
