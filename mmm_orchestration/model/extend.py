"""A posterior taken on to periods after those it was trained on, without a fit.

Belongs here: joining data, and the baseline design over both. Must not: PyMC, forecasts (see
`evaluation` and `monitoring`).

The trained periods stay as the fit saw them, also where they were restated since. Scales, the
time of the trend and the standard deviations of controls are those of the trained periods, so a
coefficient means after the extension what it meant in the fit.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.design import build_design
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.smooth import REACH

REFIT = "Fit again on all days"


def extend_posterior(posterior: Posterior, *, newer: ModelData) -> Posterior:
    """The posterior over its own periods and those of `newer` after them; draws are the same.

    Its KPI is known in the periods ahead where `newer` knows it, which no draw has seen. Baseline
    columns that appear only there have no coefficient and are left out, which `data.notes` says.
    Raises ModelError where `newer` does not go on from the trained data, reaches further than a
    smooth path can, or where the design of the trained periods comes out otherwise than saved.
    """
    data = extend_data(posterior.data, newer=newer)
    if not data.n_ahead:
        return posterior
    reach = measure_reach(posterior)
    if reach is not None and data.n_ahead > reach:
        raise ModelError(
            f"Smooth paths over {data.n_trained} periods reach {reach} periods ahead",
            got=data.n_ahead,
            fix=REFIT,
        )
    design = build_design(data, project=posterior.project)
    trained = [str(name) for name in posterior.draws["column"].to_numpy()]
    if missing := [name for name in trained if name not in design.columns]:
        raise ModelError("Columns of the baseline are gone", got=missing, fix=REFIT)
    matrix = design.matrix[:, :, [design.columns.index(name) for name in trained]]
    if not np.allclose(matrix[: data.n_trained], posterior.design, rtol=1e-9, atol=1e-9):
        raise ModelError("The baseline of the trained periods is not that of the fit", fix=REFIT)
    unseen = [name for name in design.columns if name not in trained]
    notes = (f"'{name}' is new since the fit, so its effect is not known." for name in unseen)
    return replace(
        posterior,
        data=replace(data, notes=(*data.notes, *notes)),
        design=np.ascontiguousarray(matrix),
    )


def measure_reach(posterior: Posterior) -> int | None:
    """How many periods ahead the posterior reaches, None where nothing of it is a smooth path."""
    spec, project = posterior.project.model, posterior.project
    if spec.trend != "smooth" and all(c.effect != "varying" for c in project.channels):
        return None
    return int((REACH - 1) * (posterior.data.n_trained - 1) / 2)


def extend_data(trained: ModelData, *, newer: ModelData) -> ModelData:
    """`trained` with the periods of `newer` after it behind, by name of geo, channel and control.

    Channels and geos that the trained data do not have are left out, which `notes` says; a channel
    that `newer` does not have is off. Raises ModelError for a gap, or a geo or control gone.
    """
    last = trained.periods[-1]
    ahead = np.flatnonzero(newer.periods > last)
    if not len(ahead):
        return trained
    step = np.timedelta64(trained.period_days, "D")
    if newer.period_days != trained.period_days or newer.periods[ahead[0]] - last != step:
        raise ModelError(
            f"The data go on at {newer.periods[ahead[0]]} and not right after {last}", fix=REFIT
        )
    for what, own, names in (
        ("Geo", trained.geos, newer.geos),
        ("Control", trained.control_names, newer.control_names),
    ):
        if gone := sorted(set(own) - set(names)):
            raise ModelError(f"{what} '{gone[0]}' is not in the newer data", fix=REFIT)
    geos = [newer.geos.index(name) for name in trained.geos]
    controls = [newer.control_names.index(name) for name in trained.control_names]

    def media(values: Array, *, absent: Array) -> Array:
        """`values` of the periods ahead by trained geo and channel; `absent` (channel,) if gone."""
        own = values[ahead][:, geos]
        columns = [
            own[:, :, newer.channels.index(name)]
            if name in newer.channels
            else np.full(own.shape[:2], absent[i])
            for i, name in enumerate(trained.channels)
        ]
        return np.stack(columns, axis=-1)

    off = np.zeros(len(trained.channels))
    once = np.where(trained.has_frequency, 1.0, np.nan)
    return replace(
        trained,
        periods=np.concatenate([trained.periods, newer.periods[ahead]]),
        kpi=np.concatenate([trained.kpi, newer.kpi[ahead][:, geos]]),
        exposure=np.concatenate([trained.exposure, media(newer.exposure, absent=off)]),
        spend=np.concatenate([trained.spend, media(newer.spend, absent=off)]),
        frequency=np.concatenate([trained.frequency, media(newer.frequency, absent=once)]),
        controls=np.concatenate([trained.controls, newer.controls[ahead][:, geos][:, :, controls]]),
        notes=(
            *trained.notes,
            *_tell_new("Geo", newer.geos, known=trained.geos),
            *_tell_new("Channel", newer.channels, known=trained.channels),
        ),
        n_ahead=len(ahead),
    )


def _tell_new(what: str, names: Sequence[str], *, known: Sequence[str]) -> list[str]:
    return [f"{what} '{n}' is new since the fit and not modelled." for n in names if n not in known]
