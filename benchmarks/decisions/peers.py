"""Plans of a peer's optimiser beside ours, over the same draws of the same curves.

Belongs here: the worlds, the question, and one judge of both. Must not: how a peer is asked.

pymc-marketing can hold our curves exactly: geometric carry-over with normalised weights and Hill.
Both are asked for the same money in each of thirteen weeks, every channel between nothing and twice
its mean, and judged by the mean over draws of what the frozen posterior says. The last weeks of the
data are without spend, because its horizon begins with nothing before it.
"""

import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.decisions.peer_job import Answer, Array, Question, read_answer, write_question
from benchmarks.decisions.worlds import draw_truth
from benchmarks.ops.figure import Figure
from benchmarks.peers.engines import ENGINES, ROOT, prepare_environment
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.request import Bound, Budget, Flighting, PlanRequest
from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.model.posterior import Posterior

SEEDS = tuple(range(1, 11))
N_DRAWS, N_CHAINS, N_PERIODS, N_LAGS = 200, 2, 13, 8
SPREAD = 0.15  # of each unknown around its truth, standard deviation of the logarithm
PEER = "pymc-marketing"
SAME = 1e-6  # relative, of contributions and of gains
SECONDS = 600


@dataclass(frozen=True)
class Beside:
    """One world: what three plans bring, KPI units, and the seconds that two took to be found.

    `difference` is the largest relative difference between both engines' own numbers of the same
    thing: contributions over the data, and the gain of the peer's plan.
    """

    today: float
    ours: float
    theirs: float
    seconds: float
    their_first: float
    their_seconds: float
    difference: float
    excess: float

    @property
    def ratio(self) -> float:
        """Our gain beyond today's plan as a part of theirs; one where neither has any."""
        gained, other = self.ours - self.today, self.theirs - self.today
        return gained / other if other > 0 else 1.0


def measure(folder: Path) -> tuple[Figure, ...]:
    """Whether curves are the same, whose plans bring more, and how long they take."""
    python = prepare_environment(ENGINES["pymc-marketing-nutpie"], envs=ROOT / ".bench" / "envs")
    worlds = [compare(seed, python=python, folder=folder / "peers" / str(seed)) for seed in SEEDS]
    return judge(worlds)


