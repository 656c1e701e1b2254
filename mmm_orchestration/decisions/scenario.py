"""What would happen if: changes of today's plan, and of what is not media.

Belongs here: what a scenario brings beyond today's plan. Must not: its form (see `what_if`), or
keeping it.

Changes are carried out one after another. Media are answered by the posterior's own curves; a
control by its coefficient; what the model has never seen, a new channel or a competitor it has no
control for, by an assumption that is stated, its uncertainty drawn with a fixed seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.newcomer import gain_of_newcomer
from mmm_orchestration.decisions.outside import Drift, change_control
from mmm_orchestration.decisions.plan import Plan, check_names
from mmm_orchestration.decisions.problem import find_periods
from mmm_orchestration.decisions.what_if import (
    Competitor,
    ControlChange,
    NewChannel,
    Scale,
    ScenarioRequest,
    SetSpend,
    Shift,
    Span,
)
from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.model.data import Array
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project

SIGMAS = 2.0


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a scenario brings beyond today's plan over the same periods.

    `gains` (draw,) and `by_channel` are KPI units; `money` is the spend beyond today's; `noise` is
    how far the mean gain moves with another seed. `net` is the gain in money less the money spent,
    where the KPI has a value. `sentences` begin with doubts.
    """

    request: ScenarioRequest
    plan: Plan
    today: Plan
    gains: Array
    gain: Interval
    by_channel: dict[str, Interval]
    money: float
    net: Interval
    probability: float
    noise: float
    sentences: tuple[str, ...]


def play(
    request: ScenarioRequest, *, model: FrozenModel, posterior: Posterior, project: Project
) -> Scenario:
    """The scenario against `model`, the frozen `posterior`; raises PlanError for unknown names."""
    today = model.plan_today(request.periods)
    spend = today.spend.copy()
    beside, extra, said = np.zeros(model.n_draws), 0.0, list[str]()
    rng = np.random.default_rng(request.seed)
    for change in request.changes:
        where = _cover(change, model=model, n_periods=request.periods)
        match change:
            case Shift() | Scale() | SetSpend():
                spend = _respend(spend, change, where=where, model=model, project=project)
            case NewChannel():
                beside += gain_of_newcomer(change.like, change.money, where, model=model) * (
                    change.factor * rng.lognormal(0, change.spread, model.n_draws)
                )
                extra += change.money * float(where.any(axis=1).sum())
                said.append(_tell_newcomer(change))
            case ControlChange():
                drift = change_control(
                    posterior, control=change.control, change=change.change, where=where
                )
                beside += drift.gain
                said += drift.doubts
            case Competitor():
                drift = _lose(change, posterior=posterior, where=where, rng=rng)
                beside += drift.gain
                said += drift.doubts
    plan = model.make_plan(spend)
    gains = model.gain(spend) - model.gain(today.spend) + beside
    moved = model.gain_by_channel(spend) - model.gain_by_channel(today.spend)
    money = plan.total - today.total + extra
    noise = _measure_noise(gains, n_chains=model.n_chains)
    return Scenario(
        request=request,
        plan=plan,
        today=today,
        gains=gains,
        gain=compute_interval(gains),
        by_channel={
            name: compute_interval(moved[:, c])
            for c, name in enumerate(model.channels)
            if np.any(spend[:, :, c] != today.spend[:, :, c])
        },
        money=money,
        net=compute_interval(model.value * gains - money),
        probability=float((gains > 0).mean()),
        noise=noise,
        sentences=(*_tell_doubts(gains, noise, spend=spend, model=model), *said),
    )


def compare(scenarios: Sequence[Scenario]) -> Array:
    """The probability that one scenario brings more than another, shape (scenario, scenario).

    Over the same draws of one model; half where both are the same.
    """
    gains = [scenario.gains for scenario in scenarios]
    return np.array([[float((a > b).mean() + 0.5 * (a == b).mean()) for b in gains] for a in gains])


