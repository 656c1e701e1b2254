"""The model: how long one fit takes and how often its intervals hold the truth."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import psutil

from benchmarks.figure import Figure, Settings
from benchmarks.history import clear_folder, load_history
from benchmarks.processes import Ran, measure_memory, sum_memory
from benchmarks.tables import refine
from benchmarks.truth.worlds import declare_project
from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import open_home
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.intake import land_source
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.worker import fit_apart, plan_fit
from mmm_orchestration.project import Project
from mmm_orchestration.publishing import read_truth
from mmm_orchestration.sources.simulator import read_last_day, write_demo
from mmm_orchestration.training import read_snapshot

FIRST_SEED = 11


def measure_fit(settings: Settings) -> Figure:
    """Two fits of the demo in one process: the first compiles, or reads what was compiled."""
    from mmm_orchestration.model.fit import fit

    home = load_history(settings.work).home
    data = read_snapshot(home.open_lake(), project=home.project).data
    started = time.perf_counter()
    fit(data, project=home.project)
    compiled = time.perf_counter()
    posterior = fit(data, project=home.project)
    fitted = time.perf_counter()
    sampler, found = home.project.model.sampler, posterior.diagnostics
    return Figure(
        "One fit alone",
        "",
        f"{compiled - started:.1f} s, then {fitted - compiled:.1f} s",
        f"{data.n_periods} weeks, {len(data.channels)} channels, {sampler.chains} chains of "
        f"{sampler.tune} + {sampler.draws}; R-hat {found.max_r_hat:.3f}, bulk ESS "
        f"{found.min_ess_bulk:,.0f}, {found.n_divergences} divergences; the first fit of a process "
        "and the second",
    )


def measure_coverage(settings: Settings) -> Figure:
    """Channels whose 94 % interval holds the simulated truth, over several worlds."""
    covered: list[int] = []
    n_channels = 0
    for seed in range(FIRST_SEED, FIRST_SEED + settings.n_seeds):
        folder = clear_folder(settings.work / "coverage" / str(seed))
        held = check_world(folder, seed=seed)
        covered.append(sum(held.values()))
        n_channels = len(held)
    rate = sum(covered) / (n_channels * settings.n_seeds)
    return Figure(
        "Truth inside the 94 % interval of contribution",
        f"at least {n_channels - 1} of {n_channels} channels",
        f"{', '.join(map(str, covered))} of {n_channels} ({rate:.0%})",
        f"demos of the seeds {FIRST_SEED} to {FIRST_SEED + settings.n_seeds - 1} through the real "
        "readers, tables and fit",
    )


def check_world(folder: Path, *, seed: int) -> dict[str, bool]:
    """Whether the interval of each channel holds its true contribution, for one seed."""
    write_demo(folder, seed=seed)
    home = open_home(folder / "mmm.yaml")
    window = DayWindow(home.project.start, read_last_day(folder))
    lake = home.open_lake()
    for source in home.project.sources:
        land_source(lake, source=source, project=home.project, base=folder, window=window)
    refine(lake, project=home.project, window=window)
    results, days = fit_world(folder)
    truth = read_truth(folder / "truth", first=days.first, last=days.last) or {}
    return {c.channel: c.contribution.covers(truth[c.channel]) for c in results.channels}


def fit_world(folder: Path) -> tuple[RoiResults, DayWindow]:
    """The results on the gold tables of a project and the days they are of."""
    from mmm_orchestration.insight.summary import summarise
    from mmm_orchestration.model.fit import fit

    home = open_home(folder / "mmm.yaml")
    snapshot = read_snapshot(home.open_lake(), project=home.project)
    posterior = fit(snapshot.data, project=home.project)
    results = summarise(
        posterior, model_version="", delta_versions={}, code_version="", fitted_at=""
    )
    days = (snapshot.first_day, snapshot.trained_through)
    return results, DayWindow(*map(date.fromisoformat, days))


def measure_cost(_settings: Settings) -> Figure:
    """Predicted and measured seconds and memory of fits of three sizes, each in its own process."""
    told = []
    for shape in ((104, 1, 4), (131, 2, 6), (156, 8, 8)):
        data, project = simulate(*shape)
        _, cost = plan_fit(data, project=project)
        # the first fit compiles what later ones find in the cache
        fit_watched(data, project=project)
        ran = fit_watched(data, project=project)
        told.append(
            f"{' × '.join(map(str, shape))}: {cost.seconds:.0f} s and "
            f"{cost.memory_bytes / 1e9:.1f} GB predicted, {ran.seconds:.0f} s and "
            f"{ran.peak_bytes / 1e9:.1f} GB taken"
        )
    return Figure(
        "Cost said before a fit",
        "within a factor of 2.5",
        "; ".join(told),
        "weeks × geos × channels, defaults of the sampler, compiled once before",
    )


def measure_growth(_settings: Settings) -> Figure:
    """Memory of this process before and after ten fits."""
    data, project = simulate(104, 1, 4, extra=", sampler: {draws: 100, tune: 100, chains: 2}")
    fit_apart(data, project=project)
    before = measure_memory(psutil.Process())
    for _ in range(10):
        fit_apart(data, project=project)
    grown = measure_memory(psutil.Process()) - before
    return Figure(
        "Memory kept after ten fits",
        "none",
        f"{grown / 1e6:+.0f} MB",
        "resident memory of the process that asks for them; each fit is a process of its own",
    )


def fit_watched(data: ModelData, *, project: Project) -> Ran:
    """Wall time and peak memory of one fit's process."""
    own, peak = psutil.Process(), 0
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        fitted = pool.submit(fit_apart, data, project=project)
        while not fitted.done():
            peak = max(peak, sum_memory(own.pid) - measure_memory(own))
            time.sleep(0.05)
    fitted.result()
    return Ran(time.monotonic() - started, peak)


def simulate(
    n_dates: int, n_geos: int, n_channels: int, *, extra: str = ""
) -> tuple[ModelData, Project]:
    """Data of one size with effects of known form, and their project."""
    rng = np.random.default_rng(n_dates)
    names = tuple(f"c{i}" for i in range(n_channels))
    level = "geo" if n_geos > 1 else "national"
    exposure = rng.gamma(1, 50, (n_dates, n_geos, n_channels))
    effect = 1000 * rng.uniform(0.02, 0.08, n_channels)
    kpi = 800 + (effect * exposure / (exposure + 50)).sum(axis=2)
    data = ModelData(
        periods=np.datetime64("2021-01-04") + 7 * np.arange(n_dates),
        period_days=7,
        geos=tuple(f"g{i}" for i in range(n_geos)),
        kpi=kpi + rng.normal(0, 30, kpi.shape),
        exposure=exposure,
        history=np.zeros((8, n_geos, n_channels)),
        spend=exposure,
        channels=names,
        controls=np.zeros((n_dates, n_geos, 0)),
        control_names=(),
    )
    return data, declare_project(names, settings=f"level: {level}{extra}")
