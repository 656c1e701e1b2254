"""Realised against predicted: one row per version and period, and scores by week and quarter.

Belongs here: forecasts and KPI to scores. Must not: forecasts (see `forecast`).
"""

import json
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from mmm_orchestration.evaluation.metrics import compute_crps
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.monitoring.forecast import OBSERVED, find_last_day
from mmm_orchestration.tables.contracts import SCORECARD
from mmm_orchestration.tables.schema import polars_schema

Span = Literal["week", "quarter"]
LEVELS = (50, 80, 94)
_WINDOWS: dict[Span, str] = {"week": "1w", "quarter": "1q"}
_KEY = ("model", "version", "date")


def list_kpi(data: ModelData) -> pl.DataFrame:
    """The KPI of all geos by period, where every geo is known: `date`, `period_days`, `kpi`."""
    return pl.DataFrame(
        {
            "date": data.periods.astype("datetime64[D]"),
            "period_days": data.period_days,
            "kpi": data.kpi.sum(axis=1),
        },
        schema_overrides={"date": pl.Date, "period_days": pl.Int64},
    ).filter(pl.col("kpi").is_not_nan())


def score_forecasts(
    forecasts: pl.DataFrame, *, data: ModelData, previous: pl.DataFrame
) -> pl.DataFrame:
    """Rows of `scorecard` for the forecasts of one model, of all periods whose KPI is known.

    A period's forecast is the last one made before its first day. `previous` are the rows as they
    were: from them comes what the KPI was when it was first known.
    """
    given = forecasts.filter(exposure_basis=OBSERVED).sort("made_on").unique(_KEY, keep="first")
    before = (
        forecasts.filter(pl.col("made_on") < pl.col("date"))
        .sort("made_on")
        .unique(_KEY, keep="last")
    )
    first = previous.select(*_KEY, "known_on", "kpi_first")
    known = list_kpi(data)
    rows = (
        given.drop("made_on")
        .join(known, on=["date", "period_days"], how="inner", validate="m:1")
        .join(before, on=_KEY, how="left", suffix="_before", validate="1:1", nulls_equal=True)
        .join(first, on=_KEY, how="left", validate="1:1", nulls_equal=True)
    )
    scored = rows.select(
        *_KEY,
        "period_days",
        pl.col("known_on").fill_null(find_last_day(data)),
        pl.col("kpi_first").fill_null(pl.col("kpi")),
        pl.col("kpi").alias("kpi_now"),
        "made_on",
        *_score_exprs("_before", to=""),
        (pl.col("kpi_first").fill_null(pl.col("kpi")) - pl.col("median_before")).alias(
            "error_first"
        ),
        *_score_exprs("", to="_given"),
        _crps(rows, "quantiles_before").alias("crps"),
        _crps(rows, "quantiles").alias("crps_given"),
    )
    return scored.select(polars_schema(SCORECARD).names()).sort(_KEY, nulls_last=False)


def _score_exprs(suffix: str, *, to: str) -> list[pl.Expr]:
    """Median, error and cover of the forecast whose columns end in `suffix`, ending in `to`."""
    kpi = pl.col("kpi")
    return [
        pl.col(f"median{suffix}").alias(f"median{to}"),
        pl.col(f"low_94{suffix}").alias(f"low_94{to}"),
        pl.col(f"high_94{suffix}").alias(f"high_94{to}"),
        (kpi - pl.col(f"median{suffix}")).alias(f"error{to}"),
        *(
            kpi.is_between(pl.col(f"low_{level}{suffix}"), pl.col(f"high_{level}{suffix}")).alias(
                f"is_in_{level}{to}"
            )
            for level in LEVELS
        ),
    ]


def _crps(rows: pl.DataFrame, column: str) -> pl.Series:
    """The score of each row from its quantiles, null where it has none."""
    scores = [
        None
        if text is None
        else float(compute_crps(np.array([kpi]), draws=np.array(json.loads(text))[:, None])[0])
        for text, kpi in rows.select(column, "kpi").iter_rows()
    ]
    return pl.Series(scores, dtype=pl.Float64)


def choose_champions(rows: pl.DataFrame) -> pl.DataFrame:
    """One row of `scorecard` per model and period: of the version that predicted it last."""
    return (
        rows.sort("made_on", "version", nulls_last=False)
        .unique(["model", "date"], keep="last")
        .sort("model", "date")
    )


def summarise_scorecard(rows: pl.DataFrame, *, by: Span) -> pl.DataFrame:
    """Error and coverage of rows of `scorecard`: one row per model and week or quarter.

    Scores end in `_given` where they are of the posterior given the exposure as it came. R² is
    null where the KPI did not vary, all others where no forecast was made.
    """
    start = pl.col("date").dt.truncate(_WINDOWS[by])
    return (
        choose_champions(rows)
        .group_by("model", start.alias(by), maintain_order=True)
        .agg(
            pl.len().alias("n_periods"),
            (pl.col("kpi_now") != pl.col("kpi_first")).sum().alias("n_restated"),
            *(e for suffix in ("", "_given") for e in _list_scores(suffix)),
        )
        .sort("model", by)
    )


def _list_scores(suffix: str) -> list[pl.Expr]:
    error, is_made = pl.col(f"error{suffix}"), pl.col(f"error{suffix}").is_not_null()
    kpi = pl.col("kpi_now").filter(is_made)
    spread = ((kpi - kpi.mean()) ** 2).sum()
    r2 = pl.when(spread > 0).then(1 - (error**2).sum() / spread)
    wmape = pl.when(is_made.any()).then(error.abs().sum() / kpi.abs().sum())
    return [
        is_made.sum().alias(f"n_predicted{suffix}"),
        r2.alias(f"r2{suffix}"),
        wmape.alias(f"wmape{suffix}"),
        (error**2).mean().sqrt().alias(f"rmse{suffix}"),
        pl.col(f"crps{suffix}").mean().alias(f"crps{suffix}"),
        *(
            pl.col(f"is_in_{level}{suffix}").mean().alias(f"coverage_{level}{suffix}")
            for level in LEVELS
        ),
    ]


@dataclass(frozen=True, eq=False)
class Card:
    """The rows of `scorecard` and of `drift` of one model."""

    rows: pl.DataFrame
    drift: pl.DataFrame

    def list_newest(self) -> pl.DataFrame:
        """The reading of each monitor on the newest day, of the version trained last."""
        newest = self.drift.filter(pl.col("day") == pl.col("day").max())
        is_last = pl.col("version") == newest.sort("trained_through", "version")["version"].last()
        return newest.filter(is_last).sort("monitor") if newest.height else newest
