"""The update of a posterior by new weeks, against a fit on all of them."""

import numpy as np
import pytest

from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.insight.results import INTERVAL
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.monitoring.update import update_posterior
from mmm_orchestration.project import Monitoring
from tests.evaluation.planted import make_planted_world
from tests.monitoring.drawn import cut_data

pytestmark = pytest.mark.truth

LONG = """
model:
  trend: linear
  yearly_order: 1
  sampler: {draws: 1000, tune: 500, chains: 2, keep: 2000}
"""
N_WEEKS, N_NEW = 120, 8


def test_an_update_agrees_with_a_refit() -> None:
    """After eight more weeks the update is the fit of all, within its error, and the old is not."""
    world = make_planted_world(n_periods=N_WEEKS, extra=LONG)
    data = world.prepare()
    before = fit(cut_data(data, N_WEEKS - N_NEW), project=world.project)
    updated = update_posterior(before, newer=data, settings=Monitoring())
    assert updated.posterior is not None, updated.reasons
    refitted = fit(data, project=world.project)
    wanted = total_up(refitted)
    old, new = (
        np.abs(total_up(p).mean(axis=0) - wanted.mean(axis=0)) / wanted.std(axis=0)
        for p in (extend_posterior(before, newer=data), updated.posterior)
    )
    ess = min(updated.ess, refitted.diagnostics.min_ess_bulk, before.diagnostics.min_ess_bulk)
    assert new.max() < 3 * np.sqrt(2 / ess) < old.max()
    spread = total_up(updated.posterior).std(axis=0)
    assert spread == pytest.approx(wanted.std(axis=0), rel=0.15)


def total_up(posterior: Posterior) -> np.ndarray:
    """Contributions of channels and baseline over all weeks, shape (draw, part)."""
    parts = compute_contributions(posterior, interval=INTERVAL)
    return np.column_stack([parts.total, parts.baseline_total])


def test_many_weeks_are_no_update() -> None:
    """Half a year of new weeks leaves too few draws, and the update says that a refit is due."""
    world = make_planted_world(n_periods=N_WEEKS, extra=LONG.replace("1000", "300"))
    data = world.prepare()
    before = fit(cut_data(data, 60), project=world.project)
    updated = update_posterior(before, newer=data, settings=Monitoring())
    assert (updated.is_accepted, updated.n_points) == (False, 60)
