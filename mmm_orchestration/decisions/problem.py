"""A question to the optimiser as numbers: variables, bounds and limits.

Belongs here: from names, percentages and days to arrays. Must not: the search (see `search`).

A variable is the money of one cell (period, geo, channel), or of several that are tied to each
other: a channel that spreads evenly, or keeps today's split over geos. A cell spends `weight`
times the variable that owns it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.plan import check_names
from mmm_orchestration.decisions.projection import Region
from mmm_orchestration.decisions.request import Bound, Flighting, Limit, PlanRequest
from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.data import Array
from mmm_orchestration.project import Project

BUDGET = "the budget"


@dataclass(frozen=True, eq=False)
class Problem:
    """What may be chosen: `owner` and `weight` (period, geo, channel), `region` over variables.

    `sums` (row of a limit) name what is limited, with its `coefficients` (row, cell), `least` and
    `most`, money.
    """

    owner: NDArray[np.intp]
    weight: Array
    region: Region
    sums: tuple[str, ...]
    coefficients: Array
    least: Array
    most: Array

    def spend(self, z: Array) -> Array:
        """The plan of variables `z` (variable,), shape (period, geo, channel)."""
        spent: Array = self.weight * z[self.owner]
        return spent

    def gather(self, spend: Array) -> Array:
        """The variables whose plan is nearest to `spend`: the money of their cells."""
        return self._add_up(spend * (self.weight > 0))

    def pull(self, gradient: Array) -> Array:
        """The derivative by variables of one by spend, (period, geo, channel) to (variable,)."""
        return self._add_up(gradient * self.weight)

    def _add_up(self, cells: Array) -> Array:
        n_variables = len(self.region.low)
        return np.bincount(self.owner.ravel(), cells.ravel(), minlength=n_variables)


def pose(request: PlanRequest, *, model: FrozenModel, project: Project) -> Problem:
    """The numbers of `request`; raises PlanError for what the model or its limits cannot do."""
    shape = (request.periods, *model.today.shape)
    owner, weight = _tie(request, model=model)
    low, high = _bound_cells(request, model=model)
    is_on = weight > 0
    n_variables = int(owner.max()) + 1
    scaled = np.where(is_on, weight, 1.0)
    lows, highs = np.zeros(n_variables), np.full(n_variables, np.inf)
    np.maximum.at(lows, owner[is_on], (low / scaled)[is_on])
    np.minimum.at(highs, owner[is_on], (high / scaled)[is_on])
    highs[np.isinf(highs)] = 0.0
    _check_bounds(lows, highs, owner=owner, model=model)
    sums = list(_list_sums(request, model=model, project=project, shape=shape))
    problem = Problem(
        owner=owner,
        weight=weight,
        region=Region(lows, highs, csr_array((0, n_variables)), np.empty(0), np.empty(0, bool), ()),
        sums=tuple(name for name, *_ in sums),
        coefficients=np.array([c.ravel() for _, c, *_ in sums]).reshape(len(sums), owner.size),
        least=np.array([least for *_, least, _ in sums]),
        most=np.array([most for *_, most in sums]),
    )
    region = _build_region(problem, rows=[problem.pull(c) for _, c, *_ in sums])
    region.check()
    return Problem(**{**vars(problem), "region": region})


def _tie(request: PlanRequest, *, model: FrozenModel) -> tuple[NDArray[np.intp], Array]:
    """Which variable each cell belongs to, and its part of it."""
    n_periods, (n_geos, n_channels) = request.periods, model.today.shape
    flighting = _read_flighting(request.flighting, model=model)
    split = model.today / np.where(model.today.sum(axis=0) > 0, model.today.sum(axis=0), 1)
    owner = np.zeros((n_periods, n_geos, n_channels), int)
    weight = np.zeros(owner.shape)
    n_variables = 0
    for c, channel in enumerate(model.channels):
        how = flighting.get(channel, Flighting(channel=channel))
        is_on = np.ones(n_periods)
        is_on[find_periods(how.off, model=model, n_periods=n_periods)] = 0
        over_time = _spread_over_time(how, is_on=is_on)
        over_geos = np.eye(n_geos) if request.split_geos else split[None, :, c]
        parts = np.einsum("vp,wg->vwpg", over_time, over_geos).reshape(-1, n_periods, n_geos)
        weight[:, :, c] = parts.sum(axis=0)
        owner[:, :, c] = n_variables + parts.argmax(axis=0)
        n_variables += len(parts)
    return owner, weight


def _spread_over_time(how: Flighting, *, is_on: Array) -> Array:
    """What part of each variable falls in each period, shape (variable, period)."""
    if how.pattern == "free":
        return np.eye(len(is_on)) * is_on
    shape = np.ones(len(is_on)) if how.pattern == "even" else np.array(how.weights, float)
    if len(shape) != len(is_on):
        raise PlanError(
            f"The weights of {how.channel} are one per period",
            got=len(shape),
            available=[str(len(is_on))],
        )
    if not (shape * is_on).sum():
        raise PlanError(f"{how.channel} is off in every period that has a weight")
    return (shape * is_on / (shape * is_on).sum())[None]


def _read_flighting(given: Sequence[Flighting], *, model: FrozenModel) -> dict[str, Flighting]:
    names = [how.channel for how in given]
    check_names(names, known=model.channels, what="channel with spend")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise PlanError(f"The flighting of {twice} is given twice", fix="Give it once")
    return {how.channel: how for how in given}


def _bound_cells(request: PlanRequest, *, model: FrozenModel) -> tuple[Array, Array]:
    """The least and most of every cell, money; a later bound wins over an earlier one."""
    reach = request.reach / 100
    shape = (request.periods, *model.today.shape)
    low = np.broadcast_to(max(0.0, 1 - reach) * model.today, shape).copy()
    high = np.broadcast_to((1 + reach) * model.today, shape).copy()
    for bound in request.bounds:
        check_names([bound.channel], known=model.channels, what="channel with spend")
        c = model.channels.index(bound.channel)
        if bound.geo is not None:
            check_names([bound.geo], known=model.geos, what="geo")
        geos = range(len(model.geos)) if bound.geo is None else [model.geos.index(bound.geo)]
        for g in geos:
            for side, values in (("low", low), ("high", high)):
                amount = _read_side(bound, side, today=float(model.today[g, c]))
                if amount is not None:
                    values[:, g, c] = amount
    for channel in request.flighting:
        off = find_periods(channel.off, model=model, n_periods=request.periods)
        low[off, :, model.channels.index(channel.channel)] = 0
    return low, high


def _read_side(bound: Bound, side: str, *, today: float) -> float | None:
    amount: float | None = getattr(bound, side)
    percent: float | None = getattr(bound, f"{side}_percent")
    return amount if percent is None else percent / 100 * today


def _check_bounds(
    lows: Array, highs: Array, *, owner: NDArray[np.intp], model: FrozenModel
) -> None:
    bad = np.flatnonzero(lows > highs * (1 + 1e-12))
    if not len(bad):
        return
    period, geo, channel = np.argwhere(owner == bad[0])[0]
    raise PlanError(
        f"{model.channels[channel]} in {model.geos[geo]} must spend at least {lows[bad[0]]:,.2f} "
        f"and at most {highs[bad[0]]:,.2f}, first in period {period + 1}",
        fix="Raise 'high' or lower 'low'; a bound without one side keeps that of 'reach'",
    )


def _list_sums(
    request: PlanRequest, *, model: FrozenModel, project: Project, shape: tuple[int, ...]
) -> Iterator[tuple[str, Array, float, float]]:
    """Each limit as name, coefficients (period, geo, channel), least and most."""
    everything = np.ones(shape)
    budget = request.budget
    if budget.kind != "free":
        today = float(model.today.sum()) * request.periods
        total = budget.percent / 100 * today if budget.total is None else budget.total
        yield BUDGET, everything, total if budget.kind == "fixed" else -np.inf, total
    for limit in request.limits:
        chosen = _select(limit, model=model, project=project, shape=shape)
        if limit.low is not None or limit.high is not None:
            least = -np.inf if limit.low is None else limit.low
            yield limit.name, chosen, least, np.inf if limit.high is None else limit.high
        if limit.low_share is not None:
            yield f"{limit.name} (least share)", chosen - limit.low_share, 0.0, np.inf
        if limit.high_share is not None:
            yield f"{limit.name} (largest share)", chosen - limit.high_share, -np.inf, 0.0


def _select(limit: Limit, *, model: FrozenModel, project: Project, shape: tuple[int, ...]) -> Array:
    """One where the sum of the limit reaches, else zero, shape (period, geo, channel)."""
    declared = {channel.name: channel for channel in project.channels}
    check_names(limit.channels, known=model.channels, what="channel with spend")
    check_names(limit.geos, known=model.geos, what="geo")
    channels = list(limit.channels or model.channels)
    for label in ("group", "stage"):
        if (wanted := getattr(limit, label)) is not None:
            labels = {name: getattr(declared[name], label) for name in model.channels}
            check_names([wanted], known=[v for v in labels.values() if v], what=label)
            channels = [name for name, value in labels.items() if value == wanted]
    days = [day for day in (limit.first, limit.last) if day is not None]
    places = find_periods(days, model=model, n_periods=shape[0])
    first = places[0] if limit.first is not None else 0
    last = places[-1] if limit.last is not None else shape[0] - 1
    chosen = np.zeros(shape)
    geos = [model.geos.index(geo) for geo in limit.geos or model.geos]
    members = [model.channels.index(name) for name in channels]
    chosen[np.ix_(range(first, last + 1), geos, members)] = 1
    return chosen


def find_periods(days: Sequence[date], *, model: FrozenModel, n_periods: int) -> list[int]:
    """The positions of the periods that hold `days`; raises PlanError outside the horizon."""
    first = model.lay_out(n_periods)[0].astype("datetime64[D]")
    places = []
    for day in days:
        place = int((np.datetime64(day, "D") - first) / np.timedelta64(model.period_days, "D"))
        if np.datetime64(day, "D") < first or place >= n_periods:
            last = first + np.timedelta64(n_periods * model.period_days - 1, "D")
            raise PlanError(
                f"The day is outside the horizon of {first} to {last}", got=day.isoformat()
            )
        places.append(place)
    return places


def _build_region(problem: Problem, *, rows: Sequence[Array]) -> Region:
    """One row per side that is limited; both sides of one amount are one equality."""
    kept: list[tuple[str, Array, float, bool]] = []
    sides = zip(problem.sums, rows, problem.least, problem.most, strict=True)
    for name, row, least, most in sides:
        if least == most:
            kept.append((name, row, least, True))
            continue
        if np.isfinite(least):
            kept.append((name, row, least, False))
        if np.isfinite(most):
            kept.append((name, -row, -most, False))
    n_variables = len(problem.region.low)
    matrix = np.array([row for _, row, _, _ in kept]).reshape(len(kept), n_variables)
    return Region(
        low=problem.region.low,
        high=problem.region.high,
        rows=csr_array(matrix),
        floor=np.array([floor for *_, floor, _ in kept]),
        is_equal=np.array([is_equal for *_, is_equal in kept], bool),
        names=tuple(name for name, *_ in kept),
    )
