"""A posterior as the examinations after a fit look at it.

Belongs here: mean parts, residuals and what the model can bend. Must not: findings.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.diagnosis.least_squares import Array, build_basis
from mmm_orchestration.insight.contributions import (
    ChannelDraws,
    Contributions,
    compute_contributions,
    iterate_channels,
)
from mmm_orchestration.insight.results import INTERVAL
from mmm_orchestration.model.posterior import Posterior

_MAX_DRAWS = 200
_STEP = 1.05


@dataclass(frozen=True, eq=False)
class View:
    """One series of residuals with all that the model could have bent to explain it.

    `places` (row,) are periods of the data. `kpi` and `residual` (row,), `baseline` (row, column),
    `contribution` (row, channel) and `tangent` (row, unknown), the change of a contribution with
    an unknown of its transforms, are in deviations of the residual.
    """

    name: str
    places: NDArray[np.int64]
    kpi: Array
    residual: Array
    baseline: Array
    contribution: Array
    tangent: Array

    @property
    def basis(self) -> Array:
        """An orthonormal basis of all that the model could bend, (row, rank)."""
        columns = [self.baseline, self.contribution, self.tangent]
        n_columns = sum(c.shape[1] for c in columns)
        used = columns if 2 * n_columns < len(self.residual) else columns[:2]
        return build_basis(np.hstack(used))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A posterior, its sums over draws, and its residuals for all geos together and each."""

    posterior: Posterior
    parts: Contributions
    whole: View
    geos: tuple[View, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.posterior.data.channels


def take_apart(posterior: Posterior) -> Fitted:
    """The posterior's sums and residuals; a national model has one view twice."""
    data = posterior.data
    seen = data.is_observed
    contribution, tangent = _average_channels(posterior)
    coefficients = posterior.stack("baseline").mean(axis=0)
    mean = np.einsum("tgp,gp->tg", posterior.design, coefficients) + contribution.sum(axis=2)
    residual = np.where(seen, data.kpi - mean, 0.0)
    spread = np.sqrt((residual**2).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    spread = np.maximum(spread, 1e-12 * data.kpi_mean)
    series = (
        np.where(seen, data.kpi, 0.0)[:, :, None],
        residual[:, :, None],
        posterior.design * data.kpi_mean[:, None],
        contribution,
        tangent,
    )
    scaled = [values / spread[:, None] * seen[:, :, None] for values in series]
    kept = np.flatnonzero(seen.any(axis=1))
    root = np.sqrt(seen.sum(axis=1)[kept])[:, None]
    whole = _view("all geos", kept, [values.sum(axis=1)[kept] / root for values in scaled])
    geos = []
    for g, geo in enumerate(data.geos):
        own = np.flatnonzero(seen[:, g])
        geos.append(_view(geo, own, [values[own, g] for values in scaled]))
    return Fitted(
        posterior=posterior,
        parts=compute_contributions(posterior, interval=INTERVAL),
        whole=whole,
        geos=tuple(geos),
    )


def thin_channels(posterior: Posterior) -> Iterator[ChannelDraws]:
    """The channels with at most two hundred of their draws, evenly spaced."""
    for channel in iterate_channels(posterior):
        step = max(1, len(channel.effect) // _MAX_DRAWS)
        yield replace(
            channel,
            unknowns={name: values[::step] for name, values in channel.unknowns.items()},
            effect=channel.effect[::step],
        )


def _average_channels(posterior: Posterior) -> tuple[Array, Array]:
    """Mean contributions (date, geo, channel), and their tangents (date, geo, unknown)."""
    means, tangents = [], []
    for channel in thin_channels(posterior):
        means.append(channel.contribute().mean(axis=0).T)
        middle = {name: np.median(v, keepdims=True) for name, v in channel.unknowns.items()}
        centre = replace(
            channel, unknowns=middle, effect=channel.effect.mean(axis=0, keepdims=True)
        )
        for name, value in middle.items():
            moved = replace(centre, unknowns={**middle, name: value * _STEP})
            tangents.append((moved.contribute() - centre.contribute())[0].T)
    shape = (posterior.data.n_periods, len(posterior.data.geos), 0)
    return np.stack(means, axis=-1), np.stack(tangents, -1) if tangents else np.empty(shape)


def _view(name: str, places: NDArray[np.int64], series: list[Array]) -> View:
    kpi, residual, baseline, contribution, tangent = series
    return View(
        name=name,
        places=places,
        kpi=kpi[:, 0],
        residual=residual[:, 0],
        baseline=baseline,
        contribution=contribution,
        tangent=tangent,
    )
