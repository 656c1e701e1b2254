"""The KPI of the periods ahead, with the media of a plan.

Belongs here: the forecast of a plan. Must not: what the plan alone brings (see `frozen`).
"""

from dataclasses import replace

import numpy as np

from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.insight.contributions import draw_kpi, expect_baseline
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.posterior import Posterior

ASSUMED = (
    "Controls are taken to be what they were in the same period of the year before, or as they "
    "were last where there is none; frequency and organic media as in the last quarter."
)
_YEAR_DAYS = 364


def forecast_kpi(posterior: Posterior, *, model: FrozenModel, spend: Array) -> Array:
    """Draws of the KPI of the plan's periods and of those that its carry-over reaches.

    `spend` has shape (period, geo, channel); the answer (draw, period + lag, geo), in KPI units,
    noise included. `model` is the frozen `posterior`, with all its draws. Nothing is spent after
    the plan. Raises ModelError where the posterior does not reach that far.
    """
    n_ahead = len(spend) + model.n_lags
    extended = extend_posterior(posterior, newer=_lay_out(posterior, model=model, n_ahead=n_ahead))
    ahead = replace(extended, design=extended.design[-n_ahead:])
    expected = expect_baseline(ahead) + model.answer(spend).sum_by_period()
    return draw_kpi(ahead, expected=expected)


def _lay_out(posterior: Posterior, *, model: FrozenModel, n_ahead: int) -> ModelData:
    """The data of the periods ahead that the baseline needs, without media and without a KPI."""
    data = posterior.data
    shape = (n_ahead, len(data.geos), len(data.channels))
    return replace(
        data,
        periods=model.lay_out(n_ahead).astype(data.periods.dtype),
        kpi=np.full(shape[:2], np.nan),
        exposure=np.zeros(shape),
        spend=np.zeros(shape),
        frequency=np.full(shape, np.nan),
        controls=_guess_controls(data, n_ahead=n_ahead),
    )


def _guess_controls(data: ModelData, *, n_ahead: int) -> Array:
    """Each control as a year before, else as it was last, shape (period, geo, control)."""
    year = _YEAR_DAYS // data.period_days
    places = data.n_periods - year + np.arange(n_ahead)
    known = (places >= 0) & (places < data.n_periods)
    guessed: Array = data.controls[np.where(known, places, data.n_periods - 1)]
    return guessed
