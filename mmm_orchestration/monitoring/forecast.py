"""What a saved posterior predicts for the periods after those it was trained on.

Belongs here: plans for periods to come, and predictive draws as rows. Must not: scores.
"""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from mmm_orchestration.evaluation.metrics import LEVELS
from mmm_orchestration.evaluation.predict import predict_kpi
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.extend import extend_posterior, measure_reach
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Monitoring
from mmm_orchestration.tables.contracts import FORECASTS
from mmm_orchestration.tables.schema import polars_schema

OBSERVED, TRAILING = "observed", "trailing_mean"
N_QUANTILES = 50


@dataclass(frozen=True)
class Origin:
    """Whose forecast it is, and when it was written."""

    model: str | None
    version: str
    written_at: datetime


def forecast(
    posterior: Posterior, *, newer: ModelData, settings: Monitoring, origin: Origin
) -> pl.DataFrame:
    """Rows of `forecasts`: every period after the trained ones, and the horizon after `newer`.

    A period that `newer` holds is predicted from its exposure and controls as they came, without
    its KPI; one after it from their means over the trailing days. Raises ModelError where the
    posterior does not reach that far.
    """
    period_days = posterior.data.period_days
    n_known = int((newer.periods > posterior.data.periods[-1]).sum())
    n_planned = max(1, settings.horizon_days // period_days)
    reach = measure_reach(posterior)
    if reach is not None:
        n_planned = max(0, min(n_planned, reach - n_known))
    trailing = max(1, settings.trailing_days // period_days)
    planned = plan_ahead(newer, n_periods=n_planned, n_trailing=trailing)
    extended = extend_posterior(posterior, newer=planned)
    draws = predict_kpi(extended)[:, extended.data.n_trained :].sum(axis=2)
    made_on = find_last_day(newer)
    rows = [
        {
            "model": origin.model,
            "version": origin.version,
            "made_on": made_on,
            "date": period.item(),
            "period_days": period_days,
            "exposure_basis": OBSERVED if i < n_known else TRAILING,
            **describe_draws(draws[:, i]),
            "written_at": origin.written_at,
        }
        for i, period in enumerate(extended.data.periods[extended.data.n_trained :])
    ]
    return pl.DataFrame(rows, schema=polars_schema(FORECASTS))


def plan_ahead(data: ModelData, *, n_periods: int, n_trailing: int) -> ModelData:
    """The data with `n_periods` more, whose exposure, spend and controls are trailing means.

    Their KPI is not known.
    """
    step = np.timedelta64(data.period_days, "D")

    def go_on(values: Array) -> Array:
        mean = values[-n_trailing:].mean(axis=0)
        return np.concatenate([values, np.repeat(mean[None], n_periods, axis=0)])

    ahead = data.periods[-1] + step * np.arange(1, n_periods + 1)
    return replace(
        data,
        periods=np.concatenate([data.periods, ahead]),
        kpi=np.concatenate([data.kpi, np.full((n_periods, len(data.geos)), np.nan)]),
        exposure=go_on(data.exposure),
        spend=go_on(data.spend),
        frequency=go_on(data.frequency),
        controls=go_on(data.controls),
    )


def find_last_day(data: ModelData) -> date:
    """Last day of the last period."""
    last: date = data.periods[-1].astype("datetime64[D]").item()
    return last + timedelta(days=data.period_days - 1)


def describe_draws(draws: Array) -> dict[str, float | str]:
    """Mean, median, the ends of the intervals and the quantiles of `draws` (draw,)."""
    found: dict[str, float | str] = {"mean": float(draws.mean()), "median": float(np.median(draws))}
    for level in LEVELS:
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        found[f"low_{level * 100:.0f}"], found[f"high_{level * 100:.0f}"] = float(low), float(high)
    places = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    found["quantiles"] = json.dumps([float(f"{q:.7g}") for q in np.quantile(draws, places)])
    return found


def choose_new(made: pl.DataFrame, *, written: pl.DataFrame) -> pl.DataFrame:
    """The rows of `made` to be written beside those of the version that are `written`.

    A known period is predicted from its exposure once.
    """
    is_observed = pl.col("exposure_basis") == OBSERVED
    done = written.filter(is_observed)["date"]
    return made.filter(~(is_observed & pl.col("date").is_in(done.implode())))
