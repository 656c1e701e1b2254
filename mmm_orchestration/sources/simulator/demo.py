"""The demo project on disk: mmm.yaml, landing/<source>/ and, kept apart, truth/.

The eight sources are google_ads, meta_ads, linkedin_ads, microsoft_ads, tiktok_ads, amazon_ads,
shopify (the KPI) and trading, a weekly table of TV, price index and promotion.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.simulator.dirt import Dirt
from mmm_orchestration.sources.simulator.reports import Delivery, make_landing
from mmm_orchestration.sources.simulator.shop import ZONE
from mmm_orchestration.sources.simulator.world import (
    HOLIDAY_EFFECT,
    NOISE,
    PRICE_EFFECT,
    PROMOTION_EFFECT,
    World,
    simulate_world,
)


@dataclass(frozen=True)
class DemoFiles:
    """What was written; `deliveries` in order of arrival, `dirt` as in `simulator.dirt`.

    `truth` is the folder with contributions.parquet (one row per `(date, channel)` with
    contribution and spend in pounds), baseline.parquet (one row per `(date, component)`) and
    truth.json (parameters and totals).
    """

    folder: Path
    project_file: Path
    deliveries: tuple[Path, ...]
    truth: Path
    world: World
    dirt: tuple[Dirt, ...]


def write_demo(folder: Path, *, seed: int, last: date | None = None, years: int = 3) -> DemoFiles:
    """The demo project in `folder`, the same bytes for the same seed, last day and years.

    `last` defaults to yesterday in London; the first day is the Monday on or before the day
    `years` years earlier. Raises SourceError when the landing folder holds other files.
    """
    if last is None:
        last = datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=1)
    first = last - timedelta(days=round(365.25 * years) - 1)
    first -= timedelta(days=first.weekday())
    world = simulate_world(seed=seed, first=first, n_days=(last - first).days + 1)
    landing = make_landing(world)
    deliveries = _write_deliveries(folder / "landing", landing.deliveries)
    project_file = folder / "mmm.yaml"
    project_file.write_text(_project_text(world), encoding="utf-8")
    truth = folder / "truth"
    _write_truth(truth, world)
    return DemoFiles(folder, project_file, deliveries, truth, world, landing.dirt)


def read_last_day(folder: Path) -> date:
    """The last day of the demo that was written to `folder`."""
    truth = pl.read_parquet(folder / "truth" / "contributions.parquet", columns=["date"])
    last: date = truth["date"].max()  # type: ignore[assignment]
    return last


def _write_deliveries(landing: Path, deliveries: tuple[Delivery, ...]) -> tuple[Path, ...]:
    """The paths written, each file dated to five in the morning of its arrival."""
    paths = tuple(landing / d.source / d.name for d in deliveries)
    others = sorted({str(p) for p in landing.glob("*/*")} - {str(p) for p in paths})
    if others:
        raise SourceError(
            f"{landing} holds {len(others)} files of another world, the first {others[0]}",
            fix="Delete the folder or choose another one",
        )
    for path, delivery in zip(paths, deliveries, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(delivery.content)
        arrived = datetime.combine(delivery.made, time(5), tzinfo=UTC).timestamp()
        os.utime(path, (arrived, arrived))
    return paths


def _project_text(world: World) -> str:
    template = resources.files(__package__).joinpath("demo.yaml").read_text(encoding="utf-8")
    dates = {
        f"{event.name}_{end}": day.isoformat()
        for event in world.events
        for end, day in (("first", event.days.first), ("last", event.days.last))
    }
    return Template(template).substitute(start=world.window.first.isoformat(), **dates)


def _write_truth(folder: Path, world: World) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    is_media = pl.col("kind") == "media"
    media = world.truth.filter(is_media).select(
        "date", channel="component", contribution="value", spend="spend"
    )
    media.write_parquet(folder / "contributions.parquet")
    rest = world.truth.filter(~is_media).select("date", "kind", "component", "value")
    rest.write_parquet(folder / "baseline.parquet")
    text = json.dumps(_describe_truth(world), indent=1, ensure_ascii=False)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def _describe_truth(world: World) -> dict[str, object]:
    totals = {t.channel: asdict(t) for t in world.sum_channels()}
    parts = world.truth.group_by("component", maintain_order=True).agg(pl.col("value").sum())
    return {
        "seed": world.seed,
        "first": world.window.first.isoformat(),
        "last": world.window.last.isoformat(),
        "currency": "GBP",
        "kpi": float(world.kpi["kpi"].sum()),
        "parts": dict(parts.iter_rows()),
        "channels": {
            c.name: {
                **totals[c.name],
                "exposure": c.exposure,
                "alpha_per_day": c.alpha,
                "half_saturation_per_day": c.half_saturation,
                "slope": c.slope,
                "beta_per_day": world.betas[c.name],
            }
            for c in world.channels
        },
        "price_effect_per_point": PRICE_EFFECT,
        "promotion_effect_per_per_cent": PROMOTION_EFFECT,
        "holiday_effect": HOLIDAY_EFFECT,
        "event_effects": {e.name: e.effect for e in world.events},
        "noise_sd_per_day": NOISE,
    }
