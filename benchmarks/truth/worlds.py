"""Simulated worlds whose contributions are known exactly.

Belongs here: the KPI as the sum of its parts, and worlds drawn at random. Must not: fits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.truth.shapes import (
    N_LAGS,
    Array,
    Bending,
    Curve,
    Fade,
    Fading,
    Pattern,
    carry_over,
    draw_curve,
    draw_drifting,
    draw_fade,
    draw_season,
    draw_spend,
)
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.project import Project, parse_project

N_WEEKS = 156
LEVEL = 1000.0
START = np.datetime64("2021-01-04", "D")
CHANNELS = ("tv", "search", "social", "display")
PATTERNS: tuple[Pattern, ...] = ("always_on", "flighted", "pulsed", "seasonal")

type Families = tuple[tuple[Fading, Bending], ...]

# Each set of families is compiled once, so worlds share a few of them.
LAYOUTS: tuple[Families, ...] = (
    (("geometric", "hill"),) * 4,
    (("geometric", "michaelis_menten"),) * 4,
    (("delayed", "logistic"), ("geometric", "hill"), ("delayed", "hill"), ("geometric", "hill")),
    (
        ("weibull_pdf", "hill"),
        ("geometric", "logistic"),
        ("binomial", "hill"),
        ("geometric", "logistic"),
    ),
    (("geometric", "logistic"),) * 4,
)


@dataclass(frozen=True)
class ChannelTruth:
    """What a channel really does; `share` is its part of the mean KPI."""

    name: str
    share: float
    fade: Fade
    curve: Curve

    @property
    def family(self) -> str:
        """Both families in words."""
        return f"{self.fade.family} {self.curve.family}"


@dataclass(frozen=True, eq=False)
class World:
    """What a model may see, its project, and the true contribution of each channel.

    `truth` is summed over the observed periods of all geos, in KPI units; `families` names the
    true shapes of each channel.
    """

    name: str
    data: ModelData
    project: Project
    truth: Mapping[str, float]
    families: Mapping[str, str]


def make_truths(
    shares: Sequence[float], *, curve: Curve | None = None, weeks: float = 0.7
) -> list[ChannelTruth]:
    """The first channels with these shares, alike in all else: geometric, concave by default."""
    return [
        ChannelTruth(
            name, share, Fade("geometric", weeks=weeks), curve or Curve("michaelis_menten", half=1)
        )
        for name, share in zip(CHANNELS, shares, strict=False)
    ]


def compute_contributions(
    truths: Sequence[ChannelTruth], *, exposure: Array, size: Array | None = None
) -> Array:
    """True contributions (date, geo, channel) in KPI units for exposure (lag + date, geo, channel).

    `size` (geo,) is the mean KPI of each geo; a channel brings `share` of all of it together.
    """
    sizes = np.array([LEVEL]) if size is None else size
    parts = []
    for c, truth in enumerate(truths):
        own = exposure[:, :, c] / sizes
        level = own / own[own > 0].mean()
        response = truth.curve.respond(carry_over(level, kernel=truth.fade.build_kernel())) * sizes
        parts.append(truth.share * sizes.sum() * response / response.sum(axis=1).mean())
    return np.stack(parts, axis=-1)


def assemble_world(
    name: str,
    *,
    truths: Sequence[ChannelTruth],
    kpi: Array,
    contributions: Array,
    exposure: Array,
    controls: Mapping[str, Array],
    spend: Array | None = None,
    frequency: Array | None = None,
    settings: str = "",
    declared: Families | None = None,
) -> World:
    """The world of weekly arrays by geo; exposure (lag + date, geo, channel) includes its history.

    `contributions` (date, geo, channel) are true; `controls` have shape (date, geo); `spend`
    (date, geo, channel) is the exposure where it is not given. `frequency`, of the shape of
    `exposure`, is nan but for channels whose exposure is reach. `kpi` is nan where not observed.
    """
    n_weeks, n_geos = kpi.shape
    names = tuple(truth.name for truth in truths)
    often = np.full(exposure.shape, np.nan) if frequency is None else frequency
    is_reached = ~np.isnan(often).any(axis=(0, 1))
    observed = ~np.isnan(kpi)
    totals = (contributions * observed[:, :, None]).sum(axis=(0, 1))
    return World(
        name=name,
        data=ModelData(
            periods=START + np.arange(n_weeks) * np.timedelta64(7, "D"),
            period_days=7,
            geos=("national",) if n_geos == 1 else tuple(f"geo_{g}" for g in range(n_geos)),
            kpi=kpi,
            exposure=exposure[N_LAGS:],
            history=exposure[:N_LAGS],
            spend=exposure[N_LAGS:] if spend is None else spend,
            frequency=often[N_LAGS:],
            frequency_history=often[:N_LAGS],
            channels=names,
            controls=np.stack(list(controls.values()), axis=-1)
            if controls
            else np.empty((n_weeks, n_geos, 0)),
            control_names=tuple(controls),
        ),
        project=declare_project(
            names,
            controls=tuple(controls),
            settings=settings,
            families=declared,
            reached=[name for name, is_own in zip(names, is_reached, strict=True) if is_own],
        ),
        truth={truth.name: float(total) for truth, total in zip(truths, totals, strict=True)},
        families={truth.name: truth.family for truth in truths},
    )


def declare_project(
    channels: Sequence[str],
    *,
    controls: Sequence[str] = (),
    settings: str = "",
    families: Families | None = None,
    reached: Sequence[str] = (),
) -> Project:
    """A project with one weekly table; `settings` are the keys of `model` in YAML.

    Channels in `reached` are modelled by reach and frequency, the others by spend.
    """
    own = families or ()
    shapes = [f", adstock: {a}, saturation: {s}" for a, s in own] or [""] * len(channels)
    counted = {c: f", reach: {c}_reach, frequency: {c}_frequency" for c in reached}
    media = ", ".join(f"{{name: {c}, spend: {c}{counted.get(c, '')}}}" for c in channels)
    series = ", ".join(f"{{name: {c}, column: {c}}}" for c in controls)
    rules = ", ".join(
        f"{{name: {c}, rules: [{{source: sheet}}]{shape}{', exposure: reach' * (c in reached)}}}"
        for c, shape in zip(channels, shapes, strict=True)
    )
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
      media: [{media}]
      controls: [{series}]
channels: [{rules}]
controls: [{", ".join(f"{{name: {c}}}" for c in controls)}]
model: {{{settings}}}
""")


