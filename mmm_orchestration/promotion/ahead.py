"""Champion and challenger on days that neither has seen.

Belongs here: the two folds and their forecasts. Must not: the verdict (see `gates`).

The challenger has seen the days since the champion was fitted, so how well it fits them says
nothing. Compared are therefore two specifications on the same knowledge: the champion's, on the
data it was fitted on, and the challenger's, on today's data without those days. Both forecast the
same days with media and controls known, both with the champion's seed. Where neither the known
days nor the settings changed the two are one, and one fit is enough.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from mmm_orchestration.errors import ModelError
from mmm_orchestration.evaluation.backtest import FoldResult
from mmm_orchestration.evaluation.folds import Fold, cut_fold
from mmm_orchestration.insight.results import Array
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project
from mmm_orchestration.refresh.changes import count_known, find_last_day, print_settings, set_seed

Score = Callable[[Fold, Project], FoldResult]


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Both forecasts of the `n_days` days from `first`; `is_same` where they are one."""

    first: date
    n_days: int
    champion: FoldResult
    challenger: FoldResult
    is_same: bool


def forecast_unseen(
    champion: Posterior, challenger: Posterior, *, score: Score, min_days: int
) -> Forecasts | str:
    """Both forecasts of the days that the champion has not seen, or why there are none."""
    old, new = champion.data, challenger.data
    n_known = count_known(new, through=find_last_day(old))
    n_ahead = new.n_periods - n_known
    n_days = n_ahead * new.period_days
    if old.period_days != new.period_days or champion.project.kpi != challenger.project.kpi:
        return "Champion and challenger do not explain the same KPI by the same period."
    if n_days < min_days:
        return (
            f"{n_days} days are newer than the champion's, and a comparison needs {min_days} "
            "(promotion.min_days)."
        )
    try:
        own = cut_fold(new, origin=n_known, horizon=n_ahead)
        joined = append_periods(old, new=new, n_known=n_known)
        theirs = cut_fold(joined, origin=old.n_periods, horizon=n_ahead)
    except ModelError as error:
        return f"The new days cannot be forecast: {error}"
    if not np.allclose(_total(own), _total(theirs)):
        return "Champion and challenger are not of the same geos."
    project = set_seed(challenger.project, champion.seed)
    is_same = own.data.snapshot == theirs.data.snapshot and print_settings(
        champion.project
    ) == print_settings(project)
    forecast = score(own, project)
    return Forecasts(
        first=new.periods[n_known].astype("datetime64[D]").item(),
        n_days=n_days,
        champion=forecast if is_same else score(theirs, champion.project),
        challenger=forecast,
        is_same=is_same,
    )


def append_periods(old: ModelData, *, new: ModelData, n_known: int) -> ModelData:
    """The data of `old`, followed by the periods of `new` from `n_known` on.

    A channel that `new` has not has no exposure there. Raises ModelError where `new` lacks a geo
    or a control of `old`.
    """
    lacking = [g for g in old.geos if g not in new.geos] + [
        c for c in old.control_names if c not in new.control_names
    ]
    if lacking:
        raise ModelError("Today's data lack what the champion knows", got=lacking)
    geos = [new.geos.index(geo) for geo in old.geos]
    controls = [new.control_names.index(name) for name in old.control_names]
    ahead = slice(n_known, None)

    def follow(name: str) -> Array:
        known, later = getattr(old, name), getattr(new, name)[ahead][:, geos]
        columns = [
            later[:, :, new.channels.index(channel)]
            if channel in new.channels
            else np.where(np.isnan(known[:1, :, c]), np.nan, 0.0).repeat(len(later), axis=0)
            for c, channel in enumerate(old.channels)
        ]
        joined: Array = np.concatenate([known, np.stack(columns, axis=2)])
        return joined

    return replace(
        old,
        periods=np.concatenate([old.periods, new.periods[ahead]]),
        kpi=np.concatenate([old.kpi, new.kpi[ahead][:, geos]]),
        exposure=follow("exposure"),
        spend=follow("spend"),
        frequency=follow("frequency"),
        controls=np.concatenate([old.controls, new.controls[ahead][:, geos][:, :, controls]]),
    )


def _total(fold: Fold) -> Array:
    total: Array = np.nansum(fold.kpi[fold.n_known :], axis=1)
    return total
