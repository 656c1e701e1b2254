"""The monitors of a champion: each measures one thing on the days after its training.

Belongs here: `evaluate_*`, from arrays and frames to one reading each. Must not: what follows from
several readings (see `drift`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mmm_orchestration.model.data import ModelData
from mmm_orchestration.project import Monitoring

MonitorName = Literal["coverage", "error", "range", "mix", "cost", "channels"]
MONITORS: tuple[MonitorName, ...] = get_args(MonitorName)
_UNITS = ("impressions", "clicks")


@dataclass(frozen=True)
class Reading:
    """What one monitor measured; `value` is None where too little is known to judge.

    `subject` is the channel with the worst value, where it is of a channel.
    """

    monitor: MonitorName
    value: float | None
    threshold: float
    n_periods: int
    is_drifted: bool
    message: str
    subject: str | None = None


def evaluate_coverage(rows: pl.DataFrame, *, settings: Monitoring, now: date) -> Reading:
    """The part of the version's periods inside the 94 % interval, given their exposure.

    `rows` are those of `scorecard` of one version; `now` is the newest accepted day.
    """
    recent = _take_recent(rows, settings=settings, now=now)
    if recent.height < settings.min_periods:
        return _tell_too_few("coverage", settings.coverage, recent.height, settings=settings)
    inside = int(recent["is_in_94_given"].sum())
    return Reading(
        monitor="coverage",
        value=inside / recent.height,
        threshold=settings.coverage,
        n_periods=recent.height,
        is_drifted=inside / recent.height < settings.coverage,
        message=f"{inside} of {recent.height} periods lie in the 94 % interval; at least "
        f"{settings.coverage:.0%} should.",
    )


def evaluate_error(rows: pl.DataFrame, *, settings: Monitoring, now: date) -> Reading:
    """R² of the version's medians given the exposure; arguments as in `evaluate_coverage`."""
    recent = _take_recent(rows, settings=settings, now=now)
    kpi = recent["kpi_now"].to_numpy()
    if recent.height < settings.min_periods or np.ptp(kpi) == 0:
        return _tell_too_few("error", settings.r2, recent.height, settings=settings)
    errors = recent["error_given"].to_numpy()
    r2 = float(1 - (errors**2).sum() / ((kpi - kpi.mean()) ** 2).sum())
    return Reading(
        monitor="error",
        value=r2,
        threshold=settings.r2,
        n_periods=recent.height,
        is_drifted=r2 < settings.r2,
        message=f"R² of {recent.height} periods is {r2:.2f}; it should be at least "
        f"{settings.r2:g}.",
    )


def evaluate_range(data: ModelData, *, settings: Monitoring) -> Reading:
    """The largest exposure of a recent period over the largest that was trained on, by channel.

    `data` are extended; exposure is summed over geos, and the worst channel is told.
    """
    recent = _slice_recent(data, settings=settings)
    exposure = data.exposure.sum(axis=1)
    n_periods = len(exposure[recent])
    if n_periods * data.period_days < settings.min_days:
        return _tell_too_few("range", settings.beyond_range, n_periods, settings=settings)
    ratio = exposure[recent].max(axis=0) / exposure[: data.n_trained].max(axis=0)
    worst = int(ratio.argmax())
    return Reading(
        monitor="range",
        value=float(ratio[worst]),
        threshold=settings.beyond_range,
        n_periods=n_periods,
        is_drifted=bool(ratio[worst] > settings.beyond_range),
        message=f"A period has {ratio[worst]:.2f} times the most exposure of "
        f"'{data.channels[worst]}' that was trained on; its curve is trusted up to "
        f"{settings.beyond_range:g} times.",
        subject=data.channels[worst],
    )


def evaluate_mix(data: ModelData, *, settings: Monitoring) -> Reading:
    """The part of the spend that moved between channels: half the absolute change of shares.

    `data` are extended; channels without spend do not count.
    """
    recent = _slice_recent(data, settings=settings)
    spend = data.spend.sum(axis=1)[:, data.has_spend]
    before, after = spend[: data.n_trained].sum(axis=0), spend[recent].sum(axis=0)
    n_periods = len(spend[recent])
    is_short = n_periods * data.period_days < settings.min_days
    if is_short or before.sum() == 0 or after.sum() == 0:
        return _tell_too_few("mix", settings.mix_shift, n_periods, settings=settings)
    change = after / after.sum() - before / before.sum()
    moved, worst = float(np.abs(change).sum() / 2), int(np.abs(change).argmax())
    name = [c for c, has in zip(data.channels, data.has_spend, strict=True) if has][worst]
    return Reading(
        monitor="mix",
        value=moved,
        threshold=settings.mix_shift,
        n_periods=n_periods,
        is_drifted=moved > settings.mix_shift,
        message=f"{moved:.0%} of the spend moved between channels, most at '{name}' "
        f"({change[worst]:+.0%} of all); up to {settings.mix_shift:.0%} is usual.",
        subject=name,
    )


