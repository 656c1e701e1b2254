"""The weekly report in plain words: one page per model for people who decide.

Belongs here: what is said, as frozen text. Must not: markup, PDF, or reading what it is made of.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import ChannelResult, Interval, Provenance, RoiResults
from mmm_orchestration.reporting.format import (
    Formatter,
    ShownInterval,
    format_date,
    format_interval,
    format_money,
    format_percent,
    format_ratio,
    format_window,
    is_roi_money,
    kpi_formatter,
    unit_formatter,
)
from mmm_orchestration.reporting.noise import add_noise, round_noise, scale_noise
from mmm_orchestration.reporting.sentences import (
    describe_next_unit,
    describe_return,
    join_names,
    name_kpi,
)
from mmm_orchestration.reporting.tables import format_spend, sort_channels
from mmm_orchestration.reporting.weekly_words import (
    DataHealth,
    KpiWeek,
    Moved,
    Remembered,
    cut,
    say_changes,
    say_health,
    say_plan,
)

MAX_CHANNELS: Final = 10
SEED_NOTE: Final = (
    "Seed ± is how far a return would move with another seed alone, one standard deviation."
)


@dataclass(frozen=True)
class Card:
    """One number with what it is and what to compare it with."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class ChannelRow:
    """One channel: spend, ROI, its interval as parts of the axis, and the verdict in words."""

    name: str
    spend: str
    roi: ShownInterval | None
    bar: tuple[float, float, float] | None
    verdict: str
    doubt: str


@dataclass(frozen=True)
class WeeklyPage:
    """The page of one model; `one` is where ROI 1 lies on the axis, None where it means nothing.

    `noise` says what the seed noise beside the ROI is, empty where none is known.
    """

    title: str
    headline: str
    lede: str
    cards: tuple[Card, ...]
    channels: tuple[ChannelRow, ...]
    more_channels: str
    noise: str
    one: float | None
    changes: tuple[str, ...]
    plan: tuple[str, ...]
    health: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WeeklyReport:
    """All pages of a project for one week."""

    project: str
    week: DayWindow
    made_on: date
    pages: tuple[WeeklyPage, ...]

    @property
    def name(self) -> str:
        """The ISO week, such as '2026-W47'."""
        return name_week(self.week)

    @property
    def title(self) -> str:
        """The subject of the mail."""
        return f"Weekly media report: {self.project}, {format_window(self.week)}"


def find_week(today: date) -> DayWindow:
    """The last whole ISO week before `today`."""
    monday = today - timedelta(days=today.weekday())
    return DayWindow(monday - timedelta(days=7), monday - timedelta(days=1))


def name_week(week: DayWindow) -> str:
    """The ISO week as '2026-W47'."""
    year, number, _ = week.first.isocalendar()
    return f"{year}-W{number:02}"


def measure_week(kpi: pl.DataFrame, *, week: DayWindow) -> KpiWeek:
    """The KPI of `week`, of the one before and of that 52 weeks earlier.

    `kpi` has one row per `(date, geo)` with `period_days` and `kpi`, days or whole weeks.
    """

    def add_up(back: int) -> tuple[float | None, int]:
        first, last = (day - timedelta(days=back) for day in (week.first, week.last))
        rows = kpi.filter(pl.col("date").is_between(first, last))
        n_days = int(rows.unique("date")["period_days"].sum())
        return (float(rows["kpi"].sum()) if n_days == week.n_days else None), n_days

    (value, n_accepted), (before, _), (a_year_ago, _) = map(add_up, (0, 7, 364))
    ends = kpi.select(pl.col("date") + pl.duration(days=pl.col("period_days") - 1))
    last = ends.to_series().max() if kpi.height else None
    return KpiWeek(
        week, value, before, a_year_ago, n_accepted, last if isinstance(last, date) else None
    )


