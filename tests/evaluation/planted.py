"""A small world with a trend, a season and two channels of known effect."""

from datetime import timedelta

import numpy as np

from tests.model.worlds import START, World, make_world

SHORT = "model: {trend: linear, yearly_order: 1, sampler: {draws: 100, tune: 200, chains: 2}}"


def make_planted_world(*, n_periods: int = 120, extra: str = SHORT, season: float = 60) -> World:
    """Weekly; tv is carried over geometrically and saturates, radio acts at once."""
    rng = np.random.default_rng(11)
    week = np.arange(n_periods)
    tv = rng.gamma(2, 50, n_periods) * (rng.random(n_periods) < 0.7)
    radio = rng.gamma(2, 20, n_periods) * (rng.random(n_periods) < 0.6)
    carried = np.convolve(tv, 0.5 * 0.5 ** np.arange(12))[:n_periods]
    price = rng.normal(10, 1, n_periods)
    kpi = (
        800
        + week
        + season * np.sin(2 * np.pi * week * 7 / 365.25)
        + 200 * carried / (carried + 100)
        + 120 * radio / (radio + 40)
        - 15 * (price - 10)
        + rng.normal(0, 15, n_periods)
    )
    return make_world(
        spend={"tv": tv, "radio": radio},
        kpi=kpi,
        dates=[START + timedelta(weeks=int(w)) for w in week],
        controls={"price": price},
        extra=extra,
    )
