"""Real sampling on worlds whose truth is known."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.insight.results import Interval
from mmm_orchestration.insight.summary import summarise
from mmm_orchestration.model.convergence import evaluate_convergence
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior

from .worlds import START, World, make_random_world, make_world, read_world

pytestmark = pytest.mark.truth

SHORT = "model: {sampler: {draws: 100, tune: 100, chains: 2}}"


def fit_world(world: World) -> Posterior:
    """The posterior of a world with the project's sampler."""
    return fit(world.prepare(), project=world.project)


def get_shares(posterior: Posterior) -> Mapping[str, Interval]:
    """The reported share of each channel."""
    results = summarise(
        posterior, model_version="1", delta_versions={}, code_version="0", fitted_at=""
    )
    return {c.channel: c.share for c in results.channels}


def check_gates(posterior: Posterior) -> None:
    """Nothing when the posterior keeps the default gates."""
    judged = evaluate_convergence(posterior.diagnostics, gates=posterior.project.gates)
    assert judged.is_passed, judged.reasons


def test_two_channels_cover_their_published_shares(shared_data: Path) -> None:
    """The intervals of x1 and x2 cover 29.05 % and 6.97 %, with every gate kept."""
    posterior = fit_world(
        read_world(
            shared_data / "weekly_national_two_channels" / "mmm_example.csv",
            day="date_week",
            kpi="y",
            channels={"x1": "x1", "x2": "x2"},
            controls={"event_1": "event_1", "event_2": "event_2"},
        )
    )
    check_gates(posterior)
    shares = get_shares(posterior)
    assert shares["x1"].covers(0.2905)
    assert shares["x2"].covers(0.0697)


def test_clean_world_covers_its_contributions(shared_data: Path) -> None:
    """At least three of the four true shares of sales are covered."""
    folder = shared_data / "worlds_with_truth"
    names = ("TV", "Search", "Social", "Display")
    posterior = fit_world(
        read_world(
            folder / "clean.csv",
            day="Period",
            kpi="Sales",
            channels={n.lower(): n for n in names},
            controls={"price": "Price"},
        )
    )
    truth = json.loads((folder / "clean_TRUTH.json").read_text())["true_share_of_sales"]
    check_gates(posterior)
    shares = get_shares(posterior)
    assert sum(shares[n.lower()].covers(truth[n]) for n in names) >= 3


def test_small_business_covers_its_contributions(shared_data: Path) -> None:
    """At least three of the four true contributions of the benchmark world are covered."""
    folder = shared_data / "benchmark_param_recovery"
    channels = {
        "search": "x1_Search-Ads",
        "social": "x2_Social-Media",
        "local": "x3_Local-Ads",
        "email": "x4_Email",
    }
    posterior = fit_world(
        read_world(
            folder / "small_business.csv",
            day="date",
            kpi="y",
            channels=channels,
            controls={"c1": "c1", "c2": "c2"},
        )
    )
    truth = pl.read_csv(folder / "small_business_TRUTH_contributions.csv")
    total = posterior.data.kpi_total.sum()
    check_gates(posterior)
    shares = get_shares(posterior)
    covered = [
        shares[name].covers(truth[f"contribution_{column}"].sum() / total)
        for name, column in channels.items()
    ]
    assert sum(covered) >= 3


def test_thirteen_messy_channels_keep_the_gates(shared_data: Path) -> None:
    """The retailer's thirteen channels, controls and holidays sample without divergence."""
    file = shared_data / "retail_messy_wide" / "data.csv"
    columns = pl.read_csv(file, n_rows=1).columns
    world = read_world(
        file,
        day="wk_strt_dt",
        kpi="sales",
        channels={c: c for c in columns if c.startswith("mdip_")},
        controls={c: c for c in columns if c.startswith(("me_", "mrkdn_"))},
        extra="holidays: {country: US}\nmodel: {sampler: {target_accept: 0.95}}",
    )
    check_gates(fit_world(world))


def test_the_same_seed_gives_the_same_draws() -> None:
    """Two fits agree to the last bit; another seed gives other draws."""
    world = make_random_world(extra=SHORT)
    first, second = fit_world(world), fit_world(world)
    assert first.draws.identical(second.draws)
    other = make_random_world(extra=SHORT.replace("chains: 2", "chains: 2, seed: 1"))
    assert not first.draws.identical(fit_world(other).draws)


def test_a_signed_control_keeps_its_sign() -> None:
    """Every draw of a control declared negative is below zero, though the data say otherwise."""
    world = make_random_world(extra=SHORT)
    kpi = world.kpi.with_columns(
        kpi=pl.col("kpi") + 30 * world.controls.filter(pl.col("control") == "control_0")["value"]
    )
    signed = world.project.controls[0].model_copy(update={"sign": "negative"})
    controls = (signed, *world.project.controls[1:])
    project = world.project.model_copy(update={"controls": controls})
    posterior = fit_world(World(world.media, kpi, world.controls, project))
    draws = posterior.draws["baseline"].sel(column="control_0")
    assert (draws < 0).all()


def test_daily_periods_can_be_fitted() -> None:
    """A daily world samples with a weekly season and reports by day."""
    world = make_random_world(
        n_periods=120, period_days=1, extra=SHORT.replace("model: {", "model: {grain: day, ")
    )
    posterior = fit_world(world)
    assert posterior.plan.max_lag == 56
    assert np.isfinite(posterior.draws["share"]).all()


def test_effects_that_fade_by_the_day_are_recovered_from_weeks() -> None:
    """Carry-over of three days, seen in weekly sums only, is found, and so are contributions."""
    rng = np.random.default_rng(5)
    n_weeks, alpha, effects = 150, 0.75, {"tv": 60.0, "radio": 40.0}
    spend, kpi = {}, 1000 + rng.normal(0, 2, n_weeks)
    shares = {}
    for name, effect in effects.items():
        weekly = rng.gamma(2, 50, n_weeks) * (rng.random(n_weeks) < 0.6)
        days = np.repeat(weekly / 7, 7)
        carried = np.convolve(days, (1 - alpha) * alpha ** np.arange(60))[: len(days)]
        brought = effect * (carried / (carried + 12)).reshape(-1, 7).sum(axis=1)
        spend[name], shares[name] = weekly, brought.sum()
        kpi = kpi + brought
    dates = [START + timedelta(weeks=week) for week in range(n_weeks)]
    world = make_world(spend=spend, kpi=kpi, dates=dates, extra="model: {carry_over: day}")
    posterior = fit_world(world)
    for name, interval in get_shares(posterior).items():
        assert interval.median == pytest.approx(shares[name] / kpi.sum(), rel=0.03)
    lags = np.median(posterior.stack("mean_lag_days"), axis=0)
    assert lags == pytest.approx([3.0, 3.0], rel=0.1)


def test_progress_ends_with_all_iterations() -> None:
    """The last report says that every iteration of every chain is done."""
    told: list[tuple[int, int]] = []
    world = make_random_world(extra=SHORT)
    fit(
        world.prepare(),
        project=world.project,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (400, 400)


def test_a_saved_posterior_is_summarised_without_pymc() -> None:
    """The modules of insight and of the saved posterior import none of the samplers."""
    code = (
        "import sys, mmm_orchestration.insight.summary; "
        "print([m for m in ('pymc', 'pytensor', 'nutpie', 'arviz_stats') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
