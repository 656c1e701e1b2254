"""A first project from one data file: what `mmm init` does.

Belongs here: looking at a file, guessing with reasons, writing the project file.
Must not: reading deliveries (see `sources`), or guessing currency and time zone.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticCustomError

from mmm_orchestration.errors import ProjectError
from mmm_orchestration.project import check_currency, check_slug, check_time_zone, parse_project
from mmm_orchestration.starter.looking import look_at
from mmm_orchestration.starter.proposal import Choices, Proposal
from mmm_orchestration.starter.propose import propose
from mmm_orchestration.starter.writing import write_project

__all__ = ["Choices", "Started", "start_project"]


@dataclass(frozen=True)
class Started:
    """A project file that was written, and the proposal it holds."""

    path: Path
    proposal: Proposal


def start_project(
    file: Path, *, folder: Path, choices: Choices, is_replacing: bool = False
) -> Started:
    """The project file written to `folder` for the data in `file`.

    Raises ProjectError or SourceError, each naming the flag that mends it, and then writes
    nothing; an existing mmm.yaml is replaced only when `is_replacing`.
    """
    _check_choices(choices)
    path = folder / "mmm.yaml"
    if path.exists() and not is_replacing:
        raise ProjectError(f"{path} exists already", fix="Say another --folder, or --force")
    proposal = propose(look_at(file), choices=choices)
    text = write_project(proposal, choices=choices, folder=folder)
    parse_project(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fix = "Say another --folder"
        raise ProjectError(f"{path} cannot be written: {error.strerror}", fix=fix) from error
    return Started(path, proposal)


def _check_choices(choices: Choices) -> None:
    for flag, value, check in (
        ("--currency", choices.currency, check_currency),
        ("--time-zone", choices.time_zone, check_time_zone),
        ("--name", choices.name, check_slug),
    ):
        try:
            if value is not None:
                check(value)
        except PydanticCustomError as error:
            raise ProjectError(f"{flag}: {error.message()}") from error
