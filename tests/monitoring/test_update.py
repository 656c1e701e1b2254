"""The update of a posterior by new periods, against what is known exactly."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_orchestration.insight.summary import summarise
from mmm_orchestration.model.psis import smooth_ratios
from mmm_orchestration.monitoring.update import resample, update_posterior
from mmm_orchestration.project import Monitoring
from tests.evaluation.planted import make_planted_world

from .drawn import cut_data, draw_posterior, solve_baseline

pytestmark = pytest.mark.unit

PLAIN = "model: {trend: linear, yearly_order: 1}"


def test_weights_of_a_shift_are_the_exact_ones() -> None:
    """Standard normal draws weighed towards N(0.5, 1) have its mean, and a small k."""
    draws = np.random.default_rng(1).standard_normal(4000)
    weights, pareto_k = smooth_ratios(0.5 * draws)
    assert weights.sum() == pytest.approx(1)
    assert (weights * draws).sum() == pytest.approx(0.5, abs=0.05)
    assert pareto_k < 0.5


def test_weights_of_a_far_shift_cannot_be_relied_on() -> None:
    """Few of the draws lie near N(4, 1), which the Pareto k says."""
    draws = np.random.default_rng(1).standard_normal(1000)
    assert smooth_ratios(4.0 * draws)[1] > 0.7


def test_draws_come_as_often_as_they_weigh() -> None:
    """Each of n draws comes n times its weight, to less than one."""
    world = make_planted_world(n_periods=60, extra=PLAIN)
    posterior = draw_posterior(world.prepare(), project=world.project, n_draws=500)
    weights = np.random.default_rng(2).dirichlet(np.full(1000, 5.0))
    drawn = resample(posterior, weights=weights)
    assert drawn.stack("share").shape == posterior.stack("share").shape
    before, after = (p.stack("sigma")[:, 0] for p in (posterior, drawn))
    counts = (after[:, None] == before).sum(axis=0)
    assert np.abs(counts - 1000 * weights).max() < 1


def test_the_baseline_is_updated_as_the_exact_posterior() -> None:
    """Of a model whose other unknowns are known, the updated baseline is the conjugate one."""
    world = make_planted_world(n_periods=104, extra=PLAIN)
    data, project = world.prepare(), world.project
    fixed = {"project": project, "n_draws": 4000, "scatter": 1e-6, "share": 0.05}
    before = draw_posterior(cut_data(data, 100), **fixed)
    found = update_posterior(before, newer=data, settings=Monitoring())
    assert found.is_accepted
    assert found.n_points == 4
    # the same model fitted on all periods, with the scales and the time of the first hundred
    exact = solve_baseline(before, data=data)
    drawn = found.posterior.stack("baseline")[:, 0]
    error = np.abs(drawn.mean(axis=0) - exact) / drawn.std(axis=0)
    assert error.max() < 4 / np.sqrt(found.ess)
    moved = np.abs(before.stack("baseline")[:, 0].mean(axis=0) - exact) / drawn.std(axis=0)
    assert moved.max() > 2 * error.max()


def test_shocking_days_are_refused() -> None:
    """Days on which the KPI is half are not what the draws expect, so a refit is due."""
    world = make_planted_world(n_periods=104, extra=PLAIN)
    data, project = world.prepare(), world.project
    posterior = draw_posterior(cut_data(data, 100), project=project, n_draws=500)
    shocked = replace(data, kpi=np.where(np.arange(104)[:, None] < 100, 1, 0.5) * data.kpi)
    found = update_posterior(posterior, newer=shocked, settings=Monitoring())
    assert (found.is_accepted, found.posterior) == (False, None)
    assert found.reasons


def test_nothing_new_changes_nothing() -> None:
    """Without a new period the update is the posterior itself."""
    world = make_planted_world(n_periods=60, extra=PLAIN)
    data = world.prepare()
    posterior = draw_posterior(data, project=world.project, n_draws=5)
    found = update_posterior(posterior, newer=data, settings=Monitoring())
    assert (found.n_points, found.posterior) == (0, posterior)


def test_an_accepted_update_is_summarised_like_a_fit() -> None:
    """Its ROI and contributions are over old and new weeks, under its own name."""
    world = make_planted_world(n_periods=104, extra=PLAIN)
    data = world.prepare()
    posterior = draw_posterior(
        cut_data(data, 100), project=world.project, n_draws=4000, scatter=1e-6, share=0.05
    )
    found = update_posterior(posterior, newer=data, settings=Monitoring())
    assert found.posterior is not None
    results = summarise(
        found.posterior,
        model_version="v1+2024-01-01",
        delta_versions={},
        code_version="0",
        fitted_at="2024-01-01T00:00:00+00:00",
    )
    assert (results.provenance.n_periods, results.provenance.n_draws) == (104, 8000)
    assert [c.channel for c in results.channels] == ["tv", "radio"]
    assert results.channels[0].spend == pytest.approx(data.spend[:, 0, 0].sum())
