"""Cycles of the calendar that the KPI follows and the model lacks, before a fit.

Belongs here: cycles that are declared away. Must not: cycles left after a fit (see `residuals`).
"""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.days import DAYS_PER_YEAR
from mmm_orchestration.diagnosis.least_squares import build_basis
from mmm_orchestration.diagnosis.observed import Observed
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.model.design import Group, build_fourier
from mmm_orchestration.quality.finding import Finding

_CYCLES: tuple[tuple[Group, float, int, str], ...] = (
    ("yearly", DAYS_PER_YEAR, 2, "year"),
    ("weekly", 7.0, 3, "week"),
)
_LEAST_CYCLES = 1.5


def find_absent_season(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """A year or week that the KPI follows beyond the baseline, and that has no column.

    Media bought with the season would get what the season brought.
    """
    data, groups = observed.data, observed.parts.design.groups
    n_days = data.n_periods * data.period_days
    for group, days, order, word in _CYCLES:
        columns = build_fourier(data, group=group, days=days, order=order).matrix
        if group in groups or not columns.size or n_days < _LEAST_CYCLES * days:
            continue
        by_geo = np.repeat(columns[:, None, :], len(data.geos), axis=1)
        kpi = observed.stack(observed.kpi[:, :, None])[:, 0]
        explained = build_basis(observed.stack(by_geo)).T @ kpi
        r2 = float((explained**2).sum() / max((kpi**2).sum(), 1e-300))
        if r2 < limits.absent_season_r2:
            continue
        yield Finding(
            severity="warning",
            cause="absent_season",
            table="gold_kpi_daily",
            message=f"The {word} explains {r2:.0%} of the KPI beyond the baseline, and the model "
            f"has no {group} season. Channels that are bought with it would get what it brought.",
            fix=f"Set model.{group}_order to at least {order}.",
            numbers={"r2": r2, "days": days},
        )
