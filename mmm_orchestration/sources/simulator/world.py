"""The simulated world: a UK furniture shop, its paid media and what each part truly sold.

Belongs here: how outcomes arise. Must not: files, vendors' formats or dirt (see `demo`).

    kpi = level + trend + yearly season + weekly season + price + promotion + holidays + events
          + sum over channels of contribution + noise            (pounds per day, additive)

`trend` rises in a straight line; the yearly season has two harmonics; price and promotion change
on Mondays and act linearly; every public holiday of England adds the same amount; two events last
some weeks; noise is independent and Normal. Contributions are described in `channels`.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np
import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import UNMAPPED
from mmm_orchestration.sources.simulator.channels import (
    CHANNELS,
    STRAY,
    Array,
    SimulatedChannel,
    plan_daily_spend,
    plan_weekly_factor,
)

LEVEL = 10_700.0
TREND_PER_YEAR = 800.0
YEARLY = ((1_100.0, -0.4), (450.0, 1.1))
"""Amplitude in pounds and phase of each harmonic of the year."""
WEEKDAY = np.array([-250.0, -500.0, -400.0, -150.0, 200.0, 700.0, 400.0])
PRICE_EFFECT = -150.0
"""Pounds per day for each point of the price index above 100."""
PROMOTION_EFFECT = 130.0
"""Pounds per day for each per cent of discount."""
HOLIDAY_EFFECT = 1_500.0
NOISE = 550.0
MAX_LAG = 56
STRAY_SPEND = 35.0


@dataclass(frozen=True)
class WorldEvent:
    """A dated happening and its effect in pounds per day."""

    name: str
    days: DayWindow
    effect: float


@dataclass(frozen=True)
class ChannelTruth:
    """What a channel cost and sold over a window, in pounds; `share` is of the KPI."""

    channel: str
    spend: float
    contribution: float
    share: float
    roi: float


@dataclass(frozen=True)
class World:
    """Everything that happened, by day.

    `campaigns`: one row per `(date, source, campaign)` with channel, spend, impressions, clicks.
    `controls`: one row per date with price_index and promotion (discount in per cent).
    `truth`: one row per `(date, kind, component)`, kind 'baseline', 'media' or 'noise', with its
    value in pounds and, for media, its spend; the values of a date add up to `kpi` of that date.
    `kpi`: one row per date. `betas`: pounds per day at full saturation, by channel.
    """

    seed: int
    window: DayWindow
    channels: tuple[SimulatedChannel, ...]
    betas: Mapping[str, float]
    events: tuple[WorldEvent, ...]
    campaigns: pl.DataFrame
    controls: pl.DataFrame
    truth: pl.DataFrame
    kpi: pl.DataFrame

    def sum_channels(self, window: DayWindow | None = None) -> tuple[ChannelTruth, ...]:
        """What every channel cost and sold over `window`, or over the whole world."""
        within = pl.col("date").is_between(*_bounds(window or self.window))
        kpi = float(self.kpi.filter(within)["kpi"].sum())
        sums = (
            self.truth.filter(within, pl.col("kind") == "media")
            .group_by("component", maintain_order=True)
            .agg(pl.col("spend", "value").sum())
        )
        return tuple(
            ChannelTruth(name, spend, value, value / kpi, value / spend if spend else 0.0)
            for name, spend, value in sums.iter_rows()
        )


def simulate_world(*, seed: int, first: date, n_days: int) -> World:
    """The world of `seed` over `n_days` days from `first`, which must be a Monday.

    Raises ValueError where it is none, or for less than 28 days.
    """
    if first.weekday() != 0 or n_days < 28:
        raise ValueError(f"A world starts on a Monday and lasts 28 days, got {first}, {n_days}.")
    window = DayWindow(first, first + timedelta(days=n_days - 1))
    events = _place_events(window)
    controls = _simulate_controls(window, seed=seed)
    media = [_simulate_media(channel, window=window, seed=seed) for channel in CHANNELS]
    betas: dict[str, float] = {}
    truth = _baseline_truth(window, controls=controls, events=events)
    for channel, rows in zip(CHANNELS, media, strict=True):
        daily = rows.group_by("date").agg(pl.col("spend", "impressions").sum()).sort("date")
        betas[channel.name], contribution = _respond(channel, daily=daily)
        truth.append(_component(window, "media", channel.name, contribution, daily["spend"]))
    noise = make_rng(seed, "noise").normal(0, NOISE, n_days)
    kpi = np.round(sum(part["value"].to_numpy() for part in truth) + noise, 2)
    noise = kpi - sum(part["value"].to_numpy() for part in truth)
    truth.append(_component(window, "noise", "noise", noise))
    return World(
        seed=seed,
        window=window,
        channels=CHANNELS,
        betas=betas,
        events=events,
        campaigns=pl.concat([*media, _simulate_stray(window, seed=seed)]),
        controls=controls,
        truth=pl.concat(truth),
        kpi=pl.DataFrame({"date": window.days(), "kpi": kpi}),
    )


def make_rng(seed: int, name: str) -> np.random.Generator:
    """The generator of one named part, so that parts do not disturb one another."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def adstock(exposure: Array, *, alpha: float, max_lag: int = MAX_LAG) -> Array:
    """Carry-over of `exposure`, shape (date,): `a[t] = sum_l w[l] x[t-l]`, `w[l] ∝ alpha**l`.

    The weights of the lags 0 to `max_lag - 1` add up to 1; `alpha = 0` is no carry-over.
    """
    weights = alpha ** np.arange(max_lag)
    carried: Array = np.convolve(exposure, weights / weights.sum())[: len(exposure)]
    return carried


