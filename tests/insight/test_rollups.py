"""Roll-ups against sums of draws taken by hand."""

import dataclasses

import numpy as np
import pytest

from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.insight.results import Rollup
from mmm_orchestration.insight.rollups import roll_up
from mmm_orchestration.insight.summary import summarise
from mmm_orchestration.model.posterior import Posterior
from tests.insight.known import RADIO_SPEND, make_posterior

pytestmark = pytest.mark.unit

# Two draws of which one favours tv and the other radio.
TOTAL = np.array([[10.0, 30.0], [30.0, 10.0]])


def mark(posterior: Posterior, **keys: str) -> Posterior:
    """The posterior, where every channel is marked with the keys."""
    project = posterior.project
    channels = tuple(c.model_copy(update=keys) for c in project.channels)
    return dataclasses.replace(posterior, project=project.model_copy(update={"channels": channels}))


def list_rollups(posterior: Posterior) -> tuple[Rollup, ...]:
    """The roll-ups of the report."""
    found = summarise(
        posterior, model_version="1", delta_versions={}, code_version="0", fitted_at="2024-02-01"
    )
    return found.rollups


def test_draws_are_summed_before_the_interval() -> None:
    """What two channels trade off leaves no uncertainty in their sum."""
    posterior = mark(make_posterior(), group="all")
    channels = summarise(
        posterior, model_version="1", delta_versions={}, code_version="0", fitted_at="x"
    ).channels
    (group,) = roll_up(channels, total=TOTAL, project=posterior.project, kpi_total=400.0, value=2.0)
    assert (group.contribution.low, group.contribution.high) == (40.0, 40.0)
    assert group.share.median == pytest.approx(0.1)
    assert group.roi is not None
    assert group.roi.median == pytest.approx(2 * 40 / (40 + RADIO_SPEND.sum()))


def test_a_group_sums_the_draws_of_its_channels() -> None:
    """The report's group holds the median of the summed contributions."""
    posterior = mark(make_posterior(), group="all", stage="upper")
    group, stage = list_rollups(posterior)
    summed = compute_contributions(posterior, interval=0.94).total.sum(axis=1)
    assert (group.kind, group.name, group.channels) == ("group", "all", ("tv", "radio"))
    assert (stage.kind, stage.name) == ("stage", "upper")
    assert group.contribution.median == pytest.approx(np.median(summed))
    assert stage.spend == pytest.approx(40 + RADIO_SPEND.sum())


def test_roi_of_a_group_leaves_organic_media_out() -> None:
    """A channel without spend adds to the contribution and not to the return on spend."""
    (group,) = list_rollups(mark(make_posterior(radio_spend=np.full(4, np.nan)), group="all"))
    tv = np.array([50, 60]) * 1.25
    assert group.spend == 40
    assert group.roi is not None
    assert group.roi.median == pytest.approx(tv.mean() / 40)
    assert group.contribution.median > tv.mean()


def test_without_groups_there_is_no_rollup() -> None:
    """Nothing is added up that the project does not name."""
    assert list_rollups(make_posterior()) == ()
