"""Gold tables to the arrays that are modelled.

Belongs here: which series the model sees, and what is refused. Must not: PyMC.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.periods import align_periods
from mmm_orchestration.project import UNMAPPED, Channel, Project

Array = NDArray[np.float64]
Days = NDArray[np.datetime64]

KPI = "The KPI"
_ROW = ("series", "date", "period_days", "geo", "value")


@dataclass(frozen=True, eq=False)
class ModelData:
    """What the model observes, one row per period, nationally.

    `kpi` has shape (date,), `exposure` and `spend` (date, channel), `controls`
    (date, control). A `spend` column is nan where the channel has none. `notes` says in
    sentences what was left out.
    """

    periods: Days
    period_days: int
    kpi: Array
    exposure: Array
    spend: Array
    channels: tuple[str, ...]
    controls: Array
    control_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.periods)

    @property
    def has_spend(self) -> NDArray[np.bool_]:
        """Whether a channel has spend, shape (channel,)."""
        return ~np.isnan(self.spend).any(axis=0)

    @cached_property
    def snapshot(self) -> str:
        """SHA-256 over the observed arrays and their names."""
        names = [self.period_days, self.channels, self.control_names]
        digest = hashlib.sha256(json.dumps(names).encode())
        digest.update(self.periods.astype("datetime64[D]").astype("<i8").tobytes())
        for values in (self.kpi, self.exposure, np.nan_to_num(self.spend, nan=-1), self.controls):
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        return digest.hexdigest()


def prepare_model_data(
    *, media: pl.DataFrame, kpi: pl.DataFrame, controls: pl.DataFrame, project: Project
) -> ModelData:
    """The modelled arrays from frames in the contracts of the three gold tables.

    Geos are summed, controls are averaged over geos and over the days of a week. Only periods
    that every series covers completely are kept; channels without any exposure and controls
    that never change are left out; both are said in `notes`. Campaigns without a channel are
    not modelled. Raises ModelError naming what is missing or clashes.
    """
    _check_present(media, kpi=kpi, controls=controls, project=project)
    rows, priced, notes = _collect_rows(media, kpi=kpi, controls=controls, project=project)
    aligned = align_periods(
        rows,
        averaged=frozenset(_control(c.name) for c in project.controls),
        grain=project.model.grain,
        week_start=project.model.week_start,
    )
    values = aligned.values
    channels = [c.name for c in project.channels if values[_exposure(c.name)].sum() > 0]
    moving = [c.name for c in project.controls if values[_control(c.name)].n_unique() > 1]
    notes += _name_left_out(project, channels=channels, controls=moving)
    notes += _tell_unmapped(media)
    data = ModelData(
        periods=values["period"].to_numpy().astype("datetime64[D]"),
        period_days=aligned.period_days,
        kpi=values[KPI].to_numpy().astype(float),
        exposure=_stack(values, [_exposure(c) for c in channels]),
        spend=np.column_stack(
            [
                values[_spend(c)].to_numpy() if c in priced else np.full(values.height, np.nan)
                for c in channels
            ]
            or [np.empty((values.height, 0))]
        ),
        channels=tuple(channels),
        controls=_stack(values, [_control(c) for c in moving]),
        control_names=tuple(moving),
        notes=(*aligned.notes, *notes),
    )
    return _check_estimable(data)


def _collect_rows(
    media: pl.DataFrame, *, kpi: pl.DataFrame, controls: pl.DataFrame, project: Project
) -> tuple[pl.DataFrame, frozenset[str], tuple[str, ...]]:
    """All series below each other, the channels that have spend, and notes."""
    outcome = kpi.rename({"kpi": "value"})
    _check_values(outcome, series=KPI, measure="value")
    parts = [_rows(outcome, series=KPI)]
    priced, notes = set(), []
    for channel in project.channels:
        own = media.filter(pl.col("channel") == channel.name)
        exposure = _fill_unreported(own, measure=channel.exposure)
        _check_values(exposure, series=_exposure(channel.name), measure=channel.exposure)
        parts.append(_rows(exposure, series=_exposure(channel.name)))
        spend = _fill_unreported(own, measure="spend")
        if spend["value"].null_count() == 0:
            priced.add(channel.name)
            parts.append(_rows(spend, series=_spend(channel.name)))
        else:
            notes.append(_explain_no_spend(channel, spend=spend))
    for control in project.controls:
        own = controls.filter(pl.col("control") == control.name)
        _check_values(own, series=_control(control.name), measure="value")
        parts.append(_rows(own, series=_control(control.name)))
    return pl.concat(parts), frozenset(priced), tuple(notes)


def _fill_unreported(own: pl.DataFrame, *, measure: str) -> pl.DataFrame:
    """The measure as `value`; where the delivery covers the day without a row it is zero."""
    absent = pl.col(measure).is_null() & ~pl.col("is_reported")
    return own.with_columns(value=pl.when(absent).then(0.0).otherwise(pl.col(measure)))


def _rows(frame: pl.DataFrame, *, series: str) -> pl.DataFrame:
    return frame.select(
        pl.lit(series).alias("series"),
        pl.col("date").cast(pl.Date),
        pl.col("period_days").cast(pl.Int64),
        pl.col("geo").cast(pl.String),
        pl.col("value").cast(pl.Float64),
    ).select(_ROW)


def _check_present(
    media: pl.DataFrame, *, kpi: pl.DataFrame, controls: pl.DataFrame, project: Project
) -> None:
    if kpi.is_empty():
        raise ModelError("There are no accepted days of the KPI", fix="Materialise gold first")
    got = media["channel"].unique().to_list()
    for name in project.channel_names:
        if name not in got:
            raise ModelError(
                f"Channel '{name}' has no media rows",
                available=sorted(set(got) - {UNMAPPED}),
                fix="Check its rules in mmm.yaml, or remove it",
            )
    series = controls["control"].unique().to_list()
    for control in project.controls:
        if control.name not in series:
            raise ModelError(f"Control '{control.name}' has no rows", available=sorted(series))


def _check_values(frame: pl.DataFrame, *, series: str, measure: str) -> None:
    """Nothing when every row has a `value`, else ModelError with the first day without one."""
    bad = frame.filter(pl.col("value").is_null())
    if bad.height:
        days = bad["date"].unique().sort().to_list()
        raise ModelError(
            f"{series} has no {measure} on {len(days)} dates, first {days[0]}",
            fix="Deliver the values; missing is not zero",
        )


def _check_estimable(data: ModelData) -> ModelData:
    """`data`, with a note where periods are few; ModelError where nothing can be estimated."""
    if not data.channels:
        raise ModelError("No channel has any exposure in the modelled range")
    if np.ptp(data.kpi) == 0 or data.kpi.mean() <= 0:
        raise ModelError("The KPI must vary and be positive on average", got=float(data.kpi.mean()))
    n_parameters = 4 * len(data.channels) + len(data.control_names) + 2
    if data.n_periods < n_parameters:
        raise ModelError(
            f"{data.n_periods} periods are too few for {len(data.channels)} channels and "
            f"{len(data.control_names)} controls, which have {n_parameters} parameters",
            fix="Join channels, drop controls, use daily rows or wait for more data",
        )
    if data.n_periods >= 2 * n_parameters:
        return data
    few = f"Only {data.n_periods} periods for {n_parameters} parameters: priors weigh heavily."
    return replace(data, notes=(*data.notes, few))


def _name_left_out(
    project: Project, *, channels: Iterable[str], controls: Iterable[str]
) -> tuple[str, ...]:
    off = [c.name for c in project.channels if c.name not in set(channels)]
    still = [c.name for c in project.controls if c.name not in set(controls)]
    return (
        *(f"Channel '{c}' is left out: it was never on in the modelled range." for c in off),
        *(f"Control '{c}' is left out: it never changes." for c in still),
    )


def _explain_no_spend(channel: Channel, *, spend: pl.DataFrame) -> str:
    n_missing = spend["value"].null_count()
    if n_missing == spend.height:
        return f"Channel '{channel.name}' has no spend, so it has no ROI."
    return f"Channel '{channel.name}' lacks spend on {n_missing} rows, so it has no ROI."


def _tell_unmapped(media: pl.DataFrame) -> tuple[str, ...]:
    unmapped = media.filter(pl.col("channel") == UNMAPPED)
    if unmapped.is_empty():
        return ()
    spend = unmapped["spend"].sum()
    return (f"Campaigns without a channel are not modelled: spend {spend:,.2f} in all.",)


def _stack(values: pl.DataFrame, columns: list[str]) -> Array:
    """The columns as an array of shape (date, column)."""
    stacked: Array = values.select(columns).to_numpy().astype(float)
    return stacked.reshape(values.height, len(columns))


def _exposure(channel: str) -> str:
    return f"Channel '{channel}'"


def _spend(channel: str) -> str:
    return f"The spend of channel '{channel}'"


def _control(name: str) -> str:
    return f"Control '{name}'"
