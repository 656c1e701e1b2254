"""A project with three daily sources and one delivery per day and source, the same every time.

Belongs here: files on disk. The tests run the chain over them and change single deliveries.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from mmm_orchestration.home import Home, open_home

SOURCES = ("google_ads", "meta_ads", "shop")
PROJECT = """\
project: small
time_zone: Europe/London
currency: GBP
start: {first}
kpi: {{name: revenue, source: shop, outcome: revenue}}
sources:
  - {{name: google_ads, format: google_ads, path: landing/google_ads, tax: excluded}}
  - {{name: meta_ads, format: meta_ads, path: landing/meta_ads, tax: excluded}}
  - name: shop
    format: table
    path: landing/shop
    currency: GBP
    table:
      date: day
      outcomes: [{{name: revenue, column: revenue}}]
      controls: [{{name: price, column: price}}]
channels:
  - {{name: search, rules: [{{source: google_ads, campaign: "*| search |*"}}]}}
  - {{name: pmax, rules: [{{source: google_ads, campaign: "pmax*"}}]}}
  - {{name: meta, rules: [{{source: meta_ads}}]}}
controls:
  - {{name: price, sign: negative}}
"""
GOOGLE = (
    "Day,Campaign,Campaign ID,Campaign type,Currency code,Cost,Impr.,Clicks,Conversions,Conv. value"
)
META = (
    "Reporting starts,Reporting ends,Day,Campaign name,Reach,Impressions,"
    "Amount spent (GBP),Purchases conversion value"
)
BAD_ROW = "{day},No number | Search | UK,20444444444,Search,GBP,abc,10,1,0.00,0.00"


def write_small_project(
    folder: Path, *, first: date, n_days: int, has_bad_rows: bool = False
) -> Home:
    """The project in `folder` with the deliveries of `n_days` days from `first`.

    With `has_bad_rows` every export of google_ads has one row whose cost is no number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mmm.yaml").write_text(PROJECT.format(first=first), encoding="utf-8")
    for source in SOURCES:
        (folder / "landing" / source).mkdir(parents=True, exist_ok=True)
    for i in range(n_days):
        deliver_day(folder, first + timedelta(days=i), has_bad_row=has_bad_rows)
    return open_home(folder / "mmm.yaml")


def revenue_of(day: date) -> float:
    """The shop's revenue of the day, in pounds."""
    return 12_000.0 + 1_500 * (day.weekday() >= 5) + 37 * (day.toordinal() % 11)


def spend_of(day: date, *, campaign: int) -> float:
    """The spend of one campaign on the day, in pounds."""
    return 400.0 * (campaign + 1) + 7.25 * (day.toordinal() % (5 + campaign))


def deliver_day(folder: Path, day: date, *, has_bad_row: bool = False) -> None:
    """The day's delivery of every source."""
    write_google_day(folder, day, has_bad_row=has_bad_row)
    write_meta_day(folder, day)
    write_shop_day(folder, day)


def write_google_day(folder: Path, day: date, *, has_bad_row: bool = False) -> Path:
    """The day's export of Google Ads with two campaigns."""
    rows = [
        f'{day},{name},{20_111_111_111 + i},{kind},GBP,"{spend:,.2f}","{spend * 27:,.0f}",'
        f"{spend * 1.3:.0f},9.50,612.40"
        for i, (name, kind) in enumerate(
            [("Brand | Search | UK", "Search"), ("PMax – Été", "Performance Max")]
        )
        for spend in [spend_of(day, campaign=i)]
    ]
    if has_bad_row:
        rows.append(BAD_ROW.format(day=day))
    stated = f'"{day:%B} {day.day}, {day.year} - {day:%B} {day.day}, {day.year}"'
    return _write(folder, "google_ads", day, ["Campaign report", stated, GOOGLE, *rows])


def write_meta_day(folder: Path, day: date) -> Path:
    """The day's export of Meta Ads with one campaign."""
    spend = spend_of(day, campaign=2)
    row = f"{day},{day},{day},Prospecting,{spend * 17:.0f},{spend * 27:.0f},{spend:.2f},900.00"
    return _write(folder, "meta_ads", day, [META, row])


def write_shop_day(
    folder: Path, day: date, *, revenue: str | None = None, correction: int = 0
) -> Path:
    """The day's table of the shop; `revenue` is the text of the cell in place of the usual one.

    The delivery numbered `correction` arrives that many hours after the first.
    """
    cell = f"{revenue_of(day):.2f}" if revenue is None else revenue
    price = 99 + day.toordinal() % 3
    rows = ["day,revenue,price", f"{day},{cell},{price}"]
    return _write(folder, "shop", day, rows, correction=correction)


def _write(folder: Path, source: str, day: date, lines: list[str], *, correction: int = 0) -> Path:
    suffix = f"_{correction}" if correction else ""
    path = folder / "landing" / source / f"{source}_{day}{suffix}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arrived = datetime.combine(day, time(5 + correction), tzinfo=UTC) + timedelta(days=1)
    os.utime(path, (arrived.timestamp(), arrived.timestamp()))
    return path