def build_page(
    results: RoiResults,
    *,
    kpi: KpiWeek,
    health: DataHealth,
    before: Remembered | None,
    moved: Sequence[Moved],
    followed: Sequence[str] = (),
) -> WeeklyPage:
    """The page of a model with results; `moved` comes from the refresh report, where there is one.

    `before` is what the newest report of an earlier week said, `followed` what became of the plan
    of record.
    """
    p = results.provenance
    ranked = sort_channels(results.channels)
    paid = [c for c in ranked if c.roi is not None]
    shown = paid[:MAX_CHANNELS] if len(paid) > MAX_CHANNELS else ranked[:MAX_CHANNELS]
    top = max((c.roi.high for c in shown if c.roi), default=1.0)
    left, noise = len(ranked) - len(shown), scale_noise(results)
    return WeeklyPage(
        title=p.project,
        headline=_say_headline(kpi, name=name_kpi(results), show=kpi_formatter(p)),
        lede=_say_lede(results),
        cards=_list_cards(results, kpi=kpi, health=health),
        channels=tuple(
            _show(c, p=p, top=top, noise=noise.get(c.channel, {}).get("roi")) for c in shown
        ),
        more_channels=f"and {left} more in the ROI report" if left else "",
        noise=SEED_NOTE if noise else "",
        one=1 / top if is_roi_money(p) and top > 1 else None,
        changes=say_changes(results, before=before, moved=moved),
        plan=(*followed, *say_plan(paid, p=p, noise=noise)),
        health=say_health(health, kpi=kpi),
        facts=_list_facts(p),
    )


def build_empty_page(
    *,
    title: str,
    kpi_name: str,
    unit: str,
    currency: str,
    why: str,
    kpi: KpiWeek,
    health: DataHealth,
) -> WeeklyPage:
    """The page of a model that no posterior speaks for, which says why."""
    show = unit_formatter(unit, currency=currency)
    return WeeklyPage(
        title=title,
        headline=_say_headline(kpi, name=kpi_name, show=show),
        lede=f"There is no model to say what media brought. {why}",
        cards=(_show_kpi(kpi, name=kpi_name, show=show), _show_health(health)),
        channels=(),
        more_channels="",
        noise="",
        one=None,
        changes=(),
        plan=("Without a model that passed its checks nothing can be planned.",),
        health=say_health(health, kpi=kpi),
        facts=(("Model version", "none"),),
    )


def remember(results: RoiResults, *, week: DayWindow) -> Remembered:
    """What next week's report compares with."""
    p = results.provenance
    roi = {c.channel: (c.roi.median, c.roi.low, c.roi.high) for c in results.channels if c.roi}
    return Remembered(name_week(week), p.model_version, p.trained_through, roi)


def _say_headline(kpi: KpiWeek, *, name: str, show: Formatter) -> str:
    when = f"the week to {format_date(kpi.week.last)}"
    if kpi.value is None:
        return f"{name.capitalize()} of {when} is not known yet."
    change = _compare(kpi.value, kpi.before)
    than = f", {change} the week before" if change else ""
    return f"{name.capitalize()} was {show(kpi.value)} in {when}{than}."


def _compare(value: float, before: float | None) -> str:
    if not before or before < 0:
        return ""
    change = value / before - 1
    if abs(change) < 0.0005:
        return "as much as in"
    return f"{format_percent(abs(change))} {'more' if change > 0 else 'less'} than in"


def _say_lede(results: RoiResults) -> str:
    p, series = results.provenance, results.series
    show = kpi_formatter(p)
    media, kpi = float(series.media.sum()), float(np.nansum(series.kpi))
    window = format_window(_window_of(p))
    share = f", {_show_share(results)} of it" if kpi > 0 else ""
    return (
        f"From {window} media brought about {show(media)} of {show(kpi)} {name_kpi(results)}"
        f"{share}. The ranges hold the true value with 94 % probability, if the model is right."
    ).replace("94 %", "94\u00a0%")


def _show_share(results: RoiResults) -> ShownInterval:
    """The part of the KPI that media brought: the mean, with the range that the baseline leaves."""
    series, baseline = results.series, results.baseline_share
    share = float(series.media.sum()) / float(np.nansum(series.kpi))
    whole = Interval(share, 1 - baseline.high, 1 - baseline.low)
    return format_interval(whole, format_percent)


