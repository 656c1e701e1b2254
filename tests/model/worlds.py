"""Gold frames and projects of named worlds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.prepare import prepare_model_data
from mmm_orchestration.project import Project, parse_project

START = date(2022, 1, 3)

type Series = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class World:
    """Gold frames and the project that declares them."""

    media: pl.DataFrame
    kpi: pl.DataFrame
    controls: pl.DataFrame
    project: Project

    def prepare(self) -> ModelData:
        """The modelled arrays."""
        return prepare_model_data(
            media=self.media, kpi=self.kpi, controls=self.controls, project=self.project
        )


def make_project(
    channels: Sequence[str], *, controls: Mapping[str, str] | None = None, extra: str = ""
) -> Project:
    """A project with one table source; `controls` maps names to signs."""
    signs = controls or {}
    series = "".join(f"\n        - {{name: {c}, column: {c}}}" for c in signs)
    declared = "".join(f"\n  - {{name: {c}, sign: {s}}}" for c, s in signs.items())
    media = "".join(f"\n        - {{name: {c}, spend: {c}}}" for c in channels)
    rules = "".join(f"\n  - {{name: {c}, rules: [{{source: sheet}}]}}" for c in channels)
    return parse_project(f"""
project: world
time_zone: Europe/Berlin
currency: EUR
start: 2014-01-01
kpi: {{source: sheet, outcome: sales}}
sources:
  - name: sheet
    format: table
    path: sheet.csv
    currency: EUR
    tax: excluded
    table:
      date: date
      period: week
      outcomes: [{{name: sales, column: sales}}]
      media:{media}
      controls:{series or " []"}
channels:{rules}
controls:{declared or " []"}
{extra}
""")


def frame_media(
    spend: Mapping[str, Series], *, dates: Sequence[date], period_days: int = 7
) -> pl.DataFrame:
    """Gold media with the same spend and impressions, one row per `(date, channel)`."""
    return pl.concat(
        [
            pl.DataFrame(
                {
                    "date": dates,
                    "period_days": period_days,
                    "geo": "national",
                    "channel": channel,
                    "spend": values,
                    "impressions": None,
                    "clicks": None,
                    "reach": None,
                    "frequency": None,
                    "is_reported": True,
                },
                schema_overrides={
                    "spend": pl.Float64,
                    "impressions": pl.Float64,
                    "clicks": pl.Float64,
                    "reach": pl.Float64,
                    "frequency": pl.Float64,
                    "period_days": pl.Int64,
                },
            )
            for channel, values in spend.items()
        ]
    )


def frame_kpi(values: Series, *, dates: Sequence[date], period_days: int = 7) -> pl.DataFrame:
    """Gold KPI."""
    return pl.DataFrame(
        {"date": dates, "period_days": period_days, "geo": "national", "kpi": values},
        schema_overrides={"kpi": pl.Float64, "period_days": pl.Int64},
    )


def frame_controls(
    controls: Mapping[str, Series], *, dates: Sequence[date], period_days: int = 7
) -> pl.DataFrame:
    """Gold controls."""
    schema = {
        "date": pl.Date,
        "period_days": pl.Int64,
        "geo": pl.String,
        "control": pl.String,
        "value": pl.Float64,
    }
    rows = [
        (day, period_days, "national", name, float(value))
        for name, values in controls.items()
        for day, value in zip(dates, values, strict=True)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def make_world(
    *,
    spend: Mapping[str, Series],
    kpi: Series,
    dates: Sequence[date],
    controls: Mapping[str, Series] | None = None,
    signs: Mapping[str, str] | None = None,
    period_days: int = 7,
    extra: str = "",
) -> World:
    """A world in which every series has the same dates."""
    names = controls or {}
    declared = {name: (signs or {}).get(name, "any") for name in names}
    return World(
        media=frame_media(spend, dates=dates, period_days=period_days),
        kpi=frame_kpi(kpi, dates=dates, period_days=period_days),
        controls=frame_controls(names, dates=dates, period_days=period_days),
        project=make_project(list(spend), controls=declared, extra=extra),
    )


def make_random_world(
    *, n_periods: int = 60, period_days: int = 7, controls: int = 2, extra: str = ""
) -> World:
    """Two channels and a few controls by a fixed seed."""
    rng = np.random.default_rng(7)
    dates = [START + timedelta(days=period_days * i) for i in range(n_periods)]
    return make_world(
        spend={"tv": rng.gamma(2, 50, n_periods), "radio": rng.gamma(1, 30, n_periods)},
        kpi=1000 + rng.normal(0, 50, n_periods),
        dates=dates,
        controls={f"control_{i}": rng.normal(size=n_periods) for i in range(controls)},
        period_days=period_days,
        extra=extra,
    )


def read_world(
    file: Path,
    *,
    day: str,
    kpi: str,
    channels: Mapping[str, str],
    controls: Mapping[str, str] | None = None,
    extra: str = "",
) -> World:
    """A wide weekly file; `channels` and `controls` map names of the project to columns."""
    table = pl.read_csv(file, try_parse_dates=True)
    return make_world(
        spend={name: table[column].to_list() for name, column in channels.items()},
        kpi=table[kpi].to_list(),
        dates=table[day].to_list(),
        controls={name: table[column].to_list() for name, column in (controls or {}).items()},
        extra=extra,
    )


def read_panel(
    file: Path,
    *,
    day: str,
    geo: str,
    kpi: str,
    channels: Mapping[str, str],
    controls: Mapping[str, str] | None = None,
    extra: str = "model: {level: geo}",
) -> World:
    """A wide weekly file with one row per week and geo, modelled by geo."""
    table = pl.read_csv(file, try_parse_dates=True)
    place = [
        pl.col(day).alias("date"),
        pl.lit(7, pl.Int64).alias("period_days"),
        pl.col(geo).cast(pl.String).alias("geo"),
    ]
    names = controls or {}
    none = pl.lit(None, pl.Float64)
    return World(
        media=pl.concat(
            table.select(
                *place,
                pl.lit(name).alias("channel"),
                pl.col(column).cast(pl.Float64).alias("spend"),
                none.alias("impressions"),
                none.alias("clicks"),
                none.alias("reach"),
                none.alias("frequency"),
                pl.lit(value=True).alias("is_reported"),
            )
            for name, column in channels.items()
        ),
        kpi=table.select(*place, pl.col(kpi).cast(pl.Float64).alias("kpi")),
        controls=pl.concat(
            [
                frame_controls({}, dates=[]),
                *(
                    table.select(
                        *place,
                        pl.lit(name).alias("control"),
                        pl.col(column).cast(pl.Float64).alias("value"),
                    )
                    for name, column in names.items()
                ),
            ]
        ),
        project=make_project(list(channels), controls=dict.fromkeys(names, "any"), extra=extra),
    )
