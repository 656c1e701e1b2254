"""A project's posterior asked for a plan, and the plan kept.

Belongs here: reading and keeping around `decisions`. Must not: arithmetic, Dagster.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from mmm_orchestration.decisions.export import export_tables
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frequency import BestFrequency, find_best_frequencies
from mmm_orchestration.decisions.frontier import (
    FrontierPoint,
    Turn,
    find_turns,
    trace_frontier,
)
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.decisions.results import Optimum
from mmm_orchestration.errors import PlanError
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.reporting.plan import channel_table, plan_json, render_plan
from mmm_orchestration.training import FitRecord, load_passed

PLAN_FILE = "budget_plan.json"


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan and the fit that it is asked of."""

    record: FitRecord
    optimum: Optimum


def plan_budget(home: Home, *, request: PlanRequest | None = None) -> Planned:
    """The answer of the model's posterior fitted last to `request`, or to the project's own.

    Raises PosteriorError unless the posterior passed, PlanError where the question has no answer.
    """
    record, posterior = load_passed(home.posteriors)
    asked = home.one.plan if request is None else request
    return Planned(record, optimise(freeze(posterior), asked, project=posterior.project))


@dataclass(frozen=True)
class Outlook:
    """How much to spend: the frontier, where returns fall, and how often to reach people."""

    version: str
    points: tuple[FrontierPoint, ...]
    turns: tuple[Turn, ...]
    frequencies: tuple[BestFrequency, ...]
    currency: str
    unit: str


def look_out(home: Home, *, periods: int | None = None) -> Outlook:
    """The outlook of the model's posterior fitted last, for the question of the project.

    Raises PosteriorError unless the posterior passed.
    """
    record, posterior = load_passed(home.posteriors)
    model, project = freeze(posterior), posterior.project
    request = change_request(home.one.plan, periods=periods)
    return Outlook(
        version=record.version,
        points=trace_frontier(model, request=request, project=project),
        turns=find_turns(model, n_periods=request.periods),
        frequencies=find_best_frequencies(posterior),
        currency=project.currency,
        unit=project.kpi.unit or project.currency,
    )


def read_request(path: Path) -> PlanRequest:
    """The question in a YAML or JSON file; raises PlanError that names the first mistake."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlanError(f"{path} cannot be read as YAML or JSON: {error}") from error
    return _check_request(values or {}, place=str(path))


def change_request(
    request: PlanRequest,
    *,
    periods: int | None = None,
    total: float | None = None,
    percent: float | None = None,
    roi: float | None = None,
    marginal_roi: float | None = None,
    reach: float | None = None,
    objective: str | None = None,
) -> PlanRequest:
    """The question with the parts that are given in place of its own.

    Raises PlanError where they do not go together.
    """
    changed = request.model_dump(mode="json")
    given = {"total": total, "percent": percent, "roi": roi, "marginal_roi": marginal_roi}
    budget = {name: value for name, value in given.items() if value is not None}
    if budget:
        changed["budget"] = {"kind": "free" if roi or marginal_roi else "fixed", **budget}
    if objective is not None:
        changed["objective"] = {**changed["objective"], "kind": objective}
    changed |= {k: v for k, v in (("periods", periods), ("reach", reach)) if v is not None}
    return _check_request(changed, place="the question")


def _check_request(values: object, *, place: str) -> PlanRequest:
    try:
        return PlanRequest.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([place, *map(str, first["loc"])])
        raise PlanError(f"{where}: {first['msg']}", got=first.get("input")) from error


def keep_plan(planned: Planned, *, folder: Path) -> Path:
    """The page of the plan, `budget_plan.html`, beside which it is kept as JSON."""
    told = plan_json(planned.optimum, version=planned.record.version)
    write_whole(folder / PLAN_FILE, json.dumps(told, indent=2))
    page = render_plan(planned.optimum, version=planned.record.version)
    return write_whole(folder / "budget_plan.html", page)


def export_plan(planned: Planned, *, path: Path) -> Path:
    """The plan as CSV, Parquet or XLSX, with what each channel is given and brings."""
    optimum, record = planned.optimum, planned.record
    return export_tables(
        path,
        plan=optimum.plan.to_frame(),
        channels=channel_table(optimum),
        about={
            "project": optimum.title,
            "model version": record.version,
            "data snapshot": record.snapshot,
            "trained through": record.trained_through,
            "money": optimum.currency,
            "KPI": f"{optimum.kpi}, {optimum.unit}",
            "certificate": " ".join(optimum.certificate.sentences),
        },
    )
