"""Plans of a peer's optimiser beside ours, over the same draws of the same curves.

Belongs here: the worlds, the question, and one judge of both. Must not: how a peer is asked.

Both peers can hold our curves exactly: geometric carry-over with normalised weights and Hill. All
are asked for the same money in each of thirteen weeks, every channel between nothing and twice
its mean, and judged by the mean over draws of what the frozen posterior says. The last weeks of the
data are without spend, because a peer's horizon begins with nothing before it.
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
SAME = 1e-6  # relative, of contributions and of gains
SECONDS = 900


@dataclass(frozen=True)
class Peer:
    """A peer, the engine whose environment it needs, its runner, and the worlds it is asked in."""

    name: str
    engine: str
    module: str
    seeds: tuple[int, ...]


PEERS = (
    Peer("pymc-marketing", "pymc-marketing-nutpie", "run_pymc_marketing", SEEDS),
    Peer("Meridian", "meridian", "run_meridian", SEEDS[:3]),  # a question takes it a minute
)


@dataclass(frozen=True)
class Beside:
    """One world: what three plans bring, KPI units, and the seconds that two took to be found.

    `difference` is the largest relative difference between both engines' own numbers of the same
    thing; `unspent` the part of the money that the peer's plan leaves, below zero where it spends
    more than there is or leaves a channel's bounds by that much.
    """

    today: float
    ours: float
    theirs: float
    seconds: float
    their_seconds: float
    difference: float
    unspent: float

    @property
    def ahead(self) -> float:
        """How much more our plan gains beyond today's, as a part of our gain beyond it."""
        gained = self.ours - self.today
        return (self.ours - self.theirs) / gained if gained > 0 else 0.0


def measure(folder: Path) -> tuple[Figure, ...]:
    """Whether curves are the same, whose plans bring more, and how long they take."""
    return tuple(figure for peer in PEERS for figure in _measure_peer(peer, folder=folder))


def _measure_peer(peer: Peer, *, folder: Path) -> tuple[Figure, ...]:
    python = prepare_environment(ENGINES[peer.engine], envs=ROOT / ".bench" / "envs")
    worlds = [
        compare(seed, peer=peer, python=python, folder=folder / peer.name / str(seed))
        for seed in peer.seeds
    ]
    return judge(worlds, name=peer.name)


def compare(seed: int, *, peer: Peer, python: str, folder: Path) -> Beside:
    """The peer and ours asked about one world."""
    posterior = draw_world(seed)
    model, question = freeze(posterior), make_question(posterior)
    write_question(question, draws=collect_draws(posterior), folder=folder)
    subprocess.run(
        [python, "-m", f"benchmarks.decisions.{peer.module}", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=SECONDS,
    )  # fmt: skip
    answer = read_answer(folder)
    request = make_request(question)
    optimise(model, request, project=posterior.project)
    began = time.perf_counter()
    found = optimise(model, request, project=posterior.project)
    seconds = time.perf_counter() - began
    high, spend = np.array(question.high), np.array(answer.spend)
    beyond = max(0.0, *(spend - high), *(-spend)) * N_PERIODS
    unspent = question.total - N_PERIODS * float(spend.sum())
    return Beside(
        today=_gain(model, high / 2),
        ours=float(model.gain(found.plan.spend).mean()),
        theirs=_gain(model, spend),
        seconds=seconds,
        their_seconds=answer.seconds,
        difference=_differ(posterior, answer, gain=_gain(model, np.array(answer.measured))),
        unspent=(-beyond if beyond > 0 else unspent) / question.total,
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


def judge(worlds: Sequence[Beside], *, name: str) -> tuple[Figure, ...]:
    """The rows; plans are compared only where curves are the same."""
    n, ahead = len(worlds), [round(world.ahead, 4) + 0.0 for world in worlds]
    apart = max(world.difference for world in worlds)
    left = [round(world.unspent, 4) + 0.0 for world in worlds]
    ours = statistics.median(world.seconds for world in worlds)
    theirs = statistics.median(world.their_seconds for world in worlds)
    n_more, n_less = sum(a > 0.001 for a in ahead), sum(a < -0.001 for a in ahead)
    return (
        Figure(
            f"curves in {name}",
            "the same",
            f"largest relative difference {apart:.0e}",
            apart < SAME,
            f"contributions over the data and the gain of a plan, {n} worlds of four channels, "
            f"{N_DRAWS} draws",
        ),
        Figure(
            f"gain beyond today's plan, ours and {name}'s",
            "never less",
            f"ours more in {n_more} of {n}, less in {n_less}; theirs misses "
            f"{statistics.median(ahead):.0%} of ours at the median, {min(ahead):.0%} to "
            f"{max(ahead):.0%}",
            not n_less and apart < SAME,
            "the same money in each of thirteen weeks, every channel between nothing and twice its "
            f"mean, judged by the same draws; of its money {name} leaves {min(left):.1%} to "
            f"{max(left):.1%} unspent",
        ),
        Figure(
            f"seconds, ours to {name}'s",
            "–",
            f"1 : {theirs / ours:.0f}, {ours:.2f} s with certificate to {theirs:.2f} s",
            True,
            "medians in one sitting, with what it must build for a question and without compiling",
        ),
    )


def _gain(model: FrozenModel, spend: Array) -> float:
    """The mean gain of the same spend (channel,) in every period."""
    return float(model.gain(np.repeat(spend[None, None], N_PERIODS, axis=0)).mean())


def _differ(posterior: Posterior, answer: Answer, *, gain: float) -> float:
    own = [float(c.contribute().mean(axis=0).sum()) for c in iterate_channels(posterior)]
    pairs = [*zip(own, answer.contributions, strict=True), (gain, answer.gain)]
    return max(abs(theirs / ours - 1) for ours, theirs in pairs)
