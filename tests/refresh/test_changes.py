"""What differs between two fits."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.project import parse_project
from mmm_orchestration.refresh.changes import (
    cut_to,
    find_last_day,
    list_libraries,
    list_restated,
    list_settings,
    print_settings,
    set_seed,
)
from mmm_orchestration.refresh.words import say_restated
from tests.insight.known import PROJECT, make_project
from tests.model.worlds import make_random_world

pytestmark = pytest.mark.unit


def test_data_cut_to_a_day_are_those_of_a_shorter_history() -> None:
    """Cutting periods off gives what reading fewer of them would give."""
    whole, short = make_random_world(n_periods=60).prepare(), slice(0, 52)
    cut = cut_to(whole, through=find_last_day(whole) - timedelta(weeks=8))
    assert cut.n_periods == 52
    assert np.array_equal(cut.kpi, whole.kpi[short])
    assert np.array_equal(cut.spend, whole.spend[short])
    assert cut_to(whole, through=find_last_day(whole)) is whole
    with pytest.raises(ModelError, match="No period"):
        cut_to(whole, through=date(2000, 1, 1))


def test_a_restated_series_is_named_with_its_periods() -> None:
    """One value of one channel is found, with the days of its period and both sums."""
    data = make_random_world().prepare()
    spend = data.spend.copy()
    spend[5, 0, 1] *= 2
    (found,) = list_restated(data, replace(data, spend=spend, exposure=spend))
    first = data.periods[5].astype("datetime64[D]").item()
    assert (found.series, found.n_periods) == ("spend of radio", 1)
    assert (found.first, found.last) == (first, first + timedelta(days=6))
    assert found.after == pytest.approx(2 * found.before)
    assert "spend of radio in 1 period" in say_restated([found])
    assert "+100.0%" in say_restated([found])


def test_the_same_data_are_not_restated() -> None:
    """Data without any difference, missing values included, have no restated series."""
    data = make_random_world().prepare()
    kpi = np.where(np.arange(60)[:, None] == 7, np.nan, data.kpi)
    gap = replace(data, kpi=kpi)
    assert list_restated(gap, replace(gap, kpi=kpi.copy())) == ()
    (found,) = list_restated(data, gap)
    assert (found.series, found.after) == ("KPI", 0.0)


def test_periods_that_one_has_not_are_told() -> None:
    """Periods that came or went are named with their KPI."""
    data = make_random_world().prepare()
    fewer = cut_to(data, through=find_last_day(data) - timedelta(weeks=1))
    (gone,), (added,) = list_restated(data, fewer), list_restated(fewer, data)
    assert (gone.series, gone.n_periods, gone.after) == ("periods gone", 1, 0.0)
    assert (added.series, added.before, added.after) == ("periods added", 0.0, gone.before)


def test_settings_that_differ_are_named_by_their_key() -> None:
    """A changed setting of model or channel is named; seed, gates and limits change no fit."""
    project = make_project()
    text = (PROJECT % "").replace("max_lag_days: 7", "max_lag_days: 14, trend: linear")
    other = parse_project(text.replace("exposure: impressions", "exposure: spend"))
    keys = list_settings(project, other)
    assert keys == ("channels.radio.exposure", "model.max_lag_days", "model.trend")
    held = parse_project(PROJECT % "" + "gates: {ess: 100}\npromotion: {min_days: 7}\n")
    assert list_settings(project, held) == ()
    assert print_settings(project) == print_settings(set_seed(project, 5))
    assert set_seed(project, 5).model.sampler.seed == 5


def test_libraries_of_another_version_are_named() -> None:
    """Only what differs is told, also where one side does not know a library."""
    before, after = {"jax": "0.7.0", "numpy": "2.0"}, {"jax": "0.7.1", "numpy": "2.0", "pymc": "6"}
    assert list_libraries(before, after) == ("jax 0.7.0 → 0.7.1", "pymc none → 6")
