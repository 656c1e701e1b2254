"""The verdict on a challenger, as frozen values, and its file.

Belongs here: what is said and how it is kept. Must not: how it is judged (see `gates`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from mmm_orchestration.errors import RegistryError
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
    """The verdict kept of the posterior `version`, None where it was never judged.

    Raises RegistryError for a file that is no verdict, is about another version, or says of itself
    that it passed while a gate of it failed.
    """
    file = folder / FOLDER / f"{version}.json"
    try:
        verdict = _VERDICT.validate_json(file.read_bytes(), strict=True)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RegistryError(f"{file} is no verdict of the gate", fix="Judge it again") from error
    if verdict.version != version:
        raise RegistryError(f"{file} is about another version", got=verdict.version)
    if verdict.is_passed != all(gate.outcome != "failed" for gate in verdict.gates):
        raise RegistryError(f"{file} does not say what its gates say", fix="Judge it again")
    return verdict


def say_verdict(verdict: Verdict | None) -> str:
    """The verdict in two words."""
    if verdict is None:
        return "not judged"
    return "passed" if verdict.is_passed else "failed"
