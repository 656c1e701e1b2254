"""Data Docs of the last validation of every table, as pages that need no network."""

import html
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration.quality.validate import Validation

if TYPE_CHECKING:
    from great_expectations.render.components import RenderedSectionContent


@dataclass(frozen=True)
class _Line:
    """What the index says about one table."""

    table: str
    n_checks: int
    n_failed: int


def update_data_docs(validation: Validation, *, folder: Path) -> Path:
    """The page of the validated table, `<table>.html` in `folder`.

    The page holds Great Expectations' own rendering. `<table>.json` beside it is the result it
    was made from, and `index.html` lists the last result of every table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = validation.suite.table
    _replace(folder / f"{table}.json", validation.document)
    line = _read_line(folder / f"{table}.json")
    page = _render("table.html.j2", line=line, sections=_render_sections(validation))
    lines = [_read_line(path) for path in sorted(folder.glob("*.json"))]
    _replace(folder / "index.html", _render("index.html.j2", lines=lines))
    return _replace(folder / f"{table}.html", page)


def _render_sections(validation: Validation) -> "list[RenderedSectionContent]":
    """The sections that Great Expectations makes of one validation."""
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResultSchema,
    )
    from great_expectations.render.renderer.page_renderer import (
        ValidationResultsPageRenderer,
    )

    document = json.loads(validation.document)
    for single in document["results"]:
        single["result"] = _escape(single["result"])
    result = ExpectationSuiteValidationResultSchema().load(document)
    rendered = ValidationResultsPageRenderer(run_info_at_end=True).render(result).to_json_dict()
    sections: list[RenderedSectionContent] = rendered["sections"]
    return sections


def _escape(value: object) -> object:
    """The JSON value with every text safe in HTML; Great Expectations prints it as it is."""
    if isinstance(value, dict):
        return {key: _escape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escape(inner) for inner in value]
    return html.escape(value) if isinstance(value, str) else value


def _render(name: str, **values: object) -> str:
    """A template of ours, which may include those of Great Expectations."""
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, PackageLoader

    environment = DefaultJinjaPageView().env
    own = PackageLoader("mmm_orchestration.quality", "templates")
    environment.loader = ChoiceLoader([own, *filter(None, [environment.loader])])
    return environment.get_template(name).render(**values)


def _read_line(path: Path) -> _Line:
    counts = json.loads(path.read_text(encoding="utf-8"))["statistics"]
    return _Line(
        table=path.stem,
        n_checks=counts["evaluated_expectations"],
        n_failed=counts["unsuccessful_expectations"],
    )


def _replace(path: Path, text: str) -> Path:
    """The file with its new content, never half of it."""
    written = path.with_name(f"{path.name}.{os.getpid()}.part")
    written.write_text(text, encoding="utf-8")
    return written.replace(path)
