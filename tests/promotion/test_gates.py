"""Each gate is green where it should be, and red where it must be."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_orchestration.insight.results import Interval, RoiResults
from mmm_orchestration.project import Gates, Promotion
from mmm_orchestration.promotion.gates import (
    evaluate_convergence_gate,
    evaluate_findings,
    evaluate_out_of_time,
    evaluate_plausibility,
    evaluate_stability,
)
from mmm_orchestration.quality.finding import Finding, Severity
from tests.refresh.sample import make_report, move
from tests.reporting.sample import make_results

from .sample import GOOD, compare, forecast

pytestmark = pytest.mark.unit

LIMITS = Promotion()
OLD = "2026-05-31-old"


def find(severity: Severity, cause: str = "effect_drift") -> Finding:
    """A finding on the posterior."""
    return Finding(severity, cause, "posterior", f"About {cause}.", "Look.")


def with_channel(**changes: object) -> RoiResults:
    """Results whose first channel is changed."""
    results = make_results()
    first, *others = results.channels
    return replace(results, channels=(replace(first, **changes), *others))  # type: ignore[arg-type]


def test_convergence_is_that_of_the_project() -> None:
    """A measure beyond its gate is the reason, with its number."""
    assert evaluate_convergence_gate(GOOD, gates=Gates()).outcome == "passed"
    gate = evaluate_convergence_gate(replace(GOOD, max_r_hat=1.2), gates=Gates())
    assert gate.outcome == "failed"
    assert gate.reasons == ("R-hat of share[tv] is 1.2, the gate is 1.01.",)
    assert gate.numbers["max_r_hat"] == 1.2


@pytest.mark.parametrize(
    ("severity", "outcome"),
    [("info", "passed"), ("warning", "passed"), ("error", "failed"), ("critical", "failed")],
)
def test_errors_and_critical_findings_block(severity: Severity, outcome: str) -> None:
    """A warning is let through and an error is not, which the reason names."""
    gate = evaluate_findings([find("info"), find(severity)])
    assert gate.outcome == outcome
    assert ("'effect_drift'" in gate.sentence) == (outcome == "failed")


def test_what_was_never_examined_fails() -> None:
    """No examination is not the same as no finding."""
    assert evaluate_findings([]).outcome == "passed"
    assert evaluate_findings(None).outcome == "failed"


def test_plausible_results_pass() -> None:
    """The numbers behind the verdict are in it."""
    gate = evaluate_plausibility(make_results(), findings=[find("warning")], limits=LIMITS)
    assert gate.outcome == "passed"
    assert 0 < gate.numbers["media_share"] < 0.9
    assert "the highest ROI is" in gate.sentence


def test_what_no_business_has_is_not_plausible() -> None:
    """A return beyond the ceiling, nearly all KPI from media, a negative baseline."""
    absurd = with_channel(roi=Interval(40.0, 30.0, 50.0))
    assert "is 40, and the limit is 25" in _judge(absurd)
    greedy = replace(make_results(), baseline_share=Interval(0.05, 0.01, 0.1))
    assert "Media have 95% of the KPI" in _judge(greedy)
    assert "About negative_baseline." in _judge(make_results(), find("error", "negative_baseline"))


def _judge(results: RoiResults, *findings: Finding) -> str:
    gate = evaluate_plausibility(results, findings=findings, limits=LIMITS)
    assert gate.outcome == "failed"
    return gate.reasons[0]


def test_a_return_in_units_has_no_ceiling() -> None:
    """Orders per pound are no money, so that 40 of them are not too many."""
    results = with_channel(roi=Interval(40.0, 30.0, 50.0))
    units = replace(results, provenance=replace(results.provenance, kpi_unit="orders"))
    assert evaluate_plausibility(units, findings=[], limits=LIMITS).outcome == "passed"


def test_the_same_specification_forecasts_alike() -> None:
    """Where nothing was changed the gate passes, says so and gives the error."""
    one = forecast()
    gate = evaluate_out_of_time(compare(one, one), limits=LIMITS)
    assert gate.outcome == "passed"
    assert "alike" in gate.sentence
    assert gate.numbers["crps"] == gate.numbers["crps_champion"] > 0


def test_a_greater_error_fails() -> None:
    """A challenger that is off by three deviations is worse; one that is better is not."""
    good, bad = forecast(), forecast(bias=30.0)
    gate = evaluate_out_of_time(compare(good, bad), limits=LIMITS)
    assert gate.outcome == "failed"
    assert "the error is" in gate.reasons[0]
    assert evaluate_out_of_time(compare(bad, good), limits=LIMITS).outcome == "passed"


def test_a_little_more_error_is_no_reason() -> None:
    """Within the ratio that mmm.yaml allows nothing fails."""
    gate = evaluate_out_of_time(compare(forecast(), forecast(bias=1.0)), limits=LIMITS)
    assert gate.outcome == "passed"


def test_intervals_that_are_too_narrow_fail() -> None:
    """Days outside the interval fail it beyond chance, unless the champion misses them too."""
    wide, narrow = forecast(), forecast(width=0.5)
    gate = evaluate_out_of_time(compare(wide, narrow), limits=LIMITS)
    assert any("unseen periods lie in the 94% interval" in reason for reason in gate.reasons)
    assert evaluate_out_of_time(compare(narrow, narrow), limits=LIMITS).outcome == "passed"


def test_too_few_new_days_are_not_judged() -> None:
    """The reason why there is no forecast stands in the sentence; so does a missing champion."""
    few = evaluate_out_of_time("7 days are newer, and 28 are needed.", limits=LIMITS)
    assert (few.outcome, few.sentence) == (
        "not judged",
        "Not judged. 7 days are newer, and 28 are needed.",
    )
    assert "no champion yet" in evaluate_out_of_time(None, limits=LIMITS).sentence


def test_new_days_without_a_kpi_are_not_judged() -> None:
    """Where nothing came there is nothing to compare."""
    one = forecast()
    none = replace(one, kpi=np.full_like(one.kpi, np.nan))
    gate = evaluate_out_of_time(compare(none, none), limits=LIMITS)
    assert (gate.outcome, "No new day has a KPI" in gate.sentence) == ("not judged", True)


def test_movement_that_data_explain_is_stable() -> None:
    """However far new days move a number, the gate passes, and says when it is far."""
    report = make_report(move("tv", {"new_days": 1.5}), move("radio", {"restated": -0.1}))
    gate = evaluate_stability(report, champion=OLD, limits=LIMITS)
    assert gate.outcome == "passed"
    assert "Data moved further than the joint uncertainty: ROI of 'tv'" in gate.sentence


def test_movement_beyond_noise_and_data_fails() -> None:
    """Code that moves a ROI beyond seed noise and uncertainty is stopped, with its numbers."""
    report = make_report(move("tv", {"new_days": 0.2, "code": 0.3}))
    gate = evaluate_stability(report, champion=OLD, limits=LIMITS)
    assert gate.outcome == "failed"
    assert "ROI of 'tv' moved by +0.3" in gate.reasons[0]
    small = make_report(move("tv", {"new_days": 0.2, "code": 0.05}))
    assert evaluate_stability(small, champion=OLD, limits=LIMITS).outcome == "passed"


def test_a_split_may_move_by_its_own_limit() -> None:
    """Without data a recommended part moves by two points of the budget and not by five."""
    for moved, outcome in ((0.015, "passed"), (0.05, "failed")):
        part = move("tv", {"seed": moved}, quantity="split", noise=0.001, spread=None)
        gate = evaluate_stability(make_report(part), champion=OLD, limits=LIMITS)
        assert gate.outcome == outcome


def test_without_a_report_nothing_is_stable() -> None:
    """A champion needs a report against it, and a first posterior needs none."""
    assert evaluate_stability(None, champion=None, limits=LIMITS).outcome == "not judged"
    for report in (None, make_report(champion="another")):
        gate = evaluate_stability(report, champion=OLD, limits=LIMITS)
        assert gate.outcome == "failed"
        assert "mmm refresh" in gate.sentence
