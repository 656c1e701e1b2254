"""Which files arrive when: one a month, then one a day, then one that restates 28 days.

Belongs here: the calendar of deliveries and their content. Must not: writing to disk (see `demo`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.sources.simulator import exports
from mmm_orchestration.sources.simulator.channels import CHANNELS, STRAY
from mmm_orchestration.sources.simulator.dirt import (
    SPOTS,
    Dirt,
    DirtKind,
    ReportKind,
    soil_rows,
    soil_text,
)
from mmm_orchestration.sources.simulator.shop import make_orders, write_orders
from mmm_orchestration.sources.simulator.styles import AdRow, Layout, Period
from mmm_orchestration.sources.simulator.world import World, make_rng

DAILY_DAYS = 30
RESTATED_DAYS = 28
RESTATED_WEEKS = 4
RESTATED_BY = 0.02

_CAMPAIGNS = {c.name: c for c in (*(c for ch in CHANNELS for c in ch.campaigns), STRAY)}


@dataclass(frozen=True)
class Report:
    """One delivery to come: the days it covers and the `made` day on which it arrives."""

    kind: ReportKind
    window: DayWindow
    made: date

    @property
    def label(self) -> str:
        """How the file name tells the period."""
        if self.kind == "restating":
            return f"last_{RESTATED_DAYS}_days"
        return f"{self.window.first:%Y-%m}" if self.kind == "history" else f"{self.window.first}"


@dataclass(frozen=True)
class Delivery:
    """One file as it arrives; its name starts with the day, so names sort by arrival."""

    source: str
    name: str
    made: date
    content: bytes


@dataclass(frozen=True)
class Landing:
    """All deliveries in order of arrival, and what is wrong with them."""

    deliveries: tuple[Delivery, ...]
    dirt: tuple[Dirt, ...]


def make_landing(world: World) -> Landing:
    """Everything that arrives from the eight sources of the world."""
    parts = [_make_ads(world, source=s, choose=choose) for s, choose in _LAYOUTS.items()]
    parts += [_make_orders(world), _make_trading(world)]
    deliveries = sorted((d for p in parts for d in p.deliveries), key=lambda d: (d.made, d.name))
    stray = world.campaigns.filter(pl.col("campaign") == STRAY.name)
    unmapped = Dirt("unmapped_campaign", "google_ads", None, stray.height)
    return Landing(tuple(deliveries), (*(d for p in parts for d in p.dirt), unmapped))


def plan_reports(window: DayWindow) -> list[Report]:
    """The reports of a daily source: by month, by day for 30 days, and a last one for 28."""
    first_daily = window.last - timedelta(days=DAILY_DAYS - 1)
    reports = [
        Report("history", part, part.last + timedelta(days=1))
        for part in split_months(DayWindow(window.first, first_daily - timedelta(days=1)))
    ]
    reports += [
        Report("daily", DayWindow(day, day), day + timedelta(days=1))
        for day in DayWindow(first_daily, window.last).days()
    ]
    restated = DayWindow(window.last - timedelta(days=RESTATED_DAYS - 1), window.last)
    return [*reports, Report("restating", restated, window.last + timedelta(days=1))]


def split_months(window: DayWindow) -> list[DayWindow]:
    """The calendar months of `window`, the first and the last cut to it."""
    months: dict[tuple[int, int], list[date]] = {}
    for day in window.days():
        months.setdefault((day.year, day.month), []).append(day)
    return [DayWindow(days[0], days[-1]) for days in months.values()]


def _choose_google(share: float) -> Layout:
    if share < 0.3:
        return exports.GOOGLE_EXCEL
    return exports.GOOGLE_FRENCH if 0.6 <= share < 0.75 else exports.GOOGLE_CSV


def _choose_meta(share: float) -> Layout:
    return exports.META_FRENCH if 0.3 <= share < 0.5 else exports.META_ENGLISH


def _choose_linkedin(share: float) -> Layout:
    return exports.LINKEDIN_DUTCH if 0.55 <= share < 0.7 else exports.LINKEDIN_ENGLISH


_LAYOUTS: Mapping[str, Callable[[float], Layout | None]] = {
    "google_ads": _choose_google,
    "meta_ads": _choose_meta,
    "linkedin_ads": _choose_linkedin,
    "microsoft_ads": lambda _: exports.MICROSOFT,
    "tiktok_ads": lambda _: None,
    "amazon_ads": lambda _: exports.AMAZON,
}
"""The layout of a report by its place in the history, 0 to 1; None is TikTok's workbook."""


