"""Priors in money, and beliefs of every kind."""

import numpy as np
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.model.belief import draw_beliefs
from mmm_orchestration.model.parts import prepare_parts

from .worlds import make_random_world

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("of", "median", "upper"),
    [("share", 0.1, 0.3), ("contribution", 5000.0, 9000.0), ("roi", 2.0, 6.0)],
)
def test_beliefs_have_the_declared_quantiles(of: str, median: float, upper: float) -> None:
    """Half of the prior draws lie below the median and 95 % below the upper value."""
    world = make_random_world(
        extra=f"model: {{default_prior: {{of: {of}, median: {median}, upper: {upper}}}}}"
    )
    data = world.prepare()
    parts = compute_contributions(draw_beliefs(data, project=world.project), interval=0.9)
    units = {
        "share": parts.total[:, 0] / data.kpi_total.sum(),
        "contribution": parts.total[:, 0],
        "roi": parts.total[:, 0] / data.spend[:, 0, 0].sum(),
    }
    values = units[of]
    assert (values < median).mean() == pytest.approx(0.5, abs=0.05)
    assert (values < upper).mean() == pytest.approx(0.95, abs=0.03)


def test_a_marginal_return_is_what_one_per_cent_more_brings() -> None:
    """Half of the prior draws of marginal ROI lie below the declared median."""
    world = make_random_world(
        extra="model: {default_prior: {of: marginal_roi, median: 1.5, upper: 4}}"
    )
    data = world.prepare()
    parts = compute_contributions(draw_beliefs(data, project=world.project), interval=0.9)
    extra = (parts.nudged - parts.total)[:, 0] / (0.01 * data.spend[:, 0, 0].sum())
    assert (extra < 1.5).mean() == pytest.approx(0.5, abs=0.05)
    assert (extra < 4).mean() == pytest.approx(0.95, abs=0.03)


def test_a_return_is_not_believed_of_a_channel_without_spend() -> None:
    """A channel whose spend is not known cannot have a prior of its ROI."""
    world = make_random_world(extra="model: {default_prior: {of: roi, median: 1, upper: 3}}")
    data = world.prepare()
    data.spend[:] = np.nan
    with pytest.raises(ModelError, match="no spend"):
        prepare_parts(data, project=world.project)
