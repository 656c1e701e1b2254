"""Panels with exactly known contributions, in the shape of the published small ones.

Belongs here: how sales come about in the simulated worlds. Must not: reading or writing files
(see `datasets`), anything of one engine.

As in the published sets, sales are `base + Σ contribution + Σ control effect`; the contribution of
a channel is `size · HEIGHT · hill(adstock(spend / largest spend))`, with a geometric kernel over
eight weeks that sums to one and `hill(a) = a^slope / (kappa^slope + a^slope)`; the base carries
noise of about ten per cent. The season is yearly and additive; unlike the published small sets
there is a trend, and geos differ in size several-fold.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator

START = date(2020, 1, 5)
N_LAGS = 8
WEEKS_PER_YEAR = 52.18
HEIGHT = 5000.0
NOISE = 0.1
SIZE_SPREAD = 0.7
MEDIA_SHARE = 0.4
PATTERNS = ("steady", "seasonal", "on_off", "delayed")


@dataclass(frozen=True)
class Shape:
    """How large a world is, and its seed."""

    weeks: int
    geos: int
    channels: int
    seed: int


@dataclass(frozen=True, eq=False)
class Panel:
    """A world and its truth.

    `sales` (date, geo), KPI units; `spend` and `contribution` (date, geo, channel);
    `controls` (date, geo, control).
    """

    dates: tuple[date, ...]
    geos: tuple[str, ...]
    sales: Array
    spend: Array
    controls: Array
    contribution: Array


def simulate_panel(shape: Shape) -> Panel:
    """The world of a shape; the same seed gives the same world."""
    rng = np.random.default_rng(shape.seed)
    size = np.exp(rng.normal(0.0, SIZE_SPREAD, shape.geos))
    spend = np.stack(
        [
            draw_spend(shape, pattern=PATTERNS[c % len(PATTERNS)], rng=rng) * size
            for c in range(shape.channels)
        ],
        axis=-1,
    )
    response = np.stack([respond(spend[:, :, c], rng=rng) for c in range(shape.channels)], axis=-1)
    height = HEIGHT * rng.uniform(0.5, 1.5, shape.channels)
    by_geo = size[:, None] * np.exp(rng.normal(0.0, 0.15, (shape.geos, shape.channels)))
    contribution = scale_media(response * height * by_geo, size=size)
    controls = np.stack([draw_bursts(shape, chance=p, rng=rng) for p in (0.04, 0.1)], axis=-1)
    effect = controls @ (HEIGHT * np.array([0.06, 0.04])) * size
    sales = draw_base(shape, rng=rng) * size + contribution.sum(axis=-1) + effect
    return Panel(
        dates=tuple(START + timedelta(weeks=i) for i in range(shape.weeks)),
        geos=tuple(f"geo_{i:02d}" for i in range(shape.geos)),
        sales=sales,
        spend=spend,
        controls=controls,
        contribution=contribution,
    )


def scale_media(contribution: Array, *, size: Array) -> Array:
    """The contributions, where many channels would exceed sales brought down to `MEDIA_SHARE`."""
    base = HEIGHT * size.sum()
    total = contribution.sum(axis=(1, 2)).mean()
    allowed = base * MEDIA_SHARE / (1 - MEDIA_SHARE)
    return contribution * min(1.0, float(allowed / total))


def draw_base(shape: Shape, *, rng: Random) -> Array:
    """Base sales of geos of size one, shape (date, geo): trend, season and noise."""
    week = np.arange(shape.weeks)[:, None]
    growth = rng.normal(0.0, 0.05, shape.geos)
    amplitude, phase = rng.uniform(0.1, 0.25), rng.uniform(0, 2 * np.pi)
    season = amplitude * np.sin(2 * np.pi * week / WEEKS_PER_YEAR + phase)
    noise = rng.uniform(-1.0, 1.0, (shape.weeks, shape.geos)) * NOISE * np.sqrt(3)
    base: Array = HEIGHT * (1 + growth * week / WEEKS_PER_YEAR + season + noise)
    return base


def draw_spend(shape: Shape, *, pattern: str, rng: Random) -> Array:
    """Spend of one channel in geos of size one, shape (date, geo), never negative."""
    week = np.arange(shape.weeks)[:, None]
    level, spread = rng.uniform(100, 1000), rng.uniform(0.5, 1.2)
    noisy = level * (1 + rng.normal(0.0, spread, (shape.weeks, shape.geos)))
    if pattern == "seasonal":
        noisy = noisy * (0.6 + 0.8 * np.sin(2 * np.pi * week / WEEKS_PER_YEAR + rng.uniform(0, 6)))
    elif pattern == "on_off":
        noisy = noisy * (draw_bursts(shape, chance=0.15, rng=rng) > 0)
    elif pattern == "delayed":
        first = int(rng.integers(10, shape.weeks // 3))
        noisy = noisy * np.clip((week - first) / 10, 0, 1)
    else:
        noisy = noisy * (1 + 0.002 * week)
    return np.maximum(noisy, 0.0)


def draw_bursts(shape: Shape, *, chance: float, rng: Random) -> Array:
    """Zeros with bursts of one to four weeks around one, shape (date, geo)."""
    values = np.zeros((shape.weeks, shape.geos))
    for geo in range(shape.geos):
        for first in np.flatnonzero(rng.random(shape.weeks) < chance):
            values[first : first + int(rng.integers(1, 5)), geo] = 1.0
    return values * np.abs(1 + rng.normal(0.0, 0.5, values.shape))


def respond(spend: Array, *, rng: Random) -> Array:
    """The response of one channel to its spend, shape (date, geo), in [0, 1)."""
    alpha, slope, kappa = rng.uniform(0.0, 0.6), rng.uniform(0.7, 2.0), rng.uniform(0.3, 1.5)
    return saturate(carry_over(spend / spend.max(axis=0), alpha=alpha), slope=slope, kappa=kappa)


def carry_over(x: Array, *, alpha: float) -> Array:
    """`Σ_l w_l x[t-l]`, `w_l ∝ alpha^l` over `N_LAGS` weeks; nothing was spent before the first."""
    weights = alpha ** np.arange(N_LAGS)
    weights = weights / weights.sum()
    carried = np.zeros_like(x)
    for lag, weight in enumerate(weights):
        carried[lag:] += weight * x[: len(x) - lag]
    return carried


def saturate(a: Array, *, slope: float, kappa: float) -> Array:
    """`a^slope / (kappa^slope + a^slope)`."""
    response: Array = a**slope / (kappa**slope + a**slope)
    return response
