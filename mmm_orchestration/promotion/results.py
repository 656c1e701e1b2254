"""The verdict on a challenger, as frozen values, and its file.

Belongs here: what is said and how it is kept. Must not: how it is judged (see `gates`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter

from mmm_orchestration.files import write_whole

FOLDER: Final = "promotion"
GateName = Literal["convergence", "findings", "plausibility", "out_of_time", "stability"]
Outcome = Literal["passed", "failed", "not judged"]


@dataclass(frozen=True)
class Gate:
    """One gate: its outcome, a sentence with the numbers behind it, and why it failed.

    What is not judged stops nothing, and its sentence says why it was not.
    """

    name: GateName
    outcome: Outcome
    sentence: str
    numbers: Mapping[str, float]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """All gates of the posterior `version` against `champion`, None where there is none yet.

    `reasons` holds every reason of every gate that failed; `is_passed` when there is none.
    """

    version: str
    champion: str | None
    is_passed: bool
    reasons: tuple[str, ...]
    judged_at: str
    gates: tuple[Gate, ...]

    def gate(self, name: GateName) -> Gate:
        """The gate of that name."""
        return next(gate for gate in self.gates if gate.name == name)


_VERDICT: Final = TypeAdapter(Verdict)


def conclude(
    gates: tuple[Gate, ...], *, version: str, champion: str | None, judged_at: str
) -> Verdict:
    """The verdict that the gates make together."""
    reasons = tuple(reason for gate in gates for reason in gate.reasons)
    return Verdict(
        version=version,
        champion=champion,
        is_passed=all(gate.outcome != "failed" for gate in gates),
        reasons=reasons,
        judged_at=judged_at,
        gates=gates,
    )


def keep_verdict(verdict: Verdict, *, folder: Path) -> Path:
    """The file of the verdict below the folder of posteriors, whole or not at all."""
    file = folder / FOLDER / f"{verdict.version}.json"
    return write_whole(file, _VERDICT.dump_json(verdict, indent=2))


def find_verdict(folder: Path, *, version: str) -> Verdict | None:
    """The verdict kept of the posterior `version`, None where it was never judged."""
    file = folder / FOLDER / f"{version}.json"
    return _VERDICT.validate_json(file.read_bytes()) if file.is_file() else None
