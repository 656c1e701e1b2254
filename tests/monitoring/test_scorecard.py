"""Realised against predicted."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.lake.gate import check_frame
from mmm_orchestration.monitoring.forecast import forecast
from mmm_orchestration.monitoring.scorecard import (
    Card,
    choose_champions,
    list_kpi,
    score_forecasts,
    summarise_scorecard,
)
from mmm_orchestration.tables.contracts import DRIFT, SCORECARD
from mmm_orchestration.tables.schema import polars_schema
from tests.evaluation.planted import make_planted_world
from tests.model.worlds import START

from .drawn import cut_data, draw_posterior
from .test_forecast import PLAIN, SETTINGS, WHO

pytestmark = pytest.mark.unit

NOTHING = pl.DataFrame(schema=polars_schema(SCORECARD))
WORLD = make_planted_world(n_periods=110, extra=PLAIN)
DATA = WORLD.prepare()


@cache
def keep_days(*, known: range) -> pl.DataFrame:
    """Every row of forecasts made when so many weeks were known, one after the other."""
    posterior = draw_posterior(cut_data(DATA, 100), project=WORLD.project)
    made = [
        forecast(posterior, newer=cut_data(DATA, n), settings=SETTINGS, origin=WHO) for n in known
    ]
    return pl.concat(made)


def test_the_last_forecast_before_a_week_is_judged() -> None:
    """Each week is scored by what was predicted the week before, and given its exposure."""
    rows = score_forecasts(
        keep_days(known=range(100, 104)), data=cut_data(DATA, 103), previous=NOTHING
    )
    check_frame(rows, SCORECARD)
    assert rows["date"].to_list() == [START + timedelta(weeks=w) for w in (100, 101, 102)]
    assert rows["made_on"].to_list() == [d - timedelta(days=1) for d in rows["date"]]
    assert (rows["error"] == rows["kpi_now"] - rows["median"]).all()
    assert rows["error_given"].to_list() != rows["error"].to_list()
    assert rows["kpi_now"].to_list() == pytest.approx(DATA.kpi[100:103, 0])


def test_a_week_nobody_predicted_has_no_error() -> None:
    """Weeks that had come before the first forecast are scored given their exposure alone."""
    rows = score_forecasts(keep_days(known=range(103, 104)), data=DATA, previous=NOTHING)
    assert rows["made_on"].is_null().all()
    assert rows["error"].is_null().all()
    assert rows["error_given"].null_count() == 0
    weeks = summarise_scorecard(rows, by="week")
    assert (weeks["n_predicted"].to_list(), weeks["wmape"].null_count()) == ([0, 0, 0], 3)


def test_a_restated_week_says_both() -> None:
    """The KPI as first known stays, the errors are of the KPI as it is now."""
    made, before = keep_days(known=range(100, 104)), cut_data(DATA, 103)
    first = score_forecasts(made, data=before, previous=NOTHING)
    kpi = before.kpi.copy()
    kpi[101] += 50
    again = score_forecasts(made, data=replace(before, kpi=kpi), previous=first)
    assert again["kpi_first"].to_list() == first["kpi_first"].to_list()
    assert (again["kpi_now"] - first["kpi_now"]).to_list() == pytest.approx([0, 50, 0])
    assert again["error_first"].to_list() == first["error_first"].to_list()
    assert (again["error"] - first["error"])[1] == pytest.approx(50)
    assert again["known_on"].to_list() == first["known_on"].to_list()
    assert summarise_scorecard(again, by="quarter")["n_restated"].sum() == 1


def test_scores_are_those_computed_by_hand() -> None:
    """Errors of 3 and 1 around KPIs of 10 and 14 over one quarter."""
    rows = NOTHING.clear(2).with_columns(
        date=pl.Series([START, START + timedelta(weeks=1)]),
        version=pl.lit("v1"),
        kpi_first=pl.lit(10.0),
        kpi_now=pl.Series([10.0, 14.0]),
        error=pl.Series([3.0, -1.0]),
        error_given=pl.Series([0.0, 0.0]),
        is_in_94=pl.Series([True, False]),
    )
    (scores,) = summarise_scorecard(rows, by="quarter").to_dicts()
    assert scores["r2"] == pytest.approx(1 - 10 / 8)
    assert (scores["wmape"], scores["rmse"]) == (pytest.approx(4 / 24), pytest.approx(5**0.5))
    assert (scores["coverage_94"], scores["r2_given"]) == (0.5, 1.0)
    assert (scores["n_periods"], scores["n_restated"]) == (2, 1)


def test_the_version_that_predicted_last_counts() -> None:
    """Where two versions have a week, the one whose forecast knew more days is taken."""
    both = pl.concat(
        [
            NOTHING.clear(1).with_columns(
                date=pl.lit(START), version=pl.lit(name), made_on=pl.lit(made, dtype=pl.Date)
            )
            for name, made in (("old", START - timedelta(days=1)), ("new", None))
        ]
    )
    assert choose_champions(both)["version"].to_list() == ["old"]


def test_a_card_shows_the_version_trained_last() -> None:
    """Of two versions judged on one day the readings of the later one are shown."""
    days = {"day": START, "monitor": "error", "model": None}
    drift = pl.DataFrame(
        [
            {**days, "version": name, "trained_through": START - timedelta(days=back)}
            for name, back in (("old", 60), ("new", 30))
        ],
        schema={
            k: v
            for k, v in polars_schema(DRIFT).items()
            if k in {*days, "version", "trained_through"}
        },
    )
    assert Card(NOTHING, drift).list_newest()["version"].to_list() == ["new"]


def test_a_week_is_known_once_every_geo_is() -> None:
    """Where one geo has no KPI yet the sum of the others is not taken for it."""
    kpi = np.column_stack([DATA.kpi[:, 0], DATA.kpi[:, 0]])
    kpi[105, 1] = np.nan
    known = list_kpi(replace(DATA, kpi=kpi))
    assert known.height == 109
    assert START + timedelta(weeks=105) not in known["date"].to_list()
    assert known["kpi"][0] == 2 * DATA.kpi[0, 0]