def compare(seed: int, *, python: str, folder: Path) -> Beside:
    """Both asked about one world."""
    posterior = draw_world(seed)
    model, question = freeze(posterior), make_question(posterior)
    write_question(question, draws=collect_draws(posterior), folder=folder)
    subprocess.run(
        [python, "-m", "benchmarks.decisions.run_pymc_marketing", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=SECONDS,
    )  # fmt: skip
    answer = read_answer(folder)
    request = make_request(question)
    optimise(model, request, project=posterior.project)
    began = time.perf_counter()
    found = optimise(model, request, project=posterior.project)
    seconds = time.perf_counter() - began
    high, low = np.array(question.high), np.array(question.low)
    spend = np.array(answer.spend)
    excess = max(*(spend - high), *(low - spend), spend.sum() * N_PERIODS - question.total)
    return Beside(
        today=_gain(model, high / 2),
        ours=float(model.gain(found.plan.spend).mean()),
        theirs=_gain(model, spend),
        seconds=seconds,
        their_first=answer.first_seconds,
        their_seconds=answer.seconds,
        difference=_differ(posterior, answer, gain=_gain(model, spend)),
        excess=float(excess / question.total),
    )


def draw_world(seed: int) -> Posterior:
    """A world's true curves with draws around them, and weeks without spend at the end."""
    truth, rng = draw_truth(seed), np.random.default_rng(seed)
    spend = truth.data.spend.copy()
    spend[-N_LAGS - 1 :] = 0.0
    shape = (N_CHAINS, N_DRAWS // N_CHAINS)

    def scatter(name: str, *, is_scattered: bool) -> tuple[tuple[str, ...], Array]:
        found = truth.draws[name]
        size = (*shape, *found.shape[2:])
        around = rng.lognormal(0.0, SPREAD, size) if is_scattered else np.ones(size)
        return tuple(map(str, found.dims)), found.to_numpy() * around

    curved = {"mean_lag_days", "half_saturation", "slope", "effect"}
    draws = {
        str(name): scatter(str(name), is_scattered=name in curved) for name in truth.draws.data_vars
    }
    return replace(
        truth,
        draws=xr.Dataset(draws, coords=truth.draws.coords),
        data=replace(truth.data, spend=spend, exposure=spend),
    )


def make_question(posterior: Posterior) -> Question:
    """The mean money of the weeks with spend, and twice of each as its bound."""
    data = posterior.data
    today = data.spend[: -N_LAGS - 1, 0].mean(axis=0)
    return Question(
        channels=data.channels,
        first=str(data.periods[0].astype("datetime64[D]")),
        n_lags=N_LAGS,
        n_periods=N_PERIODS,
        total=float(N_PERIODS * today.sum()),
        low=tuple(0.0 for _ in today),
        high=tuple((2 * today).tolist()),
    )


def make_request(question: Question) -> PlanRequest:
    """The same question to our optimiser."""
    pairs = zip(question.channels, question.low, question.high, strict=True)
    return PlanRequest(
        periods=question.n_periods,
        budget=Budget(total=question.total),
        bounds=tuple(Bound(channel=name, low=low, high=high) for name, low, high in pairs),
        flighting=tuple(Flighting(channel=name, pattern="even") for name in question.channels),
    )


def collect_draws(posterior: Posterior) -> dict[str, Array]:
    """Data and draws as the peer takes them, over money; see `Question`."""
    lag, days = posterior.stack("mean_lag_days"), posterior.data.period_days
    return {
        "spend": posterior.data.spend[:, 0],
        "kpi": posterior.data.kpi[:, 0],
        "alpha": lag / (lag + days),
        "half_saturation": posterior.stack("half_saturation") * posterior.scale[0],
        "slope": posterior.stack("slope"),
        "effect": posterior.stack("effect")[:, 0],
    }


def judge(worlds: Sequence[Beside]) -> tuple[Figure, ...]:
    """The rows; plans are compared only where curves are the same."""
    n, ratios = len(worlds), [world.ratio for world in worlds]
    apart, excess = (max(getattr(w, name) for w in worlds) for name in ("difference", "excess"))
    ours = statistics.median(world.seconds for world in worlds)
    first = statistics.median(world.their_first for world in worlds)
    again = statistics.median(world.their_seconds for world in worlds)
    n_better, n_worse = sum(r > 1.001 for r in ratios), sum(r < 0.999 for r in ratios)
    return (
        Figure(
            f"curves in {PEER}",
            "the same",
            f"largest relative difference {apart:.0e}",
            apart < SAME,
            f"contributions over the data and the gain of its plan, {n} worlds of four channels, "
            f"{N_DRAWS} draws",
        ),
        Figure(
            f"gain beyond today's plan, ours to {PEER}'s",
            "never below",
            f"{statistics.median(ratios):.3f} at the median, {min(ratios):.3f} to "
            f"{max(ratios):.3f}; more in {n_better} of {n}, less in {n_worse}",
            not n_worse and apart < SAME,
            "the same money in each of thirteen weeks, every channel between nothing and twice its "
            f"mean, judged by the same draws; its plans leave limits by {max(excess, 0):.0e} of "
            "the money",
        ),
        Figure(
            f"seconds, ours to {PEER}'s",
            "–",
            f"{ours / again:.2f}: {ours:.2f} s with certificate to {again:.2f} s "
            f"(first call {first:.2f} s)",
            True,
            "one after the other in the same sitting, building its optimiser included",
        ),
    )


def _gain(model: FrozenModel, spend: Array) -> float:
    """The mean gain of the same spend (channel,) in every period."""
    return float(model.gain(np.repeat(spend[None, None], N_PERIODS, axis=0)).mean())


def _differ(posterior: Posterior, answer: Answer, *, gain: float) -> float:
    own = [float(c.contribute().mean(axis=0).sum()) for c in iterate_channels(posterior)]
    pairs = [*zip(own, answer.contributions, strict=True), (gain, answer.gain)]
    return max(abs(theirs / ours - 1) for ours, theirs in pairs)
