"""The paid channels of the simulated world: what they cost, sell and how they work.

Belongs here: parameters and the spend plan. Must not: outcomes (see `world`) or files.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Plan = Literal["always_on", "flights"]

WEEKDAY_SPEND = np.array([1.05, 1.05, 1.02, 1.0, 1.0, 0.95, 0.93])
"""Spend of Monday to Sunday relative to the mean day."""
QUIET_WEEKS_AT_END = 6
"""Always-on channels do not pause in this many last weeks."""


@dataclass(frozen=True)
class Campaign:
    """One campaign; `share` is its part of the channel's spend."""

    name: str
    identifier: str
    kind: str
    share: float


@dataclass(frozen=True)
class SimulatedChannel:
    """One channel and its true response.

    Per day, with exposure x in spend or impressions,
    `contribution = beta * hill(adstock(x))`, where the adstock is geometric with weight `alpha`
    per day, normalised over 56 days, and `hill(a) = a**slope / (a**slope + k**slope)` with
    k = `half_saturation`.
    `beta` follows from `roi`: contribution over spend, over the whole simulated window.
    """

    name: str
    source: str
    campaigns: tuple[Campaign, ...]
    plan: Plan
    daily_spend: float
    roi: float
    alpha: float
    half_saturation: float
    slope: float
    cost_per_mille: float
    click_rate: float
    exposure: Literal["spend", "impressions"] = "spend"


CHANNELS: tuple[SimulatedChannel, ...] = (
    SimulatedChannel(
        name="search",
        source="google_ads",
        campaigns=(
            Campaign("UK | Search | Sofas", "20111111111", "Search", 0.6),
            Campaign("UK | Search | Beds, mattresses", "20222222222", "Search", 0.4),
        ),
        plan="always_on",
        daily_spend=480,
        roi=2.8,
        alpha=0.3,
        half_saturation=800,
        slope=1.0,
        cost_per_mille=38,
        click_rate=0.048,
    ),
    SimulatedChannel(
        name="pmax",
        source="google_ads",
        campaigns=(Campaign('PMax – Été "Sale"', "20333333333", "Performance Max", 1.0),),
        plan="always_on",
        daily_spend=450,
        roi=2.2,
        alpha=0.45,
        half_saturation=750,
        slope=1.1,
        cost_per_mille=12,
        click_rate=0.017,
    ),
    SimulatedChannel(
        name="meta",
        source="meta_ads",
        campaigns=(
            Campaign("Prospecting – Advantage+", "23850000000001", "Sales", 0.7),
            Campaign("Retargeting | 30 days, site", "23850000000002", "Sales", 0.3),
        ),
        plan="always_on",
        daily_spend=950,
        roi=1.5,
        alpha=0.6,
        half_saturation=1500,
        slope=1.2,
        cost_per_mille=8.5,
        click_rate=0.011,
    ),
    SimulatedChannel(
        name="linkedin",
        source="linkedin_ads",
        campaigns=(Campaign("Trade | Interior designers", "310000001", "Sponsored", 1.0),),
        plan="flights",
        daily_spend=700,
        roi=0.85,
        alpha=0.6,
        half_saturation=2200,
        slope=1.0,
        cost_per_mille=31,
        click_rate=0.006,
    ),
    SimulatedChannel(
        name="microsoft",
        source="microsoft_ads",
        campaigns=(Campaign("Sofas, UK | Exact", "410000001", "Search", 1.0),),
        plan="always_on",
        daily_spend=210,
        roi=4.0,
        alpha=0.2,
        half_saturation=340,
        slope=1.0,
        cost_per_mille=29,
        click_rate=0.041,
    ),
    SimulatedChannel(
        name="tiktok",
        source="tiktok_ads",
        campaigns=(Campaign('Spark – "Before/After"', "510000001", "Traffic", 1.0),),
        plan="flights",
        daily_spend=650,
        roi=1.1,
        alpha=0.5,
        half_saturation=1500,
        slope=1.1,
        cost_per_mille=5.5,
        click_rate=0.009,
    ),
    SimulatedChannel(
        name="amazon",
        source="amazon_ads",
        campaigns=(
            Campaign("Sponsored Brands – Cushions, throws", "610000001", "Brands", 0.55),
            Campaign("Sponsored Brands | Lamps", "610000002", "Brands", 0.45),
        ),
        plan="always_on",
        daily_spend=320,
        roi=2.4,
        alpha=0.35,
        half_saturation=500,
        slope=1.0,
        cost_per_mille=14,
        click_rate=0.008,
    ),
    SimulatedChannel(
        name="tv",
        source="trading",
        campaigns=(Campaign("tv", "", "Linear", 1.0),),
        plan="flights",
        daily_spend=1000,
        roi=1.2,
        alpha=0.7,
        half_saturation=500_000,
        slope=1.0,
        cost_per_mille=7,
        click_rate=0.0,
        exposure="impressions",
    ),
)

STRAY = Campaign("Demand Gen – prueba", "20444444444", "Demand Gen", 1.0)
"""A Google campaign that no channel rule matches: small spend, no effect."""


def plan_weekly_factor(
    channel: SimulatedChannel, *, season: Array, rng: np.random.Generator
) -> Array:
    """Spend of each week relative to the mean week, shape (week,), mean 1.

    A mean-reverting walk and the season (`season`, shape (week,), within [-1, 1]) move the
    budget; flights alternate on and off, always-on channels pause three times a year.
    """
    n_weeks = len(season)
    walk = np.zeros(n_weeks)
    for week in range(1, n_weeks):
        walk[week] = 0.6 * walk[week - 1] + rng.normal(0, 0.3)
    is_on = _draw_flights(n_weeks, rng) if channel.plan == "flights" else _draw_pauses(n_weeks, rng)
    factor: Array = is_on * np.exp(np.clip(walk, -1.2, 0.9)) * (1 + 0.2 * season)
    return factor / factor.mean()


def plan_daily_spend(
    channel: SimulatedChannel, *, weekly_factor: Array, n_days: int, rng: np.random.Generator
) -> Array:
    """Spend per day in pounds, shape (day,), starting on a Monday."""
    weekday = WEEKDAY_SPEND[np.arange(n_days) % 7]
    jitter = np.exp(rng.normal(0, 0.06, n_days))
    daily: Array = channel.daily_spend * np.repeat(weekly_factor, 7)[:n_days] * weekday * jitter
    return daily


def _draw_flights(n_weeks: int, rng: np.random.Generator) -> Array:
    pattern: list[float] = []
    while len(pattern) < n_weeks:
        pattern += [1.0] * int(rng.integers(3, 7)) + [0.0] * int(rng.integers(2, 6))
    return np.array(pattern[:n_weeks])


def _draw_pauses(n_weeks: int, rng: np.random.Generator) -> Array:
    is_on = np.ones(n_weeks)
    for start in range(0, n_weeks - QUIET_WEEKS_AT_END - 16, 18):
        first = start + int(rng.integers(2, 15))
        is_on[first : first + int(rng.integers(2, 5))] = 0
    is_on[n_weeks - QUIET_WEEKS_AT_END :] = 1
    return is_on
