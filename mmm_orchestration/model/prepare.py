"""Gold tables to the arrays that are modelled.

Belongs here: the national arrays and what cannot be estimated. Must not: PyMC.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.frequency import divide_contacts, flag_reach
from mmm_orchestration.model.geos import choose_geos
from mmm_orchestration.model.panel import arrange_panel
from mmm_orchestration.model.periods import Aligned, align_periods
from mmm_orchestration.model.placing import place_experiments
from mmm_orchestration.model.series import (
    KPI,
    check_present,
    collect_rows,
    name_averaged,
    name_contacts,
    name_control,
    name_exposure,
    name_left_out,
    name_spend,
    tell_unmapped,
)
from mmm_orchestration.project import NATIONAL, Project


def prepare_model_data(
    *,
    media: pl.DataFrame,
    kpi: pl.DataFrame,
    controls: pl.DataFrame,
    project: Project,
    experiments: Sequence[Experiment] = (),
) -> ModelData:
    """The modelled arrays from frames in the contracts of the three gold tables.

    Nationally geos are summed and controls averaged over them, and only periods that every
    series covers completely are kept; by geo a period counts where the geo has all of its series
    (see `panel`). Channels without any exposure, controls that never change and experiments that
    the arrays do not hold are left out; all of it is said in `notes`. Campaigns without a channel
    are not modelled. Raises ModelError naming what is missing or clashes.
    """
    media, kpi, controls, shared = choose_geos(media, kpi=kpi, controls=controls, project=project)
    check_present(media, kpi=kpi, controls=controls, project=project)
    rows, priced, notes = collect_rows(media, kpi=kpi, controls=controls, project=project)
    arrange = arrange_panel if project.model.level == "geo" else _arrange_national
    data = arrange(rows, project=project, priced=priced)
    kept, left_out = place_experiments(experiments, data=data)
    said = (*data.notes, *notes, *shared, *tell_unmapped(media), *left_out)
    return _check_estimable(replace(data, notes=said, experiments=kept))


def _arrange_national(rows: pl.DataFrame, *, project: Project, priced: frozenset[str]) -> ModelData:
    """Every series summed or averaged over geos, on the periods that all of them cover."""
    aligned = align_periods(
        rows,
        averaged=name_averaged(project),
        grain=project.model.grain,
        week_start=project.model.week_start,
    )
    values = aligned.values
    moving = values.select(pl.exclude("period").n_unique() > 1).row(0, named=True)
    present = values.select(pl.exclude("period").sum() > 0).row(0, named=True)
    channels = [c.name for c in project.channels if present[name_exposure(c.name)]]
    controls = [c.name for c in project.controls if moving[name_control(c.name)]]
    exposures = [name_exposure(c) for c in channels]
    contacts = [name_contacts(c) for c in channels]
    is_reach = flag_reach(project, channels=channels)
    n_lags = project.model.max_lag_days // aligned.period_days
    exposure = _stack(values, exposures)[:, None, :]
    history = _read_history(aligned, series=exposures, n_lags=n_lags)
    return ModelData(
        periods=values["period"].to_numpy().astype("datetime64[D]"),
        period_days=aligned.period_days,
        geos=(NATIONAL,),
        kpi=_stack(values, [KPI]),
        exposure=exposure,
        history=history,
        frequency=divide_contacts(
            _stack(_fill_absent(values, contacts), contacts)[:, None, :],
            reach=exposure,
            is_reach=is_reach,
        ),
        frequency_history=divide_contacts(
            _read_history(aligned, series=contacts, n_lags=n_lags),
            reach=history,
            is_reach=is_reach,
        ),
        spend=np.column_stack(
            [
                values[name_spend(c)].to_numpy() if c in priced else np.full(values.height, np.nan)
                for c in channels
            ]
            or [np.empty((values.height, 0))]
        )[:, None, :],
        channels=tuple(channels),
        controls=_stack(values, [name_control(c) for c in controls])[:, None, :],
        control_names=tuple(controls),
        notes=(*aligned.notes, *name_left_out(project, channels=channels, controls=controls)),
    )


def _read_history(aligned: Aligned, *, series: list[str], n_lags: int) -> Array:
    """What is known of the `n_lags` periods before the first, shape (lag, 1, series)."""
    days = pl.duration(days=aligned.period_days)
    wanted = pl.DataFrame({"back": range(n_lags, 0, -1)}, schema={"back": pl.Int64}).select(
        period=pl.lit(aligned.first) - pl.col("back") * days
    )
    known = wanted.join(aligned.before, on="period", how="left", maintain_order="left")
    return _stack(_fill_absent(known, series).fill_null(0.0), series)[:, None, :]


def _fill_absent(values: pl.DataFrame, series: list[str]) -> pl.DataFrame:
    """The values with a column of zeros for each series that they have not."""
    return values.with_columns(pl.lit(0.0).alias(s) for s in series if s not in values.columns)


def _check_estimable(data: ModelData) -> ModelData:
    """`data`, with a note where periods are few; ModelError where nothing can be estimated."""
    if not data.channels:
        raise ModelError("No channel has any exposure in the modelled range")
    for geo, values in zip(data.geos, data.kpi.T, strict=True):
        if np.nanmax(values) == np.nanmin(values) or np.nanmean(values) <= 0:
            raise ModelError(
                f"The KPI of '{geo}' must vary and be positive on average",
                got=float(np.nanmean(values)),
            )
    n_parameters = 4 * len(data.channels) + len(data.control_names) + 2
    n_rows = int(data.is_observed.sum())
    if n_rows < n_parameters:
        raise ModelError(
            f"{n_rows} periods are too few for {len(data.channels)} channels and "
            f"{len(data.control_names)} controls, which have {n_parameters} parameters",
            fix="Join channels, drop controls, use daily rows or wait for more data",
        )
    if n_rows >= 2 * n_parameters:
        return data
    few = f"Only {n_rows} periods for {n_parameters} parameters: priors weigh heavily."
    return replace(data, notes=(*data.notes, few))


def _stack(values: pl.DataFrame, columns: list[str]) -> Array:
    """The columns as an array of shape (date, column)."""
    stacked: Array = values.select(columns).to_numpy().astype(float)
    return stacked.reshape(values.height, len(columns))
