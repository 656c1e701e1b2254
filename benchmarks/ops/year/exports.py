"""A small simulated business: its project file and the exports that arrive in its landing folder.

Belongs here: files on disk and the numbers they hold. Must not: the order of days, or Dagster.
"""

import math
import os
import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

SOURCES = ("google_ads", "meta_ads", "shop")
ZONE = "Europe/London"
PROJECT = f"""\
project: year
time_zone: {ZONE}
currency: GBP
start: {{first}}
kpi: {{{{name: revenue, source: shop, outcome: revenue}}}}
sources:
  - {{{{name: google_ads, format: google_ads, path: landing/google_ads, tax: excluded}}}}
  - {{{{name: meta_ads, format: meta_ads, path: landing/meta_ads, tax: excluded}}}}
  - name: shop
    format: table
    path: landing/shop
    currency: GBP
    table: {{{{date: day, outcomes: [{{{{name: revenue, column: revenue}}}}]}}}}
channels:
  - {{{{name: search, rules: [{{{{source: google_ads}}}}]}}}}
  - {{{{name: meta, rules: [{{{{source: meta_ads}}}}]}}}}
model:
  trend: none
  yearly_order: 0
  weekly_order: 0
  max_lag_days: 14
  sampler: {{{{draws: 1000, tune: 500, chains: 2}}}}
# short fits: what is watched is that they happen, not what they say
gates: {{{{r_hat: 1.1, ess: 100, divergences: 500}}}}
alerts:
  allow_internal: true
  targets:
    - {{{{name: team, url_env: YEAR_TEAM_URL, min_severity: error}}}}
    - {{{{name: news, url_env: YEAR_NEWS_URL, kinds: [retrain]}}}}
"""
GOOGLE = (
    "Day,Campaign,Campaign ID,Campaign type,Currency code,Cost,Impr.,Clicks,Conversions,Conv. value"
)
META = (
    "Reporting starts,Reporting ends,Day,Campaign name,Reach,Impressions,"
    "Amount spent (GBP),Purchases conversion value"
)
BAD_ROW = "{day},No number | Search,20444444444,Search,GBP,abc,10,1,0.00,0.00"


def write_project(folder: Path, *, first: date) -> Path:
    """The project file in `folder`, whose landing places are there and empty."""
    for source in SOURCES:
        (folder / "landing" / source).mkdir(parents=True, exist_ok=True)
    file = folder / "mmm.yaml"
    file.write_text(PROJECT.format(first=first), encoding="utf-8")
    return file


def spend_on(day: date, *, channel: int, restated: int = 0) -> float:
    """The spend of a channel on the day, in pounds; each restatement adds a twentieth."""
    chance = random.Random(f"{channel} {day}")  # noqa: S311 - a simulated business
    season = 1 + 0.4 * math.sin(day.toordinal() / (17 + 6 * channel))
    return round(500 * (1 + channel) * season * chance.uniform(0.7, 1.3) * 1.05**restated, 2)


def earn_on(day: date) -> float:
    """The revenue of the day, in pounds: a base, what spend brings in, and some noise."""
    chance = random.Random(f"shop {day}")  # noqa: S311 - a simulated business
    brought = 2.0 * spend_on(day, channel=0) + 1.5 * spend_on(day, channel=1)
    return round(6_000 + brought + chance.gauss(0, 150), 2)


def deliver(
    folder: Path,
    source: str,
    day: date,
    *,
    arrives: date,
    revision: int = 0,
    is_broken: bool = False,
    has_bad_row: bool = False,
) -> int:
    """How many rows the delivery of the source for `day` holds, which arrives at five that morning.

    A broken one has text where a number belongs that nothing can do without; a bad row is one more
    row, whose cost is no number.
    """
    rows = _make_rows(source, day, revision=revision, is_broken=is_broken)
    head = {
        "google_ads": ["Campaign report", _state_days(day), GOOGLE],
        "meta_ads": [META],
        "shop": ["day,revenue"],
    }[source]
    if has_bad_row:
        rows.append(BAD_ROW.format(day=day))
    suffix = f"_{revision}" if revision else ""
    path = folder / "landing" / source / f"{source}_{day}{suffix}.csv"
    path.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
    moment = datetime.combine(arrives, time(4, revision), tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    return len(rows)


def deliver_all(folder: Path, *, first: date, n_days: int) -> int:
    """How many rows the deliveries of all sources for the days hold, each the morning after."""
    days = [first + timedelta(days=i) for i in range(n_days)]
    return sum(
        deliver(folder, source, day, arrives=day + timedelta(days=1))
        for day in days
        for source in SOURCES
    )


def _make_rows(source: str, day: date, *, revision: int, is_broken: bool) -> list[str]:
    if source == "shop":
        return [f"{day},{'many' if is_broken else f'{earn_on(day):.2f}'}"]
    if source == "google_ads":
        spend = spend_on(day, channel=0, restated=revision)
        return [
            f'{day},Brand | Search,20111111111,Search,GBP,"{spend:,.2f}","{spend * 27:,.0f}",'
            f"{spend * 1.3:.0f},9.50,612.40"
        ]
    spend = spend_on(day, channel=1, restated=revision)
    return [f"{day},{day},{day},Prospecting,{spend * 17:.0f},{spend * 27:.0f},{spend:.2f},900.00"]


def _state_days(day: date) -> str:
    return f'"{day:%B} {day.day}, {day.year} - {day:%B} {day.day}, {day.year}"'
