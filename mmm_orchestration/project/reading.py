"""From the file to the project: text, values, sections, or one error that says what to mend."""

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from mmm_orchestration.project.declaration import Project
from mmm_orchestration.project.mistakes import explain_mistakes
from mmm_orchestration.project.text import Document, parse_document, read_document


def load_project(path: Path) -> Project:
    """The project declared in the file at `path`.

    Raises ProjectError with key, line, what is allowed and the nearest match for the first
    mistake, and the number of further ones.
    """
    return _validate(read_document(path), name=path.name)


def parse_project(text: str, *, name: str = "mmm.yaml") -> Project:
    """The project declared in `text`; `name` stands in errors."""
    return _validate(parse_document(text, name=name), name=name)


def content_hash(project: Project) -> str:
    """SHA-256 of what is declared; comments, key order and spelt-out defaults do not count."""
    content = json.dumps(project.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _validate(document: Document, *, name: str) -> Project:
    try:
        return Project.model_validate(document.values)
    except ValidationError as error:
        raise explain_mistakes(error, document=document, model=Project, name=name) from error
