"""A posterior taken on to later periods."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from mmm_orchestration.errors import ModelError, PosteriorError
from mmm_orchestration.evaluation.folds import cut_fold
from mmm_orchestration.evaluation.predict import predict_kpi
from mmm_orchestration.insight.contributions import expect_kpi
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.design import build_design
from mmm_orchestration.model.extend import extend_data, extend_posterior
from mmm_orchestration.model.posterior import save_posterior
from tests.evaluation.planted import make_planted_world
from tests.monitoring.drawn import cut_data, draw_posterior

from .worlds import START

pytestmark = pytest.mark.unit

KNOWN, AHEAD = 100, 20
WEEK = np.timedelta64(7, "D")
FAIR = START + timedelta(weeks=90)
RICH = f"""
model: {{trend: %s, yearly_order: 2}}
holidays: {{country: US, days_before: 3}}
events: [{{name: fair, first: {FAIR}, last: {FAIR + timedelta(days=90)}}}]
breaks: [{{name: move, day: {START + timedelta(weeks=50)}, kind: slope}}]
"""


def test_an_extension_is_the_forecast_of_the_fold() -> None:
    """Without a trend the forecast after an origin is that of the fold which knew the plan."""
    world = make_planted_world(n_periods=KNOWN + AHEAD, extra=(RICH % "none").split("breaks")[0])
    data, project = world.prepare(), world.project
    fold = cut_fold(data, origin=KNOWN, horizon=AHEAD)
    whole = draw_posterior(fold.data, project=project)
    extended = extend_posterior(draw_posterior(cut_data(data, KNOWN), project=project), newer=data)
    names = list(map(str, extended.draws["column"].to_numpy()))
    assert names == list(map(str, whole.draws["column"].to_numpy()))
    assert np.allclose(predict_kpi(extended), predict_kpi(whole), rtol=1e-4)


def make_panel(data: ModelData) -> ModelData:
    """Two geos like the nation, of which the second starts late and radio is measured by reach."""
    double = {
        name: np.repeat(getattr(data, name), 2, axis=1)
        for name in ("kpi", "exposure", "spend", "history", "controls")
    }
    double["kpi"][:10, 1] = np.nan
    reach = double["exposure"]
    frequency = np.full(reach.shape, np.nan)
    frequency[:, :, 1] = 1 + np.arange(len(reach))[:, None] / len(reach)
    before = np.full(double["history"].shape, np.nan)
    before[:, :, 1] = 1.0
    return replace(
        data, geos=("north", "south"), frequency=frequency, frequency_history=before, **double
    )


@pytest.mark.parametrize("trend", ["linear", "piecewise", "smooth"])
@pytest.mark.parametrize("is_panel", [False, True])
def test_the_trained_periods_stay_as_they_were(trend: str, is_panel: bool) -> None:
    """Whatever comes later, the KPI expected of the trained periods is that of the posterior."""
    world = make_planted_world(n_periods=KNOWN + AHEAD - 8, extra=RICH % trend)
    project = world.project.model_copy(
        update={
            "channels": tuple(
                c.model_copy(update={"effect": "varying"}) if c.name == "tv" else c
                for c in world.project.channels
            )
        }
    )
    data = make_panel(world.prepare()) if is_panel else world.prepare()
    posterior = draw_posterior(cut_data(data, KNOWN), project=project, n_draws=20)
    extended = extend_posterior(posterior, newer=data)
    assert np.allclose(expect_kpi(extended)[:, :KNOWN], expect_kpi(posterior), rtol=1e-9)
    assert np.isfinite(expect_kpi(extended)).all()


@pytest.mark.parametrize("trend", ["linear", "piecewise"])
def test_the_design_goes_on_as_the_fold_has_it(trend: str) -> None:
    """The columns of a line, of seasons, holidays and events span those of the fold's design."""
    world = make_planted_world(n_periods=KNOWN + AHEAD, extra=RICH % trend)
    data, project = world.prepare(), world.project
    posterior = draw_posterior(cut_data(data, KNOWN), project=project, n_draws=5)
    extended = extend_posterior(posterior, newer=data).design[:, 0]
    assert np.array_equal(extended[:KNOWN], posterior.design[:, 0])
    fold = build_design(cut_fold(data, origin=KNOWN, horizon=AHEAD).data, project=project)
    kept = [g != "trend" or n == "trend" for g, n in zip(fold.groups, fold.columns, strict=True)]
    wanted = fold.matrix[:, 0, kept]
    coefficients = np.linalg.lstsq(extended, wanted, rcond=None)[0]
    assert np.abs(extended @ coefficients - wanted).max() < 1e-9


def test_a_smooth_trend_ends_where_its_columns_do() -> None:
    """A smooth trend goes on for a quarter of its range and is refused beyond it."""
    extra = "model: {trend: smooth, yearly_order: 0}"
    world = make_planted_world(n_periods=130, extra=extra)
    data, project = world.prepare(), world.project
    near = draw_posterior(cut_data(data, 110), project=project, n_draws=5)
    extended = extend_posterior(near, newer=data)
    assert np.allclose(extended.design[:110], near.design)
    assert np.isfinite(predict_kpi(extended)).all()
    with pytest.raises(ModelError, match="Fit again"):
        extend_posterior(
            draw_posterior(cut_data(data, 100), project=project, n_draws=5), newer=data
        )


def test_what_is_new_is_left_out_and_said() -> None:
    """A channel and a holiday that the fit has not seen have no column, and a note says so."""
    world = make_planted_world(n_periods=60, extra=RICH % "none")
    data, project = world.prepare(), world.project
    posterior = draw_posterior(cut_data(data, 20), project=project, n_draws=5)
    newer = replace(data, channels=("tv", "podcast"))
    notes = extend_posterior(posterior, newer=newer).data.notes
    assert "Channel 'podcast' is new since the fit and not modelled." in notes
    assert any("Christmas Day" in note for note in notes)


def test_a_channel_that_is_gone_is_off() -> None:
    """Exposure and spend of a channel without later rows are zero, not unknown."""
    data = make_planted_world(n_periods=60).prepare()
    newer = replace(
        data, channels=("tv",), exposure=data.exposure[:, :, :1], spend=data.spend[:, :, :1]
    )
    joined = extend_data(cut_data(data, 50), newer=newer)
    assert joined.n_ahead == 10
    assert joined.exposure[50:, 0, 1].tolist() == joined.spend[50:, 0, 1].tolist() == [0] * 10


def test_a_gap_is_refused() -> None:
    """Data that do not go on right after the trained ones cannot be joined."""
    data = make_planted_world(n_periods=60).prepare()
    with pytest.raises(ModelError, match="right after"):
        extend_data(cut_data(data, 40), newer=replace(data, periods=data.periods + 50 * WEEK))


def test_an_extended_posterior_is_not_saved(tmp_path: Path) -> None:
    """What was not fitted cannot be taken for a fit later."""
    world = make_planted_world(n_periods=60)
    data = world.prepare()
    posterior = draw_posterior(cut_data(data, 50), project=world.project, n_draws=5)
    with pytest.raises(PosteriorError, match="extended"):
        save_posterior(extend_posterior(posterior, newer=data), tmp_path / "extended")
