"""Real sampling on panels whose truth is known."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.model.convergence import evaluate_convergence
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior

from .worlds import World, read_panel

pytestmark = pytest.mark.truth

INTERVAL = (0.03, 0.97)


def fit_world(world: World) -> Posterior:
    """The posterior of a panel, which must keep the default gates."""
    posterior = fit(world.prepare(), project=world.project)
    judged = evaluate_convergence(posterior.diagnostics, gates=posterior.project.gates)
    assert judged.is_passed, judged.reasons
    return posterior


def read_growing_business(folder: Path) -> tuple[World, dict[str, str]]:
    """The published benchmark's panel of two geos, and its columns by channel."""
    file = folder / "benchmark_param_recovery" / "growing_business.csv"
    columns = pl.read_csv(file, n_rows=1).columns
    channels = {c.lower().replace("-", "_"): c for c in columns if c.startswith("x")}
    world = read_panel(
        file, day="date", geo="geo", kpi="y", channels=channels, controls={"c1": "c1", "c2": "c2"}
    )
    return world, channels


def test_growing_business_is_recovered_by_geo(shared_data: Path) -> None:
    """Contributions by geo and week are within a SRMSE of 0.3, and most totals are covered."""
    world, channels = read_growing_business(shared_data)
    posterior = fit_world(world)
    truth = pl.read_csv(
        shared_data / "benchmark_param_recovery" / "growing_business_TRUTH_contributions.csv"
    ).sort("date", "geo")
    errors, levels, covered = [], [], []
    for draws in iterate_channels(posterior):
        series = draws.contribute()
        column = truth[f"contribution_{channels[draws.channel]}"].to_numpy().reshape(-1, 2).T
        errors += np.sqrt(((series.mean(axis=0) - column) ** 2).mean(axis=1)).tolist()
        levels += column.mean(axis=1).tolist()
        low, high = np.quantile(series.sum(axis=2), INTERVAL, axis=0)
        covered += ((low <= column.sum(axis=1)) & (column.sum(axis=1) <= high)).tolist()
    assert np.mean(errors) / np.mean(levels) <= 0.3
    assert sum(covered) >= 10


def test_a_clean_panel_covers_its_contributions(shared_data: Path) -> None:
    """At least three of four channels are covered, all geos together."""
    folder = shared_data / "worlds_with_truth"
    names = ("TV", "Search", "Social", "Display")
    world = read_panel(
        folder / "geo_clean.csv",
        day="Period",
        geo="Geography",
        kpi="Sales",
        channels={name.lower(): name for name in names},
        controls={"price": "Price"},
    )
    posterior = fit_world(world)
    truth = json.loads((folder / "geo_clean_TRUTH.json").read_text())["true_contribution"]
    totals = [draws.contribute().sum(axis=(1, 2)) for draws in iterate_channels(posterior)]
    bounds = [np.quantile(total, INTERVAL) for total in totals]
    covered = [low <= truth[n] <= high for n, (low, high) in zip(names, bounds, strict=True)]
    assert sum(covered) >= 3, list(zip(names, bounds, strict=True))


def test_a_ragged_panel_knows_less_of_what_it_saw_less(shared_data: Path) -> None:
    """A geo seen for a fifth of the time has a wider relative interval than the same geo whole."""
    world, _ = read_growing_business(shared_data)
    days = world.kpi["date"].unique().sort()
    late = pl.col("date") >= days[int(0.8 * len(days))]
    ragged = World(
        media=world.media,
        kpi=world.kpi.filter((pl.col("geo") != "geo_b") | late),
        controls=world.controls,
        project=world.project,
    )
    whole, short = fit_world(world), fit_world(ragged)
    assert short.data.is_observed.sum(axis=0).tolist() == [131, 27]
    effects = [posterior.stack("effect")[:, 1] for posterior in (whole, short)]
    spread = [(e.std(axis=0) / e.mean(axis=0)).mean() for e in effects]
    assert spread[1] > spread[0]