def _window_of(p: Provenance) -> DayWindow:
    return DayWindow(date.fromisoformat(p.first_day), date.fromisoformat(p.trained_through))


def _list_cards(results: RoiResults, *, kpi: KpiWeek, health: DataHealth) -> tuple[Card, ...]:
    p, series = results.provenance, results.series
    show = kpi_formatter(p)
    media, total = float(series.media.sum()), float(np.nansum(series.kpi))
    cards = [_show_kpi(kpi, name=name_kpi(results), show=show)]
    if total > 0:
        share = _show_share(results)
        note = f"{share.span}; {show(media)} of {show(total)}"
        cards.append(Card("Brought by media", share.median, note))
    return (*cards, *_show_back(results), _show_health(health))


def _show_back(results: RoiResults) -> tuple[Card, ...]:
    """What all paid channels brought for their spend; no card where nothing was spent.

    Its range is that of all media, which is known together only where all of it is paid.
    """
    p, series = results.provenance, results.series
    paid = [c for c in results.channels if c.spend]
    spend = sum(c.spend or 0.0 for c in paid)
    if not spend:
        return ()
    index = [series.channels.index(c.channel) for c in paid]
    value, baseline = (p.value_per_unit or 1.0) / spend, results.baseline_share
    brought, total = float(series.media[:, index].sum()), float(np.nansum(series.kpi))
    back = unit_formatter(p.currency if is_roi_money(p) else p.kpi_unit, currency=p.currency)
    low, high = (value * total * (1 - share) for share in (baseline.high, baseline.low))
    shown = format_interval(Interval(value * brought, low, high), back)
    note = f"{format_money(spend, currency=p.currency)} was spent"
    if len(paid) == len(results.channels):
        note = f"{shown.span}; {note}"
    label = f"Back for each {format_money(1, currency=p.currency)}"
    return (Card(label, shown.median, note),)


def _show_kpi(kpi: KpiWeek, *, name: str, show: Formatter) -> Card:
    label = f"{name.capitalize()} of the week"
    if kpi.value is None:
        return Card(label, "not known", f"{kpi.n_accepted} of {kpi.week.n_days} days accepted")
    year = _compare(kpi.value, kpi.a_year_ago)
    return Card(label, show(kpi.value), f"{year} the week a year ago" if year else "no year before")


def _show_health(health: DataHealth) -> Card:
    counts = Counter(f.severity for f in health.findings if f.severity != "info")
    n_bad = counts["critical"] + counts["error"]
    if health.stale:
        value, note = f"{len(health.stale)} silent", f"source {join_names(health.stale)}"
    elif n_bad:
        value, note = f"{n_bad} {'error' if n_bad == 1 else 'errors'}", "see data health"
    else:
        value, note = "in order", f"{counts['warning']} warnings, no source is silent"
    return Card("Data", value, note)


def _show(channel: ChannelResult, *, p: Provenance, top: float, noise: float | None) -> ChannelRow:
    is_money, roi = is_roi_money(p), channel.roi
    words = (
        describe_return(channel, is_money=is_money),
        describe_next_unit(channel, is_money=is_money),
    )
    bar = None
    if roi is not None:
        low, median, high = (min(1.0, max(0.0, v / top)) for v in (roi.low, roi.median, roi.high))
        bar = (low, median, high)
    return ChannelRow(
        name=channel.channel,
        spend=format_spend(channel, currency=p.currency),
        roi=add_noise(format_ratio(roi), noise, formatter=round_noise) if roi else None,
        bar=bar,
        verdict=" ".join(filter(None, words)),
        doubt=cut(channel.doubt),
    )


def _list_facts(p: Provenance) -> tuple[tuple[str, str], ...]:
    tables = ", ".join(f"{name} v{version}" for name, version in sorted(p.delta_versions.items()))
    return (
        ("Model version", p.model_version),
        ("Trained through", p.trained_through),
        ("Data snapshot", p.snapshot[:24]),
        ("Delta versions", tables or "none"),
        ("Code", f"{p.code_version}, seed {p.seed}"),
    )
