"""Series by geo to the arrays of a panel, which may be ragged.

Belongs here: which period of which geo counts. Must not: national sums, PyMC.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import Array, Days, ModelData
from mmm_orchestration.model.frequency import divide_contacts, flag_reach
from mmm_orchestration.model.periods import align_panel, count_days
from mmm_orchestration.model.series import (
    KPI,
    name_averaged,
    name_contacts,
    name_control,
    name_exposure,
    name_left_out,
    name_spend,
)
from mmm_orchestration.project import NATIONAL, Project


def arrange_panel(rows: pl.DataFrame, *, project: Project, priced: frozenset[str]) -> ModelData:
    """One geo per geo of the KPI, over all periods in which some geo is observed.

    A period of a geo is observed when its KPI, the media of every channel that the geo has and
    all controls are whole there; elsewhere the KPI is nan. A channel without any row in a geo is
    never on there. Controls delivered nationally count for every geo; media delivered nationally
    are shared out in proportion to the KPI. Raises ModelError where no geo can be observed.
    """
    spec = project.model
    period_days = count_days(spec.grain)
    values = align_panel(
        rows, averaged=name_averaged(project), grain=spec.grain, week_start=spec.week_start
    )
    kpi = values.filter(pl.col("series") == KPI)
    if kpi.is_empty():
        raise ModelError(f"There is no complete period of {KPI}")
    geos = kpi["geo"].unique().sort().to_list()
    days = _list_periods(values, period_days=period_days)
    grid = _Grid(values, geos=geos, days=days)
    outcome = grid.read(KPI)
    size = np.nanmean(outcome, axis=0)
    exposures = {
        c.name: grid.read_media(name_exposure(c.name), size=size) for c in project.channels
    }
    controls = {c.name: grid.read_control(name_control(c.name)) for c in project.controls}
    missing = [np.isnan(v) for v in (*exposures.values(), *controls.values())]
    whole = ~np.isnan(outcome) & ~np.any(missing, axis=0)
    if not whole.any():
        raise ModelError("No period of any geo has its KPI, media and controls whole")
    first, last = np.flatnonzero(whole.any(axis=1))[[0, -1]]
    inside = slice(first, last + 1)
    seen = whole.any(axis=0)
    on = [n for n, v in exposures.items() if np.nansum(v[inside][:, seen]) > 0]
    moving = [n for n, v in controls.items() if np.nanstd(v[inside][:, seen]) > 0]
    n_lags = spec.max_lag_days // period_days
    exposure = np.nan_to_num(_stack([exposures[n] for n in on]))
    contacts = np.nan_to_num(_stack([grid.read_media(name_contacts(n), size=size) for n in on]))
    history = _take_history(exposure, first=first, n_lags=n_lags)
    is_reach = flag_reach(project, channels=on)
    return ModelData(
        periods=days[inside],
        period_days=period_days,
        geos=tuple(g for g, is_seen in zip(geos, seen, strict=True) if is_seen),
        kpi=np.where(whole, outcome, np.nan)[inside][:, seen],
        exposure=exposure[inside][:, seen],
        history=history[:, seen],
        frequency=divide_contacts(contacts, reach=exposure, is_reach=is_reach)[inside][:, seen],
        frequency_history=divide_contacts(
            _take_history(contacts, first=first, n_lags=n_lags), reach=history, is_reach=is_reach
        )[:, seen],
        spend=_stack(
            [
                np.nan_to_num(grid.read_media(name_spend(n), size=size))
                if n in priced
                else np.full(outcome.shape, np.nan)
                for n in on
            ]
        )[inside][:, seen],
        channels=tuple(on),
        controls=np.nan_to_num(_stack([controls[n] for n in moving], like=outcome))[inside][
            :, seen
        ],
        control_names=tuple(moving),
        notes=(
            *_tell_ragged(outcome[inside], whole=whole[inside], geos=geos),
            *name_left_out(project, channels=on, controls=moving),
        ),
    )


class _Grid:
    """Series as arrays (date, geo), nan where there is no whole period."""

    def __init__(self, values: pl.DataFrame, *, geos: list[str], days: Days) -> None:
        self._values = values.partition_by("series", as_dict=True)
        self._geos = {geo: i for i, geo in enumerate(geos)}
        self._days = days

    def read(self, series: str, *, geo: str | None = None) -> Array:
        """The series by geo, or as column of the one `geo`, shape (date, geo)."""
        places = self._geos if geo is None else {geo: 0}
        grid = np.full((len(self._days), len(places)), np.nan)
        rows = self._values.get((series,))
        if rows is None:
            return grid
        own = rows.filter(pl.col("geo").is_in(list(places)))
        row = np.searchsorted(self._days, own["period"].to_numpy().astype("datetime64[D]"))
        column = [places[g] for g in own["geo"]]
        grid[row, column] = own["value"].to_numpy()
        return grid

    def read_control(self, series: str) -> Array:
        """A control by geo; what is delivered nationally counts for every geo."""
        own = self.read(series)
        return np.where(np.isnan(own), self.read(series, geo=NATIONAL), own)

    def read_media(self, series: str, *, size: Array) -> Array:
        """A medium by geo, zero where the geo never has it, and its part of national media."""
        own = self.read(series)
        own[:, np.isnan(own).all(axis=0)] = 0.0
        national = self.read(series, geo=NATIONAL)
        if NATIONAL in self._geos or np.isnan(national).all():
            return own
        shared: Array = own + national * (size / np.nansum(size))
        return shared


def _list_periods(values: pl.DataFrame, *, period_days: int) -> Days:
    """Every period from the first to the last that any series has."""
    first, last = values.select(first=pl.col("period").min(), last=pl.col("period").max()).row(0)
    calendar = pl.date_range(first, last, interval=f"{period_days}d", eager=True)
    days: Days = calendar.to_numpy().astype("datetime64[D]")
    return days


def _stack(columns: list[Array], *, like: Array | None = None) -> Array:
    """Arrays (date, geo) as one of shape (date, geo, series)."""
    if columns:
        return np.stack(columns, axis=-1)
    shape = (0, 0) if like is None else like.shape
    return np.empty((*shape, 0))


def _take_history(exposure: Array, *, first: int, n_lags: int) -> Array:
    """The `n_lags` periods before `first`, zero where there are none, (lag, geo, channel)."""
    known = exposure[max(0, first - n_lags) : first]
    padding = np.zeros((n_lags - len(known), *exposure.shape[1:]))
    return np.concatenate([padding, known])


def _tell_ragged(outcome: Array, *, whole: NDArray[np.bool_], geos: list[str]) -> tuple[str, ...]:
    """One sentence where geos lack periods, and one where a KPI cannot be used."""
    n_absent = int(np.isnan(outcome).sum())
    unused = ~np.isnan(outcome) & ~whole
    notes = []
    if n_absent:
        worst = geos[int(np.isnan(outcome).sum(axis=0).argmax())]
        notes.append(
            f"{n_absent} of {outcome.size} periods of geos have no KPI, most in '{worst}': they "
            "are not modelled, and not taken as zero."
        )
    if unused.any():
        worst = geos[int(unused.sum(axis=0).argmax())]
        notes.append(
            f"{int(unused.sum())} periods of geos have a KPI but lack media or controls, most in "
            f"'{worst}': they are left out."
        )
    return tuple(notes)
