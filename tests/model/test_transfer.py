"""A posterior as a prior."""

import dataclasses
from datetime import date

import numpy as np
import pytest

from mmm_orchestration.diagnosis.before import examine_data
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.transfer import count_days_twice, transfer_priors
from mmm_orchestration.project import PriorSource
from tests.insight.known import make_posterior

from .worlds import make_random_world

pytestmark = pytest.mark.unit


def scatter_shares() -> Posterior:
    """The known posterior with two draws of every share, a factor e apart."""
    known = make_posterior()
    shares = known.draws["share"].copy(data=np.array([[[0.1, 0.1]], [[0.1 * np.e, 0.1]]]))
    return dataclasses.replace(known, draws=known.draws.assign(share=shares))


def test_a_priced_channel_hands_over_its_roi() -> None:
    """The median ROI of tv is its share of a KPI of 560 over a spend of 40."""
    posterior = scatter_shares()
    found = transfer_priors(posterior, project=posterior.project, version="v", widen=1.0)
    prior = found.channels[0].prior
    assert prior is not None
    assert prior.of == "roi"
    assert prior.median == pytest.approx(0.1 * np.exp(0.5) * 560 / 40, rel=1e-5)
    assert prior.upper == pytest.approx(prior.median * np.exp(1.6448536 * 0.5), rel=1e-5)


def test_widening_multiplies_the_spread() -> None:
    """Twice as wide a belief reaches the square of the factor above the median."""
    posterior = scatter_shares()
    factors = []
    for widen in (1.0, 2.0):
        prior = (
            transfer_priors(posterior, project=posterior.project, version="v", widen=widen)
            .channels[0]
            .prior
        )
        assert prior is not None
        factors.append(prior.upper / prior.median)
    assert factors[1] == pytest.approx(factors[0] ** 2, rel=1e-4)


def test_unknowns_of_the_families_are_handed_over() -> None:
    """Radio's half saturation of 1000 becomes the middle of its belief."""
    posterior = scatter_shares()
    radio = transfer_priors(posterior, project=posterior.project, version="v").channels[1]
    assert set(radio.unknowns) == {"mean_lag_days", "half_saturation", "slope"}
    assert radio.unknowns["half_saturation"].median == pytest.approx(1000)


def test_days_seen_twice_are_counted() -> None:
    """Of four weeks from the first of January, ten days lie in what the prior has seen."""
    source = PriorSource(version="v", first=date(2023, 1, 1), last=date(2024, 1, 10))
    assert count_days_twice(make_posterior().data, source=source) == 10


def test_double_counting_is_a_finding() -> None:
    """A prior from the same weeks is told before the fit, one from before them is not."""
    world = make_random_world(n_periods=104)
    data = world.prepare()
    causes = []
    for last in (date(2021, 12, 31), date(2022, 6, 30)):
        source = PriorSource(version="v", first=date(2020, 1, 1), last=last)
        model = world.project.model.model_copy(update={"prior_source": source})
        project = world.project.model_copy(update={"model": model})
        causes.append([f.cause for f in examine_data(data, project=project)])
    assert ["double_counting" in c for c in causes] == [False, True]
