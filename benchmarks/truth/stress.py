"""The stress matrix: each world is answered right, or a finding names its trouble.

Belongs here: one fit with its findings, verdicts, the table. Must not: the worlds (see
`scenarios`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.truth.code_hash import PACKAGE, hash_model_code, hash_sources, hash_worlds
from benchmarks.truth.records import Records, Row, run_seeds
from benchmarks.truth.report import Report
from benchmarks.truth.scenarios import SCENARIOS, Scenario
from benchmarks.truth.score import ChannelScore, score_channels
from benchmarks.truth.shared_worlds import list_shared
from mmm_orchestration.quality.finding import SEVERITIES, Finding

Verdict = Literal["right", "named", "right, FALSE ALARM", "SILENT"]
LOUD = SEVERITIES[SEVERITIES.index("warning") :]


@dataclass(frozen=True)
class Stressed:
    """One scenario fitted: its channels, and the causes found before and after, as warnings."""

    scenario: Scenario
    channels: tuple[ChannelScore, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether every channel is covered or near the truth."""
        return all(score.is_right for score in self.channels)

    @property
    def named(self) -> tuple[str, ...]:
        """The causes found that name the trouble."""
        found = {*self.before, *self.after}
        return tuple(cause for cause in self.scenario.causes if cause in found)

    @property
    def verdict(self) -> Verdict:
        """What became of the world; a clean one must also raise no warning."""
        if self.scenario.is_clean and (self.before or self.after):
            return "right, FALSE ALARM" if self.is_right else "SILENT"
        if self.is_right:
            return "right"
        return "named" if self.named else "SILENT"


def measure_stress(place: int, *, seed: int, shared: Path) -> Row:
    """The scores of one scenario under default settings, and the causes of its findings."""
    from mmm_orchestration.diagnosis.after import examine_posterior
    from mmm_orchestration.diagnosis.before import examine_data
    from mmm_orchestration.model.fit import fit

    world = list_scenarios(shared)[place].build(seed)
    before = examine_data(world.data, project=world.project)
    posterior = fit(world.data, project=world.project)
    scores = score_channels(posterior, world=world)
    return {
        "channels": [score.to_row() for score in scores],
        "before": list_loud(before),
        "after": list_loud(examine_posterior(posterior)),
    }


def list_loud(findings: Sequence[Finding]) -> list[str]:
    """The causes of findings that are warnings or worse, each once."""
    return sorted({finding.cause for finding in findings if finding.severity in LOUD})


def list_scenarios(shared: Path) -> tuple[Scenario, ...]:
    """All scenarios, those of published worlds last."""
    return (*SCENARIOS, *list_shared(shared / "worlds_with_truth"))


def run_stress(*, seed: int, folder: Path, shared: Path, n_processes: int) -> tuple[Stressed, ...]:
    """Every scenario fitted and judged; those of this code in `folder` are not fitted again."""
    examined = hash_sources(PACKAGE / "diagnosis", PACKAGE / "insight")
    key = f"{hash_model_code()} {examined} {hash_worlds()} {seed}"
    scenarios = list_scenarios(shared)
    rows = run_seeds(
        partial(measure_stress, seed=seed, shared=shared),
        seeds=range(len(scenarios)),
        records=Records(folder / "stress.jsonl", key=key),
        n_processes=n_processes,
    )
    return tuple(read_row(rows[place], scenario=own) for place, own in enumerate(scenarios))


def read_row(row: Row, *, scenario: Scenario) -> Stressed:
    """The row of `measure_stress` with its scenario."""
    channels, before, after = row["channels"], row["before"], row["after"]
    assert isinstance(channels, list)
    assert isinstance(before, list)
    assert isinstance(after, list)
    return Stressed(
        scenario=scenario,
        channels=tuple(ChannelScore.from_row(own) for own in channels),
        before=tuple(before),
        after=tuple(after),
    )


def write_stress(stressed: Sequence[Stressed]) -> Report:
    """The table in Markdown with the hash of the model code; a miss shows how far it is off.

    Passed without a silent failure and without a false alarm.
    """
    verdicts = [own.verdict for own in stressed]
    n_silent, n_alarms = verdicts.count("SILENT"), verdicts.count("right, FALSE ALARM")
    text = "\n".join(
        [
            f"Stress matrix: {len(stressed)} worlds, {n_silent} silent failures, {n_alarms} "
            "false alarms on clean worlds.",
            f"Model code {hash_model_code()}.",
            "",
            "| world | verdict | channels, error of the median | found before | found after |",
            "|---|---|---|---|---|",
            *(_write_line(own) for own in stressed),
            "",
        ]
    )
    return Report(text, is_passed=not n_silent and not n_alarms)


def _write_line(own: Stressed) -> str:
    errors = ", ".join(
        f"{score.error:+.0%}{'' if score.is_covered else ' out'}" for score in own.channels
    )
    found = [
        ", ".join(f"**{c}**" if c in own.named else c for c in causes) or "–"
        for causes in (own.before, own.after)
    ]
    return f"| {own.scenario.name} | {own.verdict} | {errors} | {found[0]} | {found[1]} |"
