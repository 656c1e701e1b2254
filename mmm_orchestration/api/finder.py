"""The process that looks which version is champion: `python -m mmm_orchestration.api.finder FILE`.

Belongs here: asking the registry, and fetching a posterior that is not here. MLflow is imported in
this process alone, so that the one which answers questions stays small and quick to start.

One line of JSON in is a question, one line out its answer; the end of the input ends it.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from mmm_orchestration.errors import MmmError
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.refreshing import find_champion
from mmm_orchestration.registry import CHAMPION, open_registry


class Question(TypedDict):
    """Which model is meant, and the version that is served now."""

    model: str | None
    known: str | None


class Found(TypedDict):
    """The champion, None where there is none; `error` says why it cannot be told or used."""

    version: str | None
    snapshot: str | None
    error: str


def find(home: Home, *, known: str | None) -> Found:
    """The champion of the home's model; one that is not `known` is here afterwards, and whole."""
    try:
        version = open_registry(home).find(CHAMPION)
        if version is None:
            return Found(version=None, snapshot=None, error="")
        if version.version != known:
            find_champion(home)
    except MmmError as error:
        return Found(version=None, snapshot=None, error=str(error))
    return Found(version=version.version, snapshot=version.tags["snapshot"], error="")


def answer_lines(lines: Iterable[str], *, home: Home) -> Iterable[str]:
    """One line of JSON for each line of JSON."""
    for line in lines:
        question: Question = json.loads(line)
        asked = Home(home.project, home.base, question["model"])
        yield json.dumps(find(asked, known=question["known"]))


def main(file: str) -> None:
    """Answers until the input ends; what libraries print goes to the error stream."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in answer_lines(sys.stdin, home=open_home(Path(file))):
        answers.write(line + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
