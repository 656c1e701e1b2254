"""The stress matrix: each world is answered right, or a finding names its trouble.

Belongs here: one fit with its findings, verdicts, the table. Must not: the worlds (see
`scenarios`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.truth.chance import REPEATS, is_beyond_chance
from benchmarks.truth.code_hash import PACKAGE, hash_model_code, hash_sources, hash_worlds
from benchmarks.truth.records import Records, Row, run_seeds
from benchmarks.truth.report import Report
from benchmarks.truth.scenarios import SCENARIOS, Scenario
from benchmarks.truth.score import ChannelScore, score_channels
from benchmarks.truth.shared_worlds import list_shared
from mmm_orchestration.quality.finding import SEVERITIES, Finding

Verdict = Literal["right", "named", "right, FALSE ALARM", "missed by chance", "SILENT"]
LOUD = SEVERITIES[SEVERITIES.index("warning") :]
# a draw of a world is known by this many times its repeat, plus the place of its scenario
STRIDE = 1000


@dataclass(frozen=True)
class Stressed:
    """One scenario fitted: its channels, and the causes found before and after, as warnings.

    `again` are fits of other draws of the same world, none where the first needs none.
    """

    scenario: Scenario
    channels: tuple[ChannelScore, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    again: tuple["Stressed", ...] = ()

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
        if self.named:
            return "named"
        return "missed by chance" if self.is_chance else "SILENT"

    @property
    def is_chance(self) -> bool:
        """Whether other draws miss no more than intervals may; false where there are none.

        The first draw does not count, since it was chosen for its miss.
        """
        return bool(self.again) and not is_beyond_chance([own.channels for own in self.again])


def measure_stress(place: int, *, seed: int, shared: Path) -> Row:
    """The scores of one draw of a scenario under default settings, and the causes of its findings.

    `place` is that of the scenario plus `STRIDE` times the repeat, which is zero for the first.
    """
    from mmm_orchestration.diagnosis.after import examine_posterior
    from mmm_orchestration.diagnosis.before import examine_data
    from mmm_orchestration.model.fit import fit

    repeat, own = divmod(place, STRIDE)
    world = list_scenarios(shared)[own].build(seed + STRIDE * repeat)
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
    """Every scenario fitted and judged; those of this code in `folder` are not fitted again.

    A world that is missed in silence is drawn and fitted again, where it can be drawn.
    """
    examined = hash_sources(PACKAGE / "diagnosis", PACKAGE / "insight")
    key = f"{hash_model_code()} {examined} {hash_worlds()} {seed}"
    scenarios = list_scenarios(shared)
    measure = partial(
        run_seeds,
        partial(measure_stress, seed=seed, shared=shared),
        records=Records(folder / "stress.jsonl", key=key),
        n_processes=n_processes,
    )
    rows = measure(seeds=range(len(scenarios)))
    first = [read_row(rows[place], scenario=own) for place, own in enumerate(scenarios)]
    silent = [p for p, own in enumerate(first) if own.verdict == "SILENT" and p < len(SCENARIOS)]
    more = measure(seeds=[STRIDE * k + p for p in silent for k in range(1, REPEATS + 1)])
    for place in silent:
        again = [more[STRIDE * k + place] for k in range(1, REPEATS + 1)]
        own = scenarios[place]
        repeats = tuple(read_row(row, scenario=own) for row in again)
        first[place] = replace(first[place], again=repeats)
    return tuple(first)


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
    redrawn = [score.is_right for fitted in own.again for score in fitted.channels]
    if redrawn:
        errors += f"; drawn again {redrawn.count(False)} of {len(redrawn)} wrong"
    found = [
        ", ".join(f"**{c}**" if c in own.named else c for c in causes) or "–"
        for causes in (own.before, own.after)
    ]
    return f"| {own.scenario.name} | {own.verdict} | {errors} | {found[0]} | {found[1]} |"