def _respend(
    spend: Array,
    change: Shift | Scale | SetSpend,
    *,
    where: Array,
    model: FrozenModel,
    project: Project,
) -> Array:
    """The plan (period, geo, channel) after one change where `where` (period, geo) is one."""
    changed = spend.copy()
    match change:
        case Shift():
            check_names((change.source, change.target), known=model.channels, what="channel")
            source, target = map(model.channels.index, (change.source, change.target))
            own = spend[:, :, source] * where
            total = float(own.sum())
            asked = change.money if change.percent is None else change.percent / 100 * total
            if asked is None or asked > total:
                raise PlanError(
                    f"{change.source} spends less than is to be shifted",
                    got=asked,
                    fix=f"It spends {total:,.2f} there",
                )
            moved = own * (asked / total if total else 0.0)
            changed[:, :, source] -= moved
            changed[:, :, target] += moved
        case Scale():
            for name in _choose(change, model=model, project=project):
                c = model.channels.index(name)
                changed[:, :, c] *= 1 + change.percent / 100 * where
        case SetSpend():
            check_names((change.channel,), known=model.channels, what="channel")
            c = model.channels.index(change.channel)
            own = model.today[:, c] if model.today[:, c].any() else np.ones(len(model.geos))
            split = where * own
            part = split / np.where(split.sum(axis=1) > 0, split.sum(axis=1), 1)[:, None]
            changed[:, :, c] = np.where(where > 0, change.money * part, spend[:, :, c])
    return changed


def _choose(change: Scale, *, model: FrozenModel, project: Project) -> Sequence[str]:
    check_names(change.channels, known=model.channels, what="channel")
    declared = {c.name: c for c in project.channels}
    for label in ("group", "stage"):
        if (wanted := getattr(change, label)) is not None:
            labels = {name: getattr(declared[name], label) for name in model.channels}
            check_names([wanted], known=[v for v in labels.values() if v], what=label)
            return [name for name, value in labels.items() if value == wanted]
    return change.channels or model.channels


def _cover(change: Span, *, model: FrozenModel, n_periods: int) -> Array:
    """One where the change is for, shape (period, geo)."""
    check_names(change.geos, known=model.geos, what="geo")
    given = [day for day in (change.first, change.last) if day is not None]
    places = find_periods(given, model=model, n_periods=n_periods)
    first = places[0] if change.first is not None else 0
    last = places[-1] if change.last is not None else n_periods - 1
    where = np.zeros((n_periods, len(model.geos)))
    where[first : last + 1, [model.geos.index(g) for g in change.geos or model.geos]] = 1
    return where


def _lose(
    change: Competitor, *, posterior: Posterior, where: Array, rng: np.random.Generator
) -> Drift:
    """The assumed loss: a part of the KPI of the last quarter, drawn around what is stated."""
    recent = np.nanmean(posterior.data.kpi[-13:], axis=0)
    size = float((where * recent).sum())
    drawn = change.percent + change.spread * rng.standard_normal(len(posterior.stack("sigma")))
    doubt = (
        f"The effect of the competitor, {change.percent:g} % of the KPI, is an assumption and not "
        "an answer of the model."
    )
    return Drift(drawn / 100 * size, (doubt,))


def _tell_newcomer(change: NewChannel) -> str:
    return (
        f"'{change.name}' is assumed to answer like {change.like} times {change.factor:g}, give or "
        f"take a factor of {np.exp(change.spread):.2f}; the model has never seen it. A test would "
        "tell."
    )


def _tell_doubts(gains: Array, noise: float, *, spend: Array, model: FrozenModel) -> list[str]:
    told = []
    if abs(float(gains.mean())) <= SIGMAS * noise:
        told.append("Another seed would move the answer by as much: it cannot be told from none.")
    high = spend.max(axis=0) > model.observed_max * (1 + 1e-9)
    above = [name for c, name in enumerate(model.channels) if high[:, c].any()]
    if above:
        told.append(
            f"Spend on {', '.join(above)} is above the largest observed, where response curves are "
            "extrapolated."
        )
    return told


def _measure_noise(gains: Array, *, n_chains: int) -> float:
    """How far the mean moves with another seed, from the means of chains."""
    if n_chains < 2:
        return float("nan")
    means = gains.reshape(n_chains, -1).mean(axis=1)
    return float(means.std(ddof=1) / np.sqrt(n_chains))
