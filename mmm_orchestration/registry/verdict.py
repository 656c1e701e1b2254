"""What the promotion gate said of a version, as it left it beside the posterior.

Belongs here: reading the file `promotion/<version>.json`. Must not: judging.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mmm_orchestration.errors import RegistryError

FOLDER: Final = "promotion"


@dataclass(frozen=True)
class Verdict:
    """Whether the version passed the gate, and every reason why it did not."""

    version: str
    is_passed: bool
    reasons: tuple[str, ...]


def read_verdict(folder: Path, *, version: str) -> Verdict | None:
    """The verdict on `version` below the folder of posteriors, None where it was never judged.

    Raises RegistryError for a file that is no verdict on this version.
    """
    file = folder / FOLDER / f"{version}.json"
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
        verdict = Verdict(
            version=str(row["version"]),
            is_passed=row["is_passed"] is True,
            reasons=tuple(map(str, row["reasons"])),
        )
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryError(f"{file} is no verdict of the gate", fix="Judge it again") from error
    if verdict.version != version:
        raise RegistryError(f"{file} is about another version", got=verdict.version)
    return verdict


def say_verdict(verdict: Verdict | None) -> str:
    """The verdict in two words."""
    if verdict is None:
        return "not judged"
    return "passed" if verdict.is_passed else "failed"
