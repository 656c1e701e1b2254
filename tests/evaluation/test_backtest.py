"""Folds, and forecasts of a world whose truth is known."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.evaluation.backtest import CrossValidation, cross_validate
from mmm_orchestration.evaluation.folds import choose_origins, cut_fold
from mmm_orchestration.evaluation.loo import CAVEAT, compute_loo
from mmm_orchestration.evaluation.predict import predict_kpi
from mmm_orchestration.metadata import describe_forecasts
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.parts import prepare_parts
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.reporting.evaluation import evaluation_json, print_evaluation

from .planted import make_planted_world

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def found() -> CrossValidation:
    """Three forecasts of the planted world."""
    world = make_planted_world()
    return cross_validate(world.prepare(), project=world.project, n_folds=3)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """The posterior of the planted world."""
    world = make_planted_world()
    return fit(world.prepare(), project=world.project)


def test_forecasts_follow_the_world(found: CrossValidation) -> None:
    """The error is near the noise, and the intervals hold about what they promise."""
    assert found.scores.n == 24
    assert found.scores.rmse < 30
    assert found.scores.crps < found.scores.rmse
    assert found.scores.coverage_94 >= 0.8
    assert 0.2 <= found.scores.coverage_50 <= 0.85


def test_forecasts_are_told_to_people_and_programs(
    found: CrossValidation, posterior: Posterior
) -> None:
    """Terminal, JSON and the UI have a row for each origin, and the caveat is said."""
    said: list[str] = []
    loo = compute_loo(posterior)
    print_evaluation(loo, found, say=said.append)
    assert CAVEAT in said[0]
    assert json.loads(json.dumps(evaluation_json(loo, found)))["folds"][2]["n_known"] == 112
    metadata = describe_forecasts(found).metadata
    assert metadata is not None
    assert all(fold.origin in str(metadata["folds"].value) for fold in found.folds)
    assert "image/png" in str(metadata["forecasts"])


def test_each_fold_has_its_row(found: CrossValidation) -> None:
    """Origins are one horizon apart, and ROI is told for each."""
    frame = found.to_frame()
    assert frame["n_known"].to_list() == [96, 104, 112]
    assert frame["roi_tv"].null_count() == 0
    assert len(found.log_density) == 24


def test_a_fold_knows_no_scale_of_its_horizon() -> None:
    """Other exposure, controls and KPI after the origin change nothing that is fitted."""
    world = make_planted_world()
    data = world.prepare()
    after = np.arange(data.n_periods)[:, None] >= 112
    altered = replace(
        data,
        kpi=np.where(after, 1e6, data.kpi),
        exposure=np.where(after[:, :, None], 1e5, data.exposure),
        controls=np.where(after[:, :, None], -500.0, data.controls),
    )
    parts, other = (
        prepare_parts(cut_fold(d, origin=112, horizon=8).data, project=world.project)
        for d in (data, altered)
    )
    for name in ("kpi", "scale", "spread", "weight", "matrix", "common"):
        assert np.array_equal(getattr(parts, name), getattr(other, name)), name
    assert np.array_equal(parts.exposure[:, :-8], other.exposure[:, :-8])


def test_what_the_past_has_not_seen_is_left_out_in_words() -> None:
    """A channel that begins after the origin is left out of the fold, which says so."""
    data = make_planted_world().prepare()
    exposure = data.exposure.copy()
    exposure[:112, :, 1] = 0
    fold = cut_fold(replace(data, exposure=exposure), origin=112, horizon=8)
    assert fold.data.channels == ("tv",)
    assert "Channel 'radio' is left out" in fold.data.notes[0]
    assert fold.origin == str(data.periods[112])


def test_a_ragged_panel_is_cut_by_geo() -> None:
    """A geo that begins after the origin is left out; one with gaps keeps them."""
    data = make_planted_world().prepare()
    late = np.where(np.arange(120)[:, None] < 110, np.nan, data.kpi)
    gap = np.where(np.arange(120)[:, None] == 50, np.nan, data.kpi)
    twice = {n: np.repeat(getattr(data, n), 3, axis=1) for n in ("exposure", "spend", "controls")}
    history = np.repeat(data.history, 3, axis=1)
    panel = replace(
        data,
        geos=("a", "b", "c"),
        kpi=np.hstack([data.kpi, late, gap]),
        history=history,
        **twice,
    )
    fold = cut_fold(panel, origin=112, horizon=8)
    assert fold.data.geos == ("a", "c")
    assert fold.data.is_observed.sum(axis=0).tolist() == [112, 111]
    assert (~np.isnan(fold.kpi)).sum() == 16


def test_too_few_periods_are_refused() -> None:
    """A horizon that leaves nothing to fit on is an error; fewer folds are not."""
    data = make_planted_world(n_periods=40).prepare()
    assert choose_origins(data, n_folds=4, horizon=8) == (16, 24, 32)
    with pytest.raises(ModelError, match="too few"):
        choose_origins(data, n_folds=1, horizon=35)


def test_loo_of_a_fit_is_finite_and_reliable(posterior: Posterior) -> None:
    """Every observed period has a density; effective parameters are fewer than columns."""
    loo = compute_loo(posterior)
    assert len(loo.elpd_by_point) == 120
    assert np.isfinite(loo.elpd)
    assert 0 < loo.p_loo < 20
    assert len(loo.high_k) <= 3  # of so few draws k itself is uncertain


def test_predictions_cover_what_was_observed(posterior: Posterior) -> None:
    """In sample about 94 % of the KPI lies in the predictive interval."""
    draws = predict_kpi(posterior)
    low, high = np.quantile(draws, [0.03, 0.97], axis=0)
    inside = (low <= posterior.data.kpi) & (posterior.data.kpi <= high)
    assert draws.shape == (200, 120, 1)
    assert inside.mean() > 0.88


def test_a_fold_knows_no_later_test() -> None:
    """Of two tests the one that ends after the origin is not known there."""
    data = make_planted_world().prepare()
    days = [date.fromisoformat(str(data.periods[i])) for i in (50, 55, 110, 115)]
    tests = tuple(
        Experiment("tv", "national", first, last, lift=10.0, se=5.0)
        for first, last in (days[:2], days[2:])
    )
    fold = cut_fold(replace(data, experiments=tests), origin=112, horizon=8)
    assert fold.data.experiments == tests[:1]
    assert tests[1].name in fold.data.notes[-1]