def evaluate_cost(
    media: pl.DataFrame, *, settings: Monitoring, trained_through: date, now: date
) -> Reading:
    """The largest relative change of the cost of an impression or click of a channel.

    `media` are accepted rows of the trained days and those after it; channels without spend, or
    without impressions and clicks, on either side do not count.
    """
    is_recent = pl.col("date") > max(trained_through, now - timedelta(days=settings.window_days))
    n_days = media.filter(is_recent)["date"].n_unique()
    span = int(media.filter(is_recent).select(pl.col("period_days").max()).item() or 0) * n_days
    found = [
        (channel, unit, before, after)
        for (channel,), rows in media.sort("channel").group_by("channel", maintain_order=True)
        for unit in _UNITS
        for before in [_price(rows.filter(pl.col("date") <= trained_through), unit=unit)]
        for after in [_price(rows.filter(is_recent), unit=unit)]
        if before is not None and after is not None
    ]
    if span < settings.min_days or not found:
        return _tell_too_few("cost", settings.cost_shift, n_days, settings=settings)
    channel, unit, before, after = max(found, key=lambda f: abs(f[3] / f[2] - 1))
    change = after / before - 1
    return Reading(
        monitor="cost",
        value=abs(change),
        threshold=settings.cost_shift,
        n_periods=n_days,
        is_drifted=abs(change) > settings.cost_shift,
        message=f"{unit.capitalize()} of '{channel}' cost {abs(change):.0%} "
        f"{'less' if change < 0 else 'more'} than in the trained days; "
        f"up to {settings.cost_shift:.0%} is usual.",
        subject=str(channel),
    )


def evaluate_channels(data: ModelData, *, spent: Sequence[str], settings: Monitoring) -> Reading:
    """How many channels are new or vanished; `spent` had spend lately, modelled or not.

    A channel vanished when it is off for longer than ever in training, and than `min_days`.
    """
    recent = _slice_recent(data, settings=settings)
    n_periods = len(data.periods[recent])
    if n_periods * data.period_days < settings.min_days:
        return _tell_too_few("channels", 0.0, n_periods, settings=settings)
    new = sorted(set(spent) - set(data.channels))
    is_on = data.exposure.sum(axis=1) > 0
    gone = [
        name
        for c, name in enumerate(data.channels)
        if measure_silence(is_on[:, c])
        > max(
            _find_longest_silence(is_on[: data.n_trained, c]), settings.min_days / data.period_days
        )
    ]
    told = [f"'{c}' is new" for c in new] + [f"'{c}' is off for longer than ever" for c in gone]
    return Reading(
        monitor="channels",
        value=float(len(told)),
        threshold=0.0,
        n_periods=n_periods,
        is_drifted=bool(told),
        message=f"{'; '.join(told)}." if told else "No channel is new, and none vanished.",
        subject=next(iter([*new, *gone]), None),
    )


def measure_silence(is_on: NDArray[np.bool_]) -> int:
    """How many periods at the end a channel is off; `is_on` (date,)."""
    on = np.flatnonzero(is_on)
    return len(is_on) - (int(on[-1]) + 1 if len(on) else 0)


def _find_longest_silence(is_on: NDArray[np.bool_]) -> int:
    """The most periods in a row between two in which a channel is on."""
    on = np.flatnonzero(is_on)
    return int(np.diff(on).max(initial=1)) - 1


def _take_recent(rows: pl.DataFrame, *, settings: Monitoring, now: date) -> pl.DataFrame:
    return rows.filter(pl.col("date") > now - timedelta(days=settings.window_days))


def _slice_recent(data: ModelData, *, settings: Monitoring) -> slice:
    """The newest periods of the window, of those that were not trained on."""
    n_window = max(1, settings.window_days // data.period_days)
    return slice(max(data.n_trained, data.n_periods - n_window), None)


def _price(rows: pl.DataFrame, *, unit: str) -> float | None:
    """Spend per `unit` of the rows that have both."""
    known = rows.filter(pl.col("spend").is_not_null() & (pl.col(unit) > 0))
    spend, units = float(known["spend"].sum()), float(known[unit].sum())
    return spend / units if spend > 0 and units > 0 else None


def _tell_too_few(
    monitor: MonitorName, threshold: float, n_periods: int, *, settings: Monitoring
) -> Reading:
    needed = (
        f"{settings.min_periods} periods"
        if monitor in {"coverage", "error"}
        else f"{settings.min_days} days"
    )
    return Reading(
        monitor=monitor,
        value=None,
        threshold=threshold,
        n_periods=n_periods,
        is_drifted=False,
        message=f"Not judged: {n_periods} periods that can be judged came since the fit, and it "
        f"takes {needed}.",
    )
