"""The model against market tests, by hand."""

import dataclasses
from datetime import date

import numpy as np
import pytest

from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.insight.experiments import compare_experiments, find_disagreements
from mmm_orchestration.insight.results import ExperimentResult
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.reporting.report import render_report
from mmm_orchestration.reporting.tables import roi_json
from tests.insight.known import make_posterior
from tests.reporting.sample import make_results

pytestmark = pytest.mark.unit

# tv in the third week: 30 / 40 of effects 50 and 60, without carry-over
TV_DRAWS = np.array([37.5, 45.0])


def compare(*, lift: float, se: float = 3.0) -> ExperimentResult:
    """A test of tv in the third week beside the known posterior."""
    posterior = make_posterior()
    test = Experiment("tv", "national", date(2024, 1, 15), date(2024, 1, 21), lift, se)
    data = dataclasses.replace(posterior.data, experiments=(test,))
    (result,) = compare_experiments(dataclasses.replace(posterior, data=data))
    return result


def test_the_model_says_what_the_exposure_of_the_test_brought() -> None:
    """Median and difference are those of the two draws."""
    result = compare(lift=40.0)
    assert result.modelled.median == pytest.approx(TV_DRAWS.mean())
    joint = np.sqrt(3.0**2 + TV_DRAWS.std() ** 2)
    assert result.difference == pytest.approx((TV_DRAWS.mean() - 40) / joint)


def test_lift_counts_the_carry_over_after_the_test() -> None:
    """Radio in the second week also brings some of the third, in which it was off."""
    radio = list(iterate_channels(make_posterior()))[1]
    with_it = np.array([2000.0, 5000, 2000, 2000]) / 3
    without = np.array([2000.0, 1000, 0, 2000]) / 3
    response = [(a**2 / (a**2 + 1e6)).sum() for a in (with_it, without)]
    part = np.array([0.0, 1, 0, 0])[:, None]
    wanted = np.array([40, 44]) * (response[0] - response[1])
    assert radio.compute_lift(part=part) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("lift", "verdict"), [(41.0, "agrees"), (29.0, "differs"), (20.0, "disagrees")]
)
def test_the_verdict_counts_joint_standard_errors(lift: float, verdict: str) -> None:
    """Two standard errors are a difference and three a disagreement."""
    assert compare(lift=lift).verdict == verdict


def test_only_a_disagreement_is_a_finding() -> None:
    """It names the test, both numbers and what to do."""
    (finding,) = find_disagreements([compare(lift=20.0), compare(lift=41.0)], unit="EUR")
    assert (finding.cause, finding.severity, finding.channel) == (
        "experiment_disagrees",
        "warning",
        "tv",
    )
    assert "lift of 20 ± 3 EUR, the model says 41" in finding.message


def test_the_report_shows_the_test() -> None:
    """Page and JSON hold what was measured and what the model says."""
    results = dataclasses.replace(make_results(), experiments=(compare(lift=20.0),))
    assert "They disagree." in render_report(results, findings=[])
    assert "Market tests" not in render_report(make_results(), findings=[])
    (row,) = roi_json(results, [])["experiments"]
    assert (row["first"], row["lift"], row["verdict"]) == ("2024-01-15", 20.0, "disagrees")
