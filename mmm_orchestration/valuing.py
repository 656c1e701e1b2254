"""A project's numbers beside the field, and what its programme of modelling is worth.

Belongs here: reading around `decisions.field` and `decisions.programme`. Must not: arithmetic.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from mmm_orchestration.decisions.field import Placed, list_kinds, name_kinds, place
from mmm_orchestration.decisions.programme import Gain, Programme, Return, evaluate_programme
from mmm_orchestration.decisions.record import list_approvals
from mmm_orchestration.errors import PlanError
from mmm_orchestration.home import Home
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.planning import PLAN_FILE
from mmm_orchestration.publishing import summarise_kept
from mmm_orchestration.training import load_passed

YEAR_DAYS = 365.0


@dataclass(frozen=True)
class Valued:
    """A programme, what it brings, and where the gain of its plans comes from, in words."""

    programme: Programme
    brought: Return
    said: str


@dataclass(frozen=True)
class Field:
    """The report's results, what kind each channel was taken for, and each number beside others."""

    results: RoiResults
    kinds: Mapping[str, str]
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Certified:
    """What one plan is said to bring in money, how many such plans a year has, and which it is."""

    gain: Gain
    plans_per_year: float
    said: str


def look_at_field(
    home: Home, *, kinds: Mapping[str, str] | None = None, margin: float | None = None
) -> Field:
    """The model's posterior fitted last beside what others published.

    Raises PosteriorError unless it passed, PlanError for a channel or kind that there is not.
    """
    record, posterior = load_passed(home.posteriors)
    results = summarise_kept(home, posterior=posterior, record=record)
    named = name_kinds(tuple(c.channel for c in results.channels), given=kinds)
    return Field(results, named, place(results, kinds=named, margin=margin))


def read_kinds(words: Sequence[str]) -> dict[str, str]:
    """What each channel is, from words as 'channel=kind'; raises PlanError for another word."""
    pairs = [word.partition("=") for word in words]
    for channel, sign, kind in pairs:
        if not (channel and sign and kind):
            raise PlanError("A kind is given as CHANNEL=KIND", got=channel, available=list_kinds())
    return {channel: kind for channel, _, kind in pairs}


def evaluate(
    home: Home,
    *,
    settings: Mapping[str, object],
    gain: tuple[float, float, float] | None = None,
    plans: float | None = None,
) -> Valued:
    """The return of the programme with the `settings` of `Programme`.

    Gain (median, low, high) and plans a year come from the project's own plan where they are not
    given. Raises PlanError for settings that do not go together, or as `find_certified` does.
    """
    certified = None if gain and plans else find_certified(home)
    values = dict(settings)
    if gain is not None:
        values["gain"] = dict(zip(("median", "low", "high"), gain, strict=True))
    elif certified is not None:
        values["gain"] = certified.gain.model_dump()
    values["plans_per_year"] = plans or (certified.plans_per_year if certified else None)
    try:
        programme = Programme.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the programme"
        raise PlanError(f"{where}: {first['msg']}", got=str(first.get("input"))) from error
    said = "--gain" if gain is not None or certified is None else certified.said
    return Valued(programme, evaluate_programme(programme), said)


def find_certified(home: Home) -> Certified:
    """The gain of the newest approved plan, else of the newest that `mmm optimize` kept.

    Raises PlanError where there is neither, or the KPI has no value in money.
    """
    one = home.one
    value = 1.0 if (one.kpi.unit or one.currency) == one.currency else one.kpi.value
    if value is None:
        raise PlanError("The KPI has no value in money", fix="Set kpi.value, or give --gain")
    approved = [each for each in list_approvals(home.plans) if not each.withdrawn_by]
    if approved:
        plan = approved[0]
        days, promised = plan.n_periods * plan.period_days, vars(plan.promised)
        said = f"the approved plan {plan.name}"
    else:
        days, promised = _read_plan(home)
        said = "the newest plan of 'mmm optimize'"
    gain = Gain(**{end: value * amount for end, amount in promised.items()})
    return Certified(gain, YEAR_DAYS / days, said)


def _read_plan(home: Home) -> tuple[int, dict[str, float]]:
    try:
        row = json.loads((home.reports / PLAN_FILE).read_text(encoding="utf-8"))
        n_periods = len({cell["period"] for cell in row["plan"]})
        return n_periods * int(row["period_days"]), dict(row["certificate"]["gain"])
    except FileNotFoundError as error:
        fix = "Run 'mmm optimize', or give --gain"
        raise PlanError("There is no plan whose gain could be counted", fix=fix) from error
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(f"{PLAN_FILE} is no plan", fix="Run 'mmm optimize' again") from error