def _make_ads(world: World, *, source: str, choose: Callable[[float], Layout | None]) -> Landing:
    """The deliveries of one ad platform."""
    rows = world.campaigns.filter(pl.col("source") == source).sort("date", maintain_order=True)
    first_daily, restated = _first_seen(rows, world=world, source=source)
    reports = plan_reports(world.window)
    n_history = sum(r.kind == "history" for r in reports)
    spots = _find_spots(source, reports)
    deliveries, dirt = [], []
    for position, report in enumerate(reports):
        known = first_daily if report.kind == "daily" else rows
        layout = choose(position / n_history)
        kinds = spots.get(position, ())
        ad_rows = _ad_rows(known.filter(pl.col("date").is_between(*_ends(report.window))))
        content, suffix = _write_report(ad_rows, report=report, layout=layout, kinds=kinds)
        delivery = _name(source, report, content, suffix)
        deliveries.append(delivery)
        if "delivered_twice" in kinds:
            deliveries.append(_send_again(delivery, made=delivery.made + timedelta(days=2)))
        dirt += [Dirt(kind, source, delivery.name, 1) for kind in kinds]
        if layout and layout.n_totals:
            dirt.append(Dirt("totals_line", source, delivery.name, layout.n_totals))
    dirt.append(Dirt("restated", source, None, restated))
    return Landing(tuple(deliveries), tuple(dirt))


def _first_seen(rows: pl.DataFrame, *, world: World, source: str) -> tuple[pl.DataFrame, int]:
    """The rows as first delivered, and how many of them a later delivery restates."""
    restated_from = world.window.last - timedelta(days=RESTATED_DAYS - 1)
    change = make_rng(world.seed, f"restated {source}").uniform(-1, 1, rows.height) * RESTATED_BY
    first = (pl.col("spend") * (1 + pl.Series(change))).round(2)
    is_restated = pl.col("date") >= restated_from
    seen = rows.with_columns(spend=pl.when(is_restated).then(first).otherwise("spend"))
    return seen, int((seen["spend"] != rows["spend"]).sum())


def _ad_rows(rows: pl.DataFrame) -> list[AdRow]:
    return [
        AdRow(
            day=row["date"],
            campaign=row["campaign"],
            identifier=_CAMPAIGNS[row["campaign"]].identifier,
            kind=_CAMPAIGNS[row["campaign"]].kind,
            spend=row["spend"],
            impressions=row["impressions"],
            clicks=row["clicks"],
        )
        for row in rows.iter_rows(named=True)
    ]


def _write_report(
    rows: Sequence[AdRow], *, report: Report, layout: Layout | None, kinds: Sequence[DirtKind]
) -> tuple[bytes, str]:
    """The content of one ad report and the ending of its name."""
    if layout is None:
        return exports.write_tiktok_workbook(rows), "xlsx"
    period = Period(report.window.first, report.window.last, report.made)
    if kinds:
        rows = soil_rows(rows, kinds=kinds)
    text = layout.write(rows, period)
    if kinds:
        text = soil_text(text, layout=layout, rows=rows, kinds=kinds)
    return text.encode(layout.encoding), "csv"


def _find_spots(source: str, reports: Sequence[Report]) -> dict[int, tuple[DirtKind, ...]]:
    """Position of a report -> the dirt that goes into it."""
    found: dict[int, tuple[DirtKind, ...]] = {}
    for spot in SPOTS:
        if spot.source == source:
            position = [i for i, r in enumerate(reports) if r.kind == spot.report][spot.index]
            found[position] = (*found.get(position, ()), spot.kind)
    return found


def _name(source: str, report: Report, content: bytes, suffix: str) -> Delivery:
    name = f"{report.made}_{source}_{report.label}.{suffix}"
    return Delivery(source, name, report.made, content)


