"""A small project and clean frames that tests of quality break in one place."""

from datetime import date, timedelta

import polars as pl

from mmm_orchestration.project import Project, parse_project

FIRST = date(2024, 1, 1)
N_DAYS = 60
LAST = FIRST + timedelta(days=N_DAYS - 1)
DAYS = [FIRST + timedelta(days=i) for i in range(N_DAYS)]

_YAML = """
project: shop
time_zone: Europe/Berlin
currency: EUR
start: 2024-01-01
kpi: {source: shop, outcome: revenue, kind: revenue}
sources:
  - {name: google, format: google_ads, path: g, tax: excluded, time_zone: Europe/Berlin}
  - {name: meta, format: meta_ads, path: m, tax: excluded, time_zone: Europe/Berlin}
  - name: shop
    format: table
    path: s
    currency: EUR
    tax: excluded
    time_zone: Europe/Berlin
    table:
      date: day
      outcomes: [{name: revenue, column: revenue}]
      controls: [{name: price, column: price}]
  - name: tv
    format: table
    path: t
    currency: EUR
    tax: excluded
    time_zone: Europe/Berlin
    table: {date: week, period: week, media: [{name: tv, spend: tv}]}
channels:
  - {name: search, rules: [{source: google, campaign: "search*"}]}
  - {name: social, rules: [{source: meta}]}
  - {name: tv, rules: [{source: tv}]}
controls: [{name: price}]
"""


def make_project() -> Project:
    """Two daily ad platforms, a daily shop with KPI and price, and weekly television."""
    return parse_project(_YAML)


def make_silver_media() -> pl.DataFrame:
    """Every day one search and one social campaign, every week television; nothing is odd."""
    rows = [
        (day, 1, "national", source, channel, campaign, spend * _wave(i), 1000 * _wave(i), 50.0)
        for i, day in enumerate(DAYS)
        for source, channel, campaign, spend in (
            ("google", "search", "Search brand", 100.0),
            ("meta", "social", "Prospecting", 200.0),
        )
    ]
    rows += [
        (FIRST + timedelta(weeks=week), 7, "national", "tv", "tv", "tv", 5000.0, None, None)
        for week in range(N_DAYS // 7)
    ]
    names = ("date", "period_days", "geo", "source", "channel", "campaign")
    frame = pl.DataFrame(rows, schema=[*names, "spend", "impressions", "clicks"], orient="row")
    return frame.with_columns(
        pl.col("spend", "impressions", "clicks").cast(pl.Float64),
        reach=pl.lit(None, pl.Float64),
        frequency=pl.lit(None, pl.Float64),
    )


def make_silver_outcomes() -> pl.DataFrame:
    """Revenue of the shop on every day."""
    return pl.DataFrame(
        {
            "date": DAYS,
            "period_days": [1] * N_DAYS,
            "geo": ["national"] * N_DAYS,
            "source": ["shop"] * N_DAYS,
            "outcome": ["revenue"] * N_DAYS,
            "value": [10_000.0 * _wave(i) for i in range(N_DAYS)],
        }
    )


def make_silver_controls() -> pl.DataFrame:
    """The price on every day."""
    outcomes = make_silver_outcomes().drop("outcome", "value")
    return outcomes.with_columns(control=pl.lit("price"), value=pl.lit(9.99))


def make_gold_media_daily() -> pl.DataFrame:
    """The daily channels of the clean silver media, all of them reported."""
    media = make_silver_media().filter(pl.col("period_days") == 1)
    return media.drop("source", "campaign").with_columns(is_reported=pl.lit(value=True))


def make_deliveries() -> pl.DataFrame:
    """One delivery of every source that covers all days."""
    sources = ["google", "meta", "shop", "tv"]
    n = len(sources)
    return pl.DataFrame(
        {
            "source": sources,
            "delivery": [f"hash_{s}" for s in sources],
            "sequence": [1] * n,
            "file": [f"{s}.csv" for s in sources],
            "status": ["read"] * n,
            "reason": [None] * n,
            "first_day": [FIRST] * n,
            "last_day": [LAST] * n,
            "n_input": [100] * n,
            "n_accepted": [100] * n,
            "n_quarantined": [0] * n,
            "currency": ["EUR"] * n,
            "time_zone": ["Europe/Berlin"] * n,
        },
        schema_overrides={"reason": pl.String},
    )


def make_quarantine(*rows: tuple[str, str, int, str]) -> pl.DataFrame:
    """Quarantined rows given as (source, file, line, rule)."""
    schema = {"source": pl.String, "file": pl.String, "line": pl.Int64, "rule": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(delivery=pl.lit("hash"), detail=pl.lit("odd"), raw=pl.lit("x"))


def _wave(i: int) -> float:
    """A quiet weekly wave around one."""
    return 1 + 0.1 * ((i % 7) - 3) / 3


def plant(
    frame: pl.DataFrame, day: date, *, by: str, equals: str, **values: object
) -> pl.DataFrame:
    """The frame with `values` in the rows of `day` whose column `by` equals the word."""
    here = (pl.col("date") == day) & (pl.col(by) == equals)
    return frame.with_columns(
        pl.when(here)
        .then(pl.lit(value, dtype=frame.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    )


def drop_days(frame: pl.DataFrame, *days: date, by: str, equals: str) -> pl.DataFrame:
    """The frame without the rows of `days` whose column `by` equals the word."""
    return frame.remove(pl.col("date").is_in(days) & (pl.col(by) == equals))
