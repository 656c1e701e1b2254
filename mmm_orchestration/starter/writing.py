"""A proposal as the commented text of mmm.yaml.

Belongs here: quoting and layout (see `mmm.yaml.jinja`). Must not: decisions.
"""

import os
import re
from pathlib import Path

import jinja2
import yaml

from mmm_orchestration.starter.proposal import Choices, Proposal
from mmm_orchestration.starter.words import make_slug

# YAML readers of any version must see these words as text.
_NOT_TEXT = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])


def write_project(proposal: Proposal, *, choices: Choices, folder: Path) -> str:
    """The text of a project file in `folder` that refers to the data file where it lies."""
    slug = make_slug(proposal.look.path.stem, taken=set())
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    # The text is YAML, where HTML escapes would be wrong; `quoted` and `comment` escape for it.
    environment = jinja2.Environment(  # noqa: S701
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    environment.filters |= {"quoted": quote, "comment": to_comment, "number": "{:.6g}".format}
    return environment.get_template("mmm.yaml.jinja").render(
        p=proposal,
        choices=choices,
        project=choices.name or slug,
        source=slug,
        path=Path(os.path.relpath(proposal.look.path.resolve(), folder.resolve())).as_posix(),
    )


def quote(text: str) -> str:
    """The text as a YAML scalar of one line, bare where that is the same text."""
    is_word = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) is not None
    if is_word and text.casefold() not in _NOT_TEXT:
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**6).strip()


def to_comment(text: str) -> str:
    """The text on one line without control characters, fit to stand behind '#'."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