def _send_again(delivery: Delivery, *, made: date) -> Delivery:
    """The same bytes under a name that sorts behind all others of the day `made`."""
    stem, suffix = delivery.name.removeprefix(f"{delivery.made}_").rsplit(".", 1)
    return replace(delivery, name=f"{made}_{stem}_resent (1).{suffix}", made=made)


def _make_orders(world: World) -> Landing:
    """The deliveries of the shop; the daily ones do not know of later refunds."""
    orders = make_orders(world)
    reports = plan_reports(world.window)
    restated = reports[-1].window
    spots = _find_spots("shopify", reports)
    deliveries, dirt = [], []
    for position, report in enumerate(reports):
        is_first_look = report.kind == "daily" and restated.contains(report.window.first)
        within = orders.filter(pl.col("date").is_between(*_ends(report.window)))
        text = write_orders(within, with_refunds=not is_first_look)
        delivery = _name("shopify", report, text.encode(), "csv")
        deliveries.append(delivery)
        if "delivered_twice" in spots.get(position, ()):
            deliveries.append(_send_again(delivery, made=world.window.last + timedelta(days=2)))
            dirt.append(Dirt("delivered_twice", "shopify", delivery.name, 1))
    is_late = ~pl.col("is_cancelled") & (pl.col("refund") > 0)
    n_late = orders.filter(is_late, pl.col("date").is_between(*_ends(restated))).height
    return Landing(tuple(deliveries), (*dirt, Dirt("restated", "shopify", None, n_late)))


def _make_trading(world: World) -> Landing:
    """The deliveries of the weekly sheet: TV, price and promotion of complete weeks."""
    weeks = _sum_weeks(world)
    n_weeks = weeks.height
    last_single = n_weeks - RESTATED_WEEKS
    change = make_rng(world.seed, "restated trading").uniform(-1, 1, n_weeks) * RESTATED_BY
    first_seen = weeks.with_columns((pl.col("tv_spend") * (1 + pl.Series(change))).round(2))
    mondays: list[date] = weeks["date"].to_list()
    parts = [(first_seen[i : i + 1], f"week_{mondays[i]}") for i in range(last_single, n_weeks)]
    history = DayWindow(mondays[0], mondays[last_single - 1])
    for month in split_months(history):
        rows = weeks.filter(pl.col("date").is_between(*_ends(month)))
        if rows.height:
            parts.append((rows, f"{month.first:%Y-%m}"))
    deliveries = [_trading_delivery(rows, label=label) for rows, label in parts]
    again = weeks.tail(RESTATED_WEEKS)
    deliveries.append(_trading_delivery(again, label=f"weeks_last_{RESTATED_WEEKS}"))
    is_moved = first_seen["tv_spend"] != weeks["tv_spend"]
    n_moved = int(is_moved.tail(RESTATED_WEEKS).sum())
    return Landing(tuple(deliveries), (Dirt("restated", "trading", None, n_moved),))


def _trading_delivery(rows: pl.DataFrame, *, label: str) -> Delivery:
    last: date = rows["date"].to_list()[-1]
    made = last + timedelta(days=7)
    text = rows.rename(
        {
            "date": "Week commencing",
            "tv_spend": "TV spend GBP",
            "tv_impressions": "TV impressions",
            "price_index": "Price index",
            "promotion": "Promotion %",
        }
    ).write_csv(float_precision=2)
    return Delivery("trading", f"{made}_trading_{label}.csv", made, text.encode("utf-8-sig"))


def _sum_weeks(world: World) -> pl.DataFrame:
    """One row per complete week: TV spend and impressions, price index and promotion."""
    tv = world.campaigns.filter(pl.col("channel") == "tv")
    return (
        tv.join(world.controls, on="date", how="left", validate="1:1")
        .group_by(pl.col("date").dt.truncate("1w"))
        .agg(
            tv_spend=pl.col("spend").sum().round(2),
            tv_impressions=pl.col("impressions").sum(),
            price_index=pl.col("price_index").first(),
            promotion=pl.col("promotion").first(),
            n_days=pl.len(),
        )
        .filter(pl.col("n_days") == 7)
        .sort("date")
        .drop("n_days")
    )


def _ends(window: DayWindow) -> tuple[date, date]:
    return window.first, window.last