def draw_world(seed: int, *, is_told: bool = True, settings: str = "") -> World:
    """A national world of 156 weeks, four channels and a price, drawn by its seed.

    The families come from a few layouts in turn; all else is drawn: lengths, saturation, shares
    from 1 to 15 %, noise from 1 to 8 %, trend, season, how each channel is bought. With
    `is_told` the project declares the true families, otherwise it keeps the defaults.
    """
    rng = np.random.default_rng([seed, 2026])
    families = LAYOUTS[seed % len(LAYOUTS)]
    season = draw_season(rng, n_weeks=N_LAGS + N_WEEKS)
    truths = [
        ChannelTruth(
            name,
            share=float(np.exp(rng.uniform(np.log(0.01), np.log(0.15)))),
            fade=draw_fade(rng, family=fading),
            curve=draw_curve(rng, family=bending),
        )
        for name, (fading, bending) in zip(CHANNELS, families, strict=True)
    ]
    exposure = np.column_stack(
        [draw_spend(rng, pattern=PATTERNS[rng.integers(4)], season=season) for _ in CHANNELS]
    )[:, None, :]
    contributions = compute_contributions(truths, exposure=exposure)
    price = draw_drifting(rng, n_weeks=N_WEEKS)
    baseline = draw_baseline(rng, season=season[N_LAGS:], price=price)
    noise = rng.normal(0, rng.uniform(0.01, 0.08), N_WEEKS)
    media = contributions.sum(axis=(1, 2))
    kpi = media + LEVEL * (baseline - media.mean() / LEVEL + noise)
    return assemble_world(
        f"world {seed}",
        truths=truths,
        kpi=kpi[:, None],
        contributions=contributions,
        exposure=exposure,
        controls={"price": 10 + price[:, None]},
        settings=settings,
        declared=families if is_told else None,
    )


def draw_baseline(rng: np.random.Generator, *, season: Array, price: Array) -> Array:
    """The KPI without media around one, shape (week,): trend, season, effect of the price."""
    time = np.linspace(-1, 1, len(season))
    bend = rng.normal(0, 0.03) * (time**2 - 1 / 3)
    return np.asarray(
        1.0
        + rng.normal(0, 0.06) * time
        + bend
        + rng.uniform(0.01, 0.10) * season
        - rng.uniform(0.01, 0.06) * price
    )
