"""How often the 94 % interval of contribution holds the truth, over worlds drawn at random.

Belongs here: the counting. Must not: how worlds are drawn (see `worlds`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import beta

from benchmarks.truth.code_hash import hash_model_code, hash_worlds
from benchmarks.truth.records import Records, Row, run_seeds
from benchmarks.truth.report import Report
from benchmarks.truth.score import ChannelScore, score_channels
from benchmarks.truth.worlds import draw_world

SAMPLER = "sampler: {draws: 500, tune: 500, chains: 2}"
TARGET = (0.90, 0.97)
FIRST_SEED = 2000


@dataclass(frozen=True)
class Rate:
    """How many of how many, with the exact 95 % interval of the rate (Clopper and Pearson 1934)."""

    name: str
    n_held: int
    n_cases: int

    @property
    def value(self) -> float:
        """The rate itself."""
        return self.n_held / self.n_cases

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval of the rate."""
        k, n = self.n_held, self.n_cases
        low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
        high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
        return float(low), float(high)

    def to_line(self) -> str:
        """One row of the table."""
        low, high = self.bounds
        held = f"{self.n_held} of {self.n_cases}"
        return f"| {self.name} | {held} | {self.value:.1%} | {low:.1%}–{high:.1%} |"


@dataclass(frozen=True)
class WorldScore:
    """One fitted world: its channels, and how its chains ended."""

    channels: tuple[ChannelScore, ...]
    max_r_hat: float
    n_divergences: int

    def to_row(self) -> Row:
        """The score as JSON has it."""
        return {
            "channels": [score.to_row() for score in self.channels],
            "max_r_hat": self.max_r_hat,
            "n_divergences": self.n_divergences,
        }

    @classmethod
    def from_row(cls, row: Row) -> "WorldScore":
        """The score that `to_row` gave."""
        channels = row["channels"]
        assert isinstance(channels, list)
        return cls(
            channels=tuple(ChannelScore.from_row(each) for each in channels),
            max_r_hat=float(str(row["max_r_hat"])),
            n_divergences=int(str(row["n_divergences"])),
        )


def measure_world(seed: int, *, is_told: bool) -> Row:
    """The score of one world, fitted with short chains."""
    from mmm_orchestration.model.fit import fit

    world = draw_world(seed, is_told=is_told, settings=SAMPLER)
    posterior = fit(world.data, project=world.project)
    found = posterior.diagnostics
    scores = score_channels(posterior, world=world)
    return WorldScore(scores, found.max_r_hat, found.n_divergences).to_row()


def measure_coverage(
    *, n_worlds: int, is_told: bool, folder: Path, n_processes: int
) -> tuple[WorldScore, ...]:
    """The scores of `n_worlds` worlds; those of this code in `folder` are not fitted again."""
    kind = "told" if is_told else "default"
    records = Records(
        folder / f"coverage_{kind}.jsonl", key=f"{hash_model_code()} {hash_worlds()} {SAMPLER}"
    )
    rows = run_seeds(
        partial(measure_world, is_told=is_told),
        seeds=range(FIRST_SEED, FIRST_SEED + n_worlds),
        records=records,
        n_processes=n_processes,
    )
    return tuple(WorldScore.from_row(row) for row in rows.values())


def count_rates(scores: Iterable[ChannelScore]) -> tuple[Rate, ...]:
    """The rate over all channels, then by true family, then by size of the share."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for score in scores:
        groups["all channels"].append(score.is_covered)
        groups[score.family].append(score.is_covered)
    first, *others = groups.items()
    return tuple(Rate(name, sum(held), len(held)) for name, held in (first, *sorted(others)))


def write_coverage(worlds: Sequence[WorldScore], *, is_told: bool) -> Report:
    """The rates in Markdown, with the hash of the model code; passed when inside the target."""
    scores = [score for world in worlds for score in world.channels]
    rates = count_rates(scores)
    low, high = TARGET
    is_inside = low <= rates[0].value <= high
    verdict = "inside" if is_inside else "OUTSIDE"
    known = "declared" if is_told else "unknown to the model, which keeps its defaults"
    missed = [score for score in scores if not score.is_covered]
    below = sum(score.high < score.truth for score in missed)
    width = np.median([(s.high - s.low) / s.truth for s in scores])
    error = np.median([abs(s.error) for s in scores])
    text = "\n".join(
        [
            f"Truth inside the 94 % interval of contribution; true families {known}.",
            f"Model code {hash_model_code()}.",
            f"{verdict} the target of {low:.0%} to {high:.0%}: {rates[0].value:.1%} of "
            f"{rates[0].n_cases} channels in {len(worlds)} worlds.",
            f"Of {len(missed)} misses {below} read too low and {len(missed) - below} too high. "
            f"At the median an interval is {width:.0%} of the truth wide, and the reported value "
            f"{error:.0%} of it off; worst R-hat "
            f"{max(w.max_r_hat for w in worlds):.3f}, {sum(w.n_divergences for w in worlds)} "
            "divergences.",
            "",
            "| true family | held | rate | 95 % interval |",
            "|---|---|---|---|",
            *(rate.to_line() for rate in rates),
            "",
        ]
    )
    return Report(text, is_passed=is_inside)