def saturate(carried: Array, *, half_saturation: float, slope: float) -> Array:
    """Hill response in [0, 1): 0.5 where `carried` equals `half_saturation`."""
    powered = carried**slope
    response: Array = powered / (powered + half_saturation**slope)
    return response


def _respond(channel: SimulatedChannel, *, daily: pl.DataFrame) -> tuple[float, Array]:
    """Beta and the contribution per day, shape (date,), in pounds."""
    carried = adstock(daily[channel.exposure].to_numpy().astype(float), alpha=channel.alpha)
    response = saturate(carried, half_saturation=channel.half_saturation, slope=channel.slope)
    beta = channel.roi * float(daily["spend"].sum()) / float(response.sum())
    return beta, beta * response


def _simulate_media(channel: SimulatedChannel, *, window: DayWindow, seed: int) -> pl.DataFrame:
    """One row per `(date, campaign)` of the channel."""
    rng = make_rng(seed, channel.name)
    n_weeks = -(-window.n_days // 7)
    season = _yearly_wave(window, harmonics=1)[::7]
    factor = plan_weekly_factor(channel, season=season, rng=rng)
    daily = plan_daily_spend(channel, weekly_factor=factor, n_days=window.n_days, rng=rng)
    price = channel.cost_per_mille * np.exp(0.12 * season + rng.normal(0, 0.1, n_weeks))
    tilt = np.exp(rng.normal(0, 0.05, window.n_days))
    parts = np.array([[c.share] for c in channel.campaigns]) * np.ones(window.n_days)
    parts[0] *= tilt
    parts /= parts.sum(axis=0)
    return pl.concat(
        _campaign_rows(
            channel.source,
            channel.name,
            name=campaign.name,
            window=window,
            spend=daily * part,
            cost_per_mille=np.repeat(price, 7)[: window.n_days],
            click_rate=channel.click_rate,
            rng=rng,
        )
        for campaign, part in zip(channel.campaigns, parts, strict=True)
    )


def _simulate_stray(window: DayWindow, *, seed: int) -> pl.DataFrame:
    """Six weeks of a Google campaign that belongs to no channel."""
    days = window.days()[-77:-35] if window.n_days > 77 else window.days()[:14]
    rng = make_rng(seed, STRAY.name)
    return _campaign_rows(
        "google_ads",
        UNMAPPED,
        name=STRAY.name,
        window=DayWindow(days[0], days[-1]),
        spend=STRAY_SPEND * np.exp(rng.normal(0, 0.2, len(days))),
        cost_per_mille=np.full(len(days), 6.0),
        click_rate=0.01,
        rng=rng,
    )


def _campaign_rows(
    source: str,
    channel: str,
    *,
    name: str,
    window: DayWindow,
    spend: Array,
    cost_per_mille: Array,
    click_rate: float,
    rng: np.random.Generator,
) -> pl.DataFrame:
    cents = np.round(spend, 2)
    delivery = np.exp(rng.normal(0, 0.05, len(cents)))
    impressions = np.ceil(1000 * cents / cost_per_mille * delivery).astype(np.int64)
    clicks = rng.binomial(impressions, click_rate)
    return pl.DataFrame(
        {
            "date": window.days(),
            "source": source,
            "channel": channel,
            "campaign": name,
            "spend": cents,
            "impressions": impressions,
            "clicks": clicks,
        }
    )


def _simulate_controls(window: DayWindow, *, seed: int) -> pl.DataFrame:
    """One row per date: price_index near 100 and promotion in per cent, constant within a week."""
    rng = make_rng(seed, "controls")
    n_weeks = -(-window.n_days // 7)
    price = np.zeros(n_weeks)
    for week in range(1, n_weeks):
        step = rng.normal(0, 2.2) if rng.random() < 0.35 else 0.0
        price[week] = np.clip(0.97 * price[week - 1] + step, -7, 7)
    mondays = window.days()[::7]
    is_sale = rng.random(n_weeks) < 0.13
    is_black_friday = [m.month == 11 and 18 <= m.day <= 24 for m in mondays]
    promotion = np.where(is_sale, rng.choice([10.0, 15.0, 20.0], n_weeks), 0.0)
    promotion = np.where(is_black_friday, 25.0, promotion)
    weekly = {"price_index": np.round(100 + price, 1), "promotion": promotion}
    daily = {name: np.repeat(level, 7)[: window.n_days] for name, level in weekly.items()}
    return pl.DataFrame({"date": window.days(), **daily})


def _place_events(window: DayWindow) -> tuple[WorldEvent, ...]:
    """A showroom opening and a strike, starting on Mondays at fixed parts of the window."""
    n_weeks = window.n_days // 7

    def weeks(start: float, length: int) -> DayWindow:
        first = window.first + timedelta(weeks=int(start * n_weeks))
        return DayWindow(first, first + timedelta(days=7 * length - 1))

    return (
        WorldEvent("showroom_opening", weeks(0.3, 3), 1_800.0),
        WorldEvent("carrier_strike", weeks(0.68, 2), -2_600.0),
    )


def _baseline_truth(
    window: DayWindow, *, controls: pl.DataFrame, events: tuple[WorldEvent, ...]
) -> list[pl.DataFrame]:
    """The baseline parts, each one row per date."""
    days = window.days()
    n_days = window.n_days
    time = np.arange(n_days) / 365.25
    public = holidays.country_holidays(
        "GB", subdiv="ENG", years=range(window.first.year, window.last.year + 1)
    )
    parts = {
        "level": np.full(n_days, LEVEL),
        "trend": TREND_PER_YEAR * time,
        "yearly_season": np.sum(
            [
                size * _yearly_wave(window, harmonics=k, phase=phase)
                for k, (size, phase) in enumerate(YEARLY, start=1)
            ],
            axis=0,
        ),
        "weekly_season": WEEKDAY[np.arange(n_days) % 7],
        "price": PRICE_EFFECT * (controls["price_index"].to_numpy() - 100),
        "promotion": PROMOTION_EFFECT * controls["promotion"].to_numpy(),
        "holidays": HOLIDAY_EFFECT * np.array([day in public for day in days]),
        "events": np.array([sum(e.effect for e in events if e.days.contains(d)) for d in days]),
    }
    return [_component(window, "baseline", name, value) for name, value in parts.items()]


def _yearly_wave(window: DayWindow, *, harmonics: int, phase: float = 0.0) -> Array:
    """A cosine of the day of the year that peaks around the turn of the year, shape (date,)."""
    day_of_year = np.array([day.timetuple().tm_yday for day in window.days()])
    wave: Array = np.cos(2 * np.pi * harmonics * day_of_year / 365.25 + phase)
    return wave


def _component(
    window: DayWindow, kind: str, name: str, value: Array, spend: pl.Series | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "date": window.days(),
            "kind": kind,
            "component": name,
            "value": np.asarray(value, dtype=float),
            "spend": pl.Series([None] * window.n_days, dtype=pl.Float64)
            if spend is None
            else spend,
        }
    )


def _bounds(window: DayWindow) -> tuple[date, date]:
    return window.first, window.last
