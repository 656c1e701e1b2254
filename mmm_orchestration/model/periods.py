"""Rows of days and weeks brought to the periods of the model, nationally or by geo.

Belongs here: calendar, geos, completeness. Must not: what the values mean.

A row here has `series` (words a person reads, such as "channel 'tv'"), `date`, `period_days`,
`geo` and `value`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

import polars as pl

from mmm_orchestration.errors import ModelError
from mmm_orchestration.project import Grain, WeekDay

WEEK = 7


@dataclass(frozen=True)
class Aligned:
    """Every series on the same periods: `values` has `period` and one column per series.

    `before` has the same columns for the periods before the first that some series have whole.
    """

    values: pl.DataFrame
    before: pl.DataFrame
    period_days: int
    notes: tuple[str, ...]

    @property
    def first(self) -> date:
        """First day of the first period."""
        return self._starts()[0]

    @property
    def last(self) -> date:
        """Last day of the last period."""
        return self._starts()[-1] + timedelta(days=self.period_days - 1)

    def _starts(self) -> list[date]:
        return self.values["period"].to_list()


def align_periods(
    rows: pl.DataFrame, *, averaged: frozenset[str], grain: Grain, week_start: WeekDay
) -> Aligned:
    """`rows` as national series over the periods that all of them cover completely.

    Series in `averaged` are averaged over geos and days, the others summed. Periods before the
    first or after the last one that every series covers are left out and named in `notes`.
    Raises ModelError where periods clash or one inside the range is missing.
    """
    period_days = count_days(grain)
    in_geo = _add_up_days(rows, averaged=averaged, grain=grain, week_start=week_start)
    national = _sum_geos(in_geo, averaged=averaged)
    return _cut_to_common_range(national, period_days=period_days)


def align_panel(
    rows: pl.DataFrame, *, averaged: frozenset[str], grain: Grain, week_start: WeekDay
) -> pl.DataFrame:
    """`rows` by period and geo: one row per `(series, geo, period)` that is whole, with `value`.

    Series in `averaged` are averaged over the days, the others summed. Nothing is filled in.
    """
    in_geo = _add_up_days(rows, averaged=averaged, grain=grain, week_start=week_start)
    return in_geo.filter("is_whole").select("series", "geo", "period", "value")


def count_days(grain: Grain) -> int:
    """Days of one period."""
    return 1 if grain == "day" else WEEK


def _place_rows(rows: pl.DataFrame, *, grain: Grain, week_start: WeekDay) -> pl.DataFrame:
    """The rows with the `period` they fall into."""
    if grain == "day":
        _check_daily(rows)
        return rows.with_columns(period=pl.col("date"))
    start = _find_week_start(rows, week_start=week_start)
    behind = (pl.col("date").dt.weekday().cast(pl.Int64) - 1 - start) % WEEK
    return rows.with_columns(period=pl.col("date") - pl.duration(days=behind))


def _check_daily(rows: pl.DataFrame) -> None:
    periodic = rows.filter(pl.col("period_days") != 1)["series"].unique().sort().to_list()
    if periodic:
        raise ModelError(
            f"Grain 'day' needs daily rows; weekly or monthly are {', '.join(periodic)}",
            fix="Set model.grain to 'week' in mmm.yaml",
        )


def _find_week_start(rows: pl.DataFrame, *, week_start: WeekDay) -> int:
    """The weekday (0 is Monday) on which weeks begin: that of the weekly rows where there are."""
    other = rows.filter(~pl.col("period_days").is_in([1, WEEK]))
    if other.height:
        names = other["series"].unique().sort().to_list()
        raise ModelError(
            f"Grain 'week' needs rows of one or seven days, which {', '.join(names)} has not",
            got=sorted(other["period_days"].unique().to_list()),
            fix="Deliver it by week or day",
        )
    weekly = (
        rows.filter(pl.col("period_days") == WEEK)
        .select("series", weekday=pl.col("date").dt.weekday().cast(pl.Int64) - 1)
        .unique()
        .sort("weekday", "series")
    )
    days = weekly["weekday"].unique().sort().to_list()
    if len(days) > 1:
        named = [f"{s} on {get_args(WeekDay)[d]}" for s, d in weekly.iter_rows()]
        raise ModelError(
            f"Weekly rows must begin on one weekday; they begin: {', '.join(named[:10])}",
            fix="Deliver them on one calendar or from daily exports",
        )
    return int(days[0]) if days else get_args(WeekDay).index(week_start)


def _add_up_days(
    rows: pl.DataFrame, *, averaged: frozenset[str], grain: Grain, week_start: WeekDay
) -> pl.DataFrame:
    """One row per `(series, period, geo)` with its `value` and whether all its days are there.

    Rows are added up in one order, so that the same rows always give the same sums to the last
    bit.
    """
    period_days = count_days(grain)
    placed = _place_rows(rows, grain=grain, week_start=week_start)
    level = (pl.col("value") * pl.col("period_days")).sum() / pl.col("period_days").sum()
    in_geo = (
        placed.sort("series", "geo", "date")
        .group_by("series", "period", "geo", maintain_order=True)
        .agg(
            pl.when(pl.col("series").first().is_in(list(averaged)))
            .then(level)
            .otherwise(pl.col("value").sum())
            .alias("value"),
            pl.col("period_days").sum(),
        )
    )
    doubled = in_geo.filter(pl.col("period_days") > period_days).sort("series", "period")
    if doubled.height:
        series, period = doubled.row(0)[:2]
        raise ModelError(f"The week from {period} has both daily and weekly rows of {series}")
    return in_geo.with_columns(is_whole=pl.col("period_days") == period_days)


def _sum_geos(in_geo: pl.DataFrame, *, averaged: frozenset[str]) -> pl.DataFrame:
    """National values, one row per `(series, period)`, with `is_complete`.

    A period is complete when every geo of the series covers all of its days.
    """
    n_geos = in_geo.group_by("series").agg(pl.col("geo").n_unique().alias("n_geos"))
    return (
        in_geo.group_by("series", "period", maintain_order=True)
        .agg(
            pl.when(pl.col("series").first().is_in(list(averaged)))
            .then(pl.col("value").mean())
            .otherwise(pl.col("value").sum())
            .alias("value"),
            pl.col("is_whole").sum().alias("n_whole"),
        )
        .join(n_geos, on="series", how="left", validate="m:1")
        .with_columns(is_complete=pl.col("n_whole") == pl.col("n_geos"))
    )


def _cut_to_common_range(national: pl.DataFrame, *, period_days: int) -> Aligned:
    whole = national.filter(pl.col("is_complete"))
    ranges = (
        national.select("series")
        .unique()
        .join(
            whole.group_by("series").agg(
                pl.col("period").min().alias("first"), pl.col("period").max().alias("last")
            ),
            on="series",
            how="left",
        )
        .sort("series")
    )
    never = ranges.filter(pl.col("first").is_null())["series"].to_list()
    if never:
        raise ModelError(f"There is no complete period of {', '.join(never)}")
    first, last = _day(ranges["first"].max()), _day(ranges["last"].min())
    if last < first:
        raise ModelError("The series do not overlap: one ends before another begins")
    inside = whole.filter(pl.col("period").is_between(first, last))
    calendar = pl.date_range(first, last, interval=f"{period_days}d", eager=True).alias("period")
    _check_gaps(inside, calendar=calendar, period_days=period_days)
    values = inside.pivot("series", index="period", values="value").sort("period")
    before = whole.filter(pl.col("period") < first)
    notes = _tell_what_is_left_out(
        national, ranges=ranges, first=first, last=last, period_days=period_days
    )
    return Aligned(
        values=values,
        before=before.pivot("series", index="period", values="value").sort("period"),
        period_days=period_days,
        notes=notes,
    )


def _check_gaps(inside: pl.DataFrame, *, calendar: pl.Series, period_days: int) -> None:
    """Nothing when every series has every period of `calendar`, else ModelError."""
    wanted = inside.select("series").unique().join(calendar.to_frame(), how="cross")
    missing = wanted.join(inside, on=["series", "period"], how="anti").sort("series", "period")
    if missing.height:
        series = missing["series"][0]
        periods = missing.filter(pl.col("series") == series)["period"].to_list()
        unit = "days" if period_days == 1 else "weeks from"
        shown = ", ".join(map(str, periods[:10])) + (" …" if len(periods) > 10 else "")
        raise ModelError(
            f"{series} is not complete on {len(periods)} {unit} {shown}",
            fix="Deliver the missing rows, or start the project after the gap",
        )


def _tell_what_is_left_out(
    national: pl.DataFrame, *, ranges: pl.DataFrame, first: date, last: date, period_days: int
) -> tuple[str, ...]:
    """One sentence for each end at which periods of some series are not used."""
    notes = []
    end = last + timedelta(days=period_days - 1)
    if _day(national["period"].min()) < first:
        late = ranges.filter(pl.col("first") == first)["series"].to_list()
        notes.append(f"Days before {first} are left out: {late[0]} is complete only from then.")
    if _day(national["period"].max()) > last:
        short = ranges.filter(pl.col("last") == last)["series"].to_list()
        notes.append(f"Days after {end} are left out: {short[0]} is complete only until then.")
    return tuple(notes)


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise ModelError("There are no dated rows", got=value)
    return value
