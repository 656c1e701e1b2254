"""The best plan for a question, with its certificate.

Belongs here: the way from a request to an answer. Must not: a single ascent (see `search`), the
proof (see `certify`).

Starts are compared on few draws; the best is then climbed on more, and what it brings is told from
all. A plan for a target of ROI is the best for the price of money at which its ROI is the target.
"""

import time
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from mmm_orchestration.decisions.certify import certify
from mmm_orchestration.decisions.channels import describe_channels
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.problem import Problem, pose
from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.decisions.results import Optimum, Start
from mmm_orchestration.decisions.search import Goal, Summit, ascend
from mmm_orchestration.decisions.starts import list_starts
from mmm_orchestration.decisions.words import describe_certificate
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.model.data import Array
from mmm_orchestration.project import Project

COARSE_DRAWS, FINE_DRAWS = 64, 256
COARSE = 1e-4
# cells times draws that are computed at once when a plan is told from all draws
MOST_CELLS = 40_000_000
_HURDLE_STEPS = 30
_ROI_ERROR = 1e-4


def optimise(model: FrozenModel, request: PlanRequest, *, project: Project) -> Optimum:
    """The answer to `request`, posed to the model of `project`.

    Raises PlanError where names are unknown or no plan keeps to all limits.
    """
    began = time.perf_counter()
    priced = model.with_inflation(dict(request.inflation))
    problem = pose(request, model=priced, project=project)
    goal, summit, starts = find_plan(priced, problem, request=request)
    seconds = time.perf_counter() - began
    plan = priced.make_plan(problem.spend(summit.z))
    told = priced.select_draws(count_told(priced, n_periods=request.periods))
    today = priced.plan_today(request.periods)
    brings = told.gain(plan.spend)
    certificate = certify(goal, summit=summit, starts=starts, told=told, today=today)
    unit = project.kpi.unit or project.currency
    sentences = describe_certificate(certificate, unit=unit, currency=model.currency)
    return Optimum(
        request=request,
        plan=plan,
        today=today,
        channels=describe_channels(told, plan=plan, today=today),
        brings=compute_interval(brings),
        gains=brings - told.gain(today.spend),
        certificate=replace(certificate, sentences=sentences),
        title=project.title,
        kpi=project.kpi.name,
        unit=unit,
        value=model.value,
        currency=model.currency,
        seconds=seconds,
    )


def find_plan(
    model: FrozenModel, problem: Problem, *, request: PlanRequest
) -> tuple[Goal, Summit, tuple[Start, ...]]:
    """The goal on many draws, its best summit, and where each start ended on few."""
    budget = request.budget
    hurdle = 0.0 if budget.kind != "free" else budget.marginal_roi or 1.0
    if budget.kind == "free" and request.objective.kind == "beat_today":
        raise PlanError(
            "The probability of beating today has no best budget",
            fix="Fix the budget, or take the mean, a quantile or CVaR as objective",
        )
    fine = Goal(model.select_draws(FINE_DRAWS), problem, request.objective, hurdle)
    if budget.roi is not None:
        fine = replace(fine, hurdle=find_hurdle(fine, roi=budget.roi))
    coarse = replace(fine, model=model.select_draws(COARSE_DRAWS))
    found = [
        (name, ascend(coarse, start=start, tolerance=COARSE))
        for name, start in list_starts(coarse, n_starts=request.starts, seed=request.seed)
    ]
    starts = tuple(Start(name, s.value, s.steps, s.has_converged) for name, s in found)
    best = max((summit for _, summit in found), key=lambda summit: summit.value)
    return fine, ascend(fine, start=best.z), starts


def find_hurdle(goal: Goal, *, roi: float) -> float:
    """The price of money at which the best plan has the mean ROI `roi`.

    Between zero, where all that helps is spent, and the price at which nothing is. Raises
    PlanError where even the smallest plan stays below the target.
    """
    start = goal.problem.gather(goal.model.plan_today(goal.problem.owner.shape[0]).spend)

    def exceed(hurdle: float) -> float:
        nonlocal start
        summit = ascend(replace(goal, hurdle=hurdle), start=start, tolerance=COARSE)
        start = summit.z
        return compute_roi(goal, summit.z) - roi

    if exceed(0.0) >= 0:
        return 0.0
    top = roi
    while exceed(top) < 0:
        top *= 2
        if top > roi * 2**_HURDLE_STEPS:
            raise PlanError(
                f"No plan within the limits has a ROI of {roi:g}",
                got=round(exceed(top) + roi, 3),
                fix="Ask for a smaller ROI, or lower the bounds of channels that bring little",
            )
    return float(brentq(exceed, 0.0, top, xtol=_ROI_ERROR * roi, maxiter=_HURDLE_STEPS))


def compute_roi(goal: Goal, z: Array) -> float:
    """Mean money that a unit of the plan's money brings; infinite where nothing is spent."""
    spend = goal.problem.spend(z)
    total = float(spend.sum())
    return goal.model.value * float(goal.model.gain(spend).mean()) / total if total else np.inf


def count_told(model: FrozenModel, *, n_periods: int) -> int:
    """How many draws a plan is told from: all of them, unless that takes too much memory."""
    cells = (n_periods + model.n_lags) * len(model.geos) * len(model.channels)
    return int(min(model.n_draws, max(FINE_DRAWS, MOST_CELLS // cells)))
