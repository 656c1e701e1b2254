"""Scenarios of a project: played with its posterior, kept by name, played again.

Belongs here: reading and keeping around `decisions.scenario`. Must not: arithmetic, Dagster.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from mmm_orchestration.decisions.export import export_tables
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.scenario import Scenario, play
from mmm_orchestration.decisions.what_if import ScenarioRequest
from mmm_orchestration.errors import PlanError
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.project import Project
from mmm_orchestration.reporting.scenarios import (
    plan_table,
    render_scenarios,
    scenario_table,
    scenarios_json,
)
from mmm_orchestration.training import FitRecord, load_passed


@dataclass(frozen=True)
class Kept:
    """A scenario on disk: what was asked, and what was answered by which version and data."""

    request: ScenarioRequest
    version: str
    snapshot: str
    gain: Interval
    money: float
    probability: float


@dataclass(frozen=True, eq=False)
class Played:
    """Scenarios answered by one fit, all over the same draws, and why others were not."""

    record: FitRecord
    scenarios: tuple[Scenario, ...]
    currency: str
    unit: str
    refused: tuple[str, ...] = ()


def play_scenarios(home: Home, requests: Sequence[ScenarioRequest]) -> Played:
    """What the scenarios bring by the model's posterior fitted last.

    Raises PosteriorError unless it passed, PlanError where a scenario names what there is not.
    """
    record, posterior = load_passed(home.posteriors)
    model, project = freeze(posterior), posterior.project
    played = [play(each, model=model, posterior=posterior, project=project) for each in requests]
    return _gather(record, played, project=project)


def _gather(
    record: FitRecord, played: Sequence[Scenario], *, project: Project, refused: Sequence[str] = ()
) -> Played:
    unit = project.kpi.unit or project.currency
    return Played(record, tuple(played), project.currency, unit, tuple(refused))


def play_all(home: Home) -> Played:
    """The scenarios that are kept and those that mmm.yaml declares, which come first of a name.

    One that the newest posterior cannot answer, such as for a channel that is gone, is `refused`
    and leaves the others. Raises PosteriorError unless the posterior passed.
    """
    requests, refused = dict[str, ScenarioRequest](), list[str]()
    for path in sorted(home.scenarios.glob("*.json")):
        try:
            request = _read_kept(path).request
            requests[request.name] = request
        except PlanError as error:
            refused.append(str(error))
    record, posterior = load_passed(home.posteriors)
    model, project, answered = freeze(posterior), posterior.project, list[Scenario]()
    for each in (requests | {declared.name: declared for declared in home.one.scenarios}).values():
        try:
            answered.append(play(each, model=model, posterior=posterior, project=project))
        except PlanError as error:
            refused.append(f"{each.name}: {error}")
    return _gather(record, answered, project=project, refused=refused)


def keep_comparison(played: Played, *, home: Home) -> Path:
    """The page `scenarios.html`, beside which the comparison is kept as JSON and as a book."""
    words = {"unit": played.unit, "currency": played.currency}
    version, folder = played.record.version, home.reports
    told = scenarios_json(played.scenarios, version=version, **words)
    write_whole(folder / "scenarios.json", json.dumps(told, indent=2))
    export_comparison(played, path=folder / "scenarios.xlsx")
    page = render_scenarios(
        played.scenarios,
        refused=played.refused,
        title=home.one.title,
        version=version,
        **words,
    )
    return write_whole(folder / "scenarios.html", page)


def export_comparison(played: Played, *, path: Path) -> Path:
    """The plans of the scenarios as CSV, Parquet or XLSX, the last with the comparison."""
    return export_tables(
        path,
        plan=plan_table(played.scenarios),
        channels=scenario_table(played.scenarios),
        second="Scenarios",
        about={
            "model version": played.record.version,
            "data snapshot": played.record.snapshot,
            "trained through": played.record.trained_through,
            "money": played.currency,
            "KPI": played.unit,
        },
    )


def find_request(word: str, *, home: Home) -> ScenarioRequest:
    """The scenario in the file `word`, else the one that is kept under that name."""
    path = Path(word)
    if path.is_file():
        return _read_request(path)
    kept = {each.request.name: each.request for each in list_kept(home.scenarios)}
    if word not in kept:
        raise PlanError(f"There is no file and no kept scenario '{word}'", available=sorted(kept))
    return kept[word]


def keep_scenario(scenario: Scenario, *, record: FitRecord, folder: Path) -> Path:
    """The file of the scenario, under its name in place of an earlier one."""
    row = {
        "request": scenario.request.model_dump(mode="json"),
        "version": record.version,
        "snapshot": record.snapshot,
        "gain": vars(scenario.gain),
        "money": scenario.money,
        "probability": scenario.probability,
    }
    return write_whole(folder / f"{scenario.request.name}.json", json.dumps(row, indent=2))


def list_kept(folder: Path) -> tuple[Kept, ...]:
    """The scenarios in `folder` by name; raises PlanError for a file that is none."""
    return tuple(_read_kept(path) for path in sorted(folder.glob("*.json")))


def _read_kept(path: Path) -> Kept:
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        return Kept(
            request=ScenarioRequest.model_validate(row["request"]),
            version=str(row["version"]),
            snapshot=str(row["snapshot"]),
            gain=Interval(**row["gain"]),
            money=float(row["money"]),
            probability=float(row["probability"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(f"{path} is no kept scenario", fix="Remove it, or play it again") from error


def _read_request(path: Path) -> ScenarioRequest:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlanError(f"{path} cannot be read as YAML or JSON: {error}") from error
    try:
        return ScenarioRequest.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([str(path), *map(str, first["loc"])])
        raise PlanError(f"{where}: {first['msg']}", got=first.get("input")) from error
