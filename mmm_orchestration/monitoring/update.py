"""New days without a fit: the saved draws weighed by how likely each makes the new KPI.

Belongs here: weights, whether they can be relied on, and the posterior they make. Must not: what is
said of it (see `insight`), fitting.

A draw holds every unknown, the baseline and the effects by geo included, so given a draw the new
periods are independent of those that were trained on, and `p(draw | old, new)` is in proportion to
`p(draw | old) p(new | draw)`. Pareto-smoothed importance sampling, Vehtari et al. (2024).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmm_orchestration.evaluation.predict import compute_log_density
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.psis import smooth_ratios
from mmm_orchestration.monitoring.forecast import find_last_day
from mmm_orchestration.project import Monitoring


@dataclass(frozen=True, eq=False)
class Update:
    """What became of an update: `n_points` new periods and geos, through the day `through`.

    `ess` is the effective number of draws. `posterior` is over the old and the new periods; None
    where the update is refused, for the `reasons`, and a refit is due.
    """

    through: date
    n_points: int
    pareto_k: float
    ess: float
    reasons: tuple[str, ...]
    posterior: Posterior | None

    @property
    def is_accepted(self) -> bool:
        """Whether the weights can be relied on."""
        return self.posterior is not None


def update_posterior(posterior: Posterior, *, newer: ModelData, settings: Monitoring) -> Update:
    """The update of `posterior` by the periods of `newer` after its own.

    Accepted when the Pareto k of the weights and the effective number of draws allow it. Raises
    ModelError where the posterior does not reach that far.
    """
    extended = extend_posterior(posterior, newer=newer)
    data = extended.data
    ahead = data.kpi.copy()
    ahead[: data.n_trained] = np.nan
    n_points = int((~np.isnan(ahead)).sum())
    if n_points == 0:
        return Update(find_last_day(data), 0, 0.0, float(_count_draws(extended)), (), extended)
    log_ratio = compute_log_density(extended, kpi=ahead).sum(axis=1)
    weights, pareto_k = smooth_ratios(log_ratio)
    ess = float(1 / (weights**2).sum())
    reasons = judge_weights(pareto_k=pareto_k, ess=ess, settings=settings)
    return Update(
        through=find_last_day(data),
        n_points=n_points,
        pareto_k=pareto_k,
        ess=ess,
        reasons=reasons,
        posterior=None if reasons else resample(extended, weights=weights),
    )


def judge_weights(*, pareto_k: float, ess: float, settings: Monitoring) -> tuple[str, ...]:
    """Why weights cannot be relied on, none where they can; a k that is not known never passes."""
    reasons = []
    if not pareto_k <= settings.update_pareto_k:
        reasons.append(
            f"Pareto k of the weights is {pareto_k:.2f}, at most {settings.update_pareto_k:g} is "
            "allowed: the new days lie where the posterior has few draws."
        )
    if not ess >= settings.update_ess:
        reasons.append(
            f"The weights leave {ess:.0f} effective draws of the {settings.update_ess} that are "
            "needed."
        )
    return tuple(reasons)


def resample(posterior: Posterior, *, weights: Array) -> Posterior:
    """The posterior with as many draws, each as often as its weight says, in one chain.

    Systematic resampling, which scatters least: the k-th draw is where the weights add up to
    `(k + ½) / n`. Kitagawa (1996).
    """
    n_draws = len(weights)
    steps = (np.arange(n_draws) + 0.5) / n_draws
    places = np.minimum(np.searchsorted(np.cumsum(weights), steps), n_draws - 1)
    return replace(posterior, draws=_take(posterior.draws, places=places))


def _take(draws: xr.Dataset, *, places: NDArray[np.intp]) -> xr.Dataset:
    variables: Mapping[str, tuple[tuple[str, ...], NDArray[np.float32]]] = {
        str(name): (
            tuple(map(str, values.dims)),
            values.to_numpy().reshape(-1, *values.shape[2:])[places][None],
        )
        for name, values in draws.data_vars.items()
    }
    coords = {
        name: values for name, values in draws.coords.items() if name not in {"chain", "draw"}
    }
    return xr.Dataset(variables, coords=coords)


def _count_draws(posterior: Posterior) -> int:
    return int(posterior.draws.sizes["chain"] * posterior.draws.sizes["draw"])
