"""Plans of a fitted model beside those that know the true curves, in simulated worlds.

Belongs here: regret. Must not: how worlds are drawn (see `worlds`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.decisions.worlds import draw_truth
from benchmarks.ops.figure import Figure
from benchmarks.truth.code_hash import hash_model_code
from benchmarks.truth.records import Records, Row, run_seeds
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.request import PlanRequest

N_WORLDS = 50
FIRST_SEED = 7000
REQUEST = PlanRequest()
SIGMAS = 2.0


@dataclass(frozen=True)
class Judged:
    """One world: KPI units that three plans truly bring, and what the certificate said.

    `noise` is how far the gain moves with another seed, one standard deviation.
    """

    seed: int
    today: float
    planned: float
    best: float
    promised: float
    noise: float
    is_improvement: bool
    is_covered: bool

    @property
    def regret(self) -> float:
        """What was missed, as part of what the best plan brings."""
        return (self.best - self.planned) / self.best

    @property
    def captured(self) -> float:
        """The part of the best plan's gain beyond today's that was had; one where none is."""
        gain = self.best - self.today
        return (self.planned - self.today) / gain if gain > 0 else 1.0

    @property
    def is_worse(self) -> bool:
        """Whether the plan is worse than today's by more than seed noise."""
        return self.planned < self.today - SIGMAS * self.noise


def judge_world(seed: int) -> Row:
    """The plan for thirteen weeks of today's money, fitted and known, judged by the truth."""
    from mmm_orchestration.model.fit import fit

    truth = draw_truth(seed)
    oracle = freeze(truth, dtype=np.float64)
    posterior = fit(truth.data, project=truth.project)
    found = optimise(freeze(posterior), REQUEST, project=truth.project)
    known = optimise(oracle, REQUEST, project=truth.project)
    today, planned, best = (
        float(oracle.gain(plan.spend)[0]) for plan in (found.today, found.plan, known.plan)
    )
    certificate = found.certificate
    judged = Judged(
        seed=seed,
        today=today,
        planned=planned,
        best=max(best, planned, today),
        promised=certificate.gain_mean,
        noise=certificate.gain_noise,
        is_improvement=certificate.is_improvement,
        is_covered=certificate.gain.covers(planned - today),
    )
    return dict(asdict(judged))


def judge_worlds(*, n_worlds: int, folder: Path, n_processes: int = 1) -> tuple[Judged, ...]:
    """The worlds judged; those of this code in `folder` are not fitted again."""
    records = Records(folder / "regret.jsonl", key=f"{hash_model_code()} {REQUEST}")
    rows = run_seeds(
        judge_world,
        seeds=range(FIRST_SEED, FIRST_SEED + n_worlds),
        records=records,
        n_processes=n_processes,
    )
    return tuple(Judged(**row) for row in rows.values())  # type: ignore[arg-type]


def measure(folder: Path, *, n_worlds: int = N_WORLDS) -> tuple[Figure, ...]:
    """The figures over all worlds."""
    return summarise(judge_worlds(n_worlds=n_worlds, folder=folder))


def summarise(judged: Sequence[Judged]) -> tuple[Figure, ...]:
    """Regret, worse plans, and whether the promised interval held the true gain."""
    regrets = np.array([world.regret for world in judged])
    captured = np.array([world.captured for world in judged])
    worse = [world for world in judged if world.is_worse]
    held = sum(world.is_covered for world in judged)
    how = f"{len(judged)} worlds of four channels over three years, fitted; plans judged by truth"
    return (
        Figure(
            "regret against the oracle plan, part of what that brings",
            "≤ 2 % on average",
            f"mean {regrets.mean():.2%}, median {np.median(regrets):.2%}, "
            f"worst {regrets.max():.2%}",
            bool(regrets.mean() <= 0.02),
            how,
        ),
        Figure(
            "of the oracle's gain beyond today's plan",
            "–",
            f"{(captured * 1).mean():.0%} had on average, median {np.median(captured):.0%}",
            True,
            "the harder reading of the same figure",
        ),
        Figure(
            "plans worse than today's by more than seed noise",
            "0",
            f"{len(worse)} of {len(judged)}",
            not worse,
            "two standard deviations of the gain over seeds",
        ),
        Figure(
            "true gain within the promised 94 % interval",
            "–",
            f"{held} of {len(judged)}",
            True,
            "",
        ),
    )
