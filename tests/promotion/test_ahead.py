"""Both forecasts of the days that the champion has not seen, with fits counted and none made."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pytest

from mmm_orchestration.evaluation.backtest import FoldResult
from mmm_orchestration.evaluation.folds import Fold
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project
from mmm_orchestration.promotion.ahead import Forecasts, append_periods, forecast_unseen
from mmm_orchestration.refresh.changes import cut_to, find_last_day, set_seed
from tests.insight.known import make_posterior, make_project
from tests.model.worlds import World, make_random_world

from .sample import forecast

pytestmark = pytest.mark.unit


@dataclass
class Scorer:
    """Keeps the folds that it was given."""

    folds: list[tuple[Fold, Project]] = field(default_factory=list)

    def __call__(self, fold: Fold, project: Project) -> FoldResult:
        """A forecast that is none."""
        self.folds.append((fold, project))
        return forecast()


@pytest.fixture
def world() -> World:
    """Sixty weeks of two channels."""
    return make_random_world()


def make_fit(data: ModelData, project: Project) -> Posterior:
    """A posterior of which nothing but data and project are read."""
    return replace(make_posterior(), data=data, project=project)


def cut_weeks(data: ModelData, n_weeks: int) -> ModelData:
    """The data without their last weeks."""
    return cut_to(data, through=find_last_day(data) - timedelta(weeks=n_weeks))


def test_one_fit_is_enough_where_nothing_changed(world: World) -> None:
    """With the same known days and settings both forecasts are one, whatever the seeds."""
    data, score = world.prepare(), Scorer()
    found = forecast_unseen(
        make_fit(cut_weeks(data, 8), world.project),
        make_fit(data, set_seed(world.project, 5)),
        score=score,
        min_days=28,
    )
    assert isinstance(found, Forecasts)
    assert (found.is_same, found.n_days, len(score.folds)) == (True, 56, 1)
    fold, project = score.folds[0]
    assert np.isnan(fold.data.kpi[52:]).all()
    assert project.model.sampler.seed == world.project.model.sampler.seed


def test_each_side_knows_its_own_past(world: World) -> None:
    """The champion forecasts from the days as it knew them, the challenger as they are now."""
    data, score = world.prepare(), Scorer()
    spend = data.spend.copy()
    spend[:10] *= 2
    now = replace(data, spend=spend, exposure=spend)
    old = make_fit(cut_weeks(data, 8), world.project)
    found = forecast_unseen(old, make_fit(now, world.project), score=score, min_days=28)
    assert isinstance(found, Forecasts)
    assert not found.is_same
    challenger, champion = (fold for fold, _ in score.folds)
    assert np.array_equal(champion.data.spend[:52], old.data.spend)
    assert np.array_equal(challenger.data.spend, spend)
    assert np.array_equal(champion.kpi[52:], challenger.kpi[52:])


def test_too_few_days_are_said(world: World) -> None:
    """Three new weeks are fewer than 28 days, and another KPI is no comparison."""
    data, score = world.prepare(), Scorer()
    old, new = make_fit(cut_weeks(data, 3), world.project), make_fit(data, world.project)
    few = forecast_unseen(old, new, score=score, min_days=28)
    assert few == "21 days are newer than the champion's, and a comparison needs 28 " + (
        "(promotion.min_days)."
    )
    other = make_project(", kind: units, unit: orders")
    assert "same KPI" in str(
        forecast_unseen(make_fit(old.data, other), new, score=score, min_days=7)
    )
    assert score.folds == []


def test_a_channel_that_is_gone_has_no_exposure(world: World) -> None:
    """The champion's channel that today's data lack is off in the new weeks; a control is not."""
    data = world.prepare()
    fewer = replace(
        data,
        **{name: getattr(data, name)[:, :, :1] for name in ("exposure", "spend", "frequency")},
        channels=data.channels[:1],
        history=data.history[:, :, :1],
        frequency_history=data.frequency_history[:, :, :1],
    )
    joined = append_periods(cut_weeks(data, 8), new=fewer, n_known=52)
    assert joined.exposure[52:, :, 1].sum() == 0
    assert np.array_equal(joined.exposure[:, :, 0], data.exposure[:, :, 0])
    lacking = replace(data, controls=data.controls[:, :, :1], control_names=data.control_names[:1])
    old = make_fit(cut_weeks(data, 8), world.project)
    said = forecast_unseen(old, make_fit(lacking, world.project), score=Scorer(), min_days=28)
    assert "lack what the champion knows" in str(said)
