"""What a posterior predicts for the KPI, where it was observed and where it was held out.

Belongs here: predictive draws and their log density. Must not: scores (see `metrics`), fitting.

A held-out period is one whose KPI is nan while its exposure and controls are known. A forecast
may know the calendar (trend, season, holidays and declared events of the period), and the
exposure and controls of the period itself; it may not know any KPI after its origin, nor scales
that later periods had a part in. The scales of a fit (mean KPI, spread, typical exposure, mean
and deviation of a control) come from observed periods alone. So a score out of time says how
well the KPI follows from known plans, not how well plans or controls are foreseen.
"""

import numpy as np

from mmm_orchestration.insight import contributions
from mmm_orchestration.insight.contributions import draw_kpi, expect_kpi
from mmm_orchestration.insight.results import Array
from mmm_orchestration.model.posterior import Posterior


def predict_kpi(posterior: Posterior) -> Array:
    """Draws of the KPI of every period and geo, observed or not, (draw, date, geo), KPI units."""
    return draw_kpi(posterior, expected=expect_kpi(posterior))


def compute_log_density(posterior: Posterior, *, kpi: Array) -> Array:
    """Log density of each value of `kpi` (date, geo) that is not nan, shape (draw, point).

    Points are in the order of `np.nonzero`: by date, then by geo.
    """
    density = contributions.compute_log_density(posterior, kpi=kpi)
    known: Array = density[:, ~np.isnan(kpi)]
    return known


def sum_geos(values: Array, *, is_observed: Array) -> Array:
    """`values` (…, date, geo) added up over the observed geos; nan where none is observed."""
    total = np.where(is_observed, values, 0.0).sum(axis=-1)
    return np.where(is_observed.any(axis=-1), total, np.nan)


def average_density(log_density: Array) -> Array:
    """`log mean exp` over draws of (draw, point), shape (point,): the predictive log density."""
    top = log_density.max(axis=0)
    averaged: Array = top + np.log(np.exp(log_density - top).mean(axis=0))
    return averaged
