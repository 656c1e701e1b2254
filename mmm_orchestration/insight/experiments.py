"""The model against market tests: what it says that each test should have found.

Belongs here: the comparison and its finding. Must not: calibrating the model (see `model`).
"""

from collections.abc import Sequence
from math import hypot

import numpy as np

from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Array, ExperimentResult, Verdict
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.placing import cover_periods
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding

CAUSE = "experiment_disagrees"


def compare_experiments(
    posterior: Posterior, *, limits: Thresholds | None = None
) -> tuple[ExperimentResult, ...]:
    """One result per experiment of the posterior, in their order.

    The incremental outcome of a draw is the contribution of the channel less its contribution
    with no exposure during the test, over the test and the carry-over after it, as far as the
    modelled periods reach. The difference is counted in joint standard errors,
    sqrt(se^2 + sd(draws)^2). A posterior that was calibrated on the test is no independent judge
    of it: then the difference says what the other data hold against it.
    """
    channels = {channel.channel: channel for channel in iterate_channels(posterior)}
    return tuple(
        _judge(
            experiment,
            outcome=channels[experiment.channel].compute_lift(
                part=cover_periods(experiment, data=posterior.data)
            ),
            limits=limits or Thresholds(),
        )
        for experiment in posterior.data.experiments
    )


def find_disagreements(results: Sequence[ExperimentResult], *, unit: str) -> list[Finding]:
    """One finding per experiment whose lift the model contradicts; `unit` is that of the KPI."""
    return [
        Finding(
            severity="warning",
            cause=CAUSE,
            table="posterior",
            message=f"The experiment {result.experiment.name} found a lift of "
            f"{result.experiment.lift:,.0f} ± {result.experiment.se:,.0f} {unit}, the model says "
            f"{result.modelled.median:,.0f}: {abs(result.difference):.1f} standard errors apart.",
            fix="Look whether the test was sound; if it was, trust it, and look in the model for "
            "what moves with the channel and is not among the controls.",
            channel=result.experiment.channel,
        )
        for result in results
        if result.verdict == "disagrees"
    ]


def _judge(experiment: Experiment, *, outcome: Array, limits: Thresholds) -> ExperimentResult:
    joint = hypot(experiment.se, float(np.std(outcome)))
    difference = (float(np.mean(outcome)) - experiment.lift) / joint
    verdict: Verdict = "agrees"
    if abs(difference) > limits.experiment_disagrees:
        verdict = "disagrees"
    elif abs(difference) > limits.experiment_differs:
        verdict = "differs"
    return ExperimentResult(
        experiment=experiment,
        modelled=compute_interval(outcome),
        difference=difference,
        verdict=verdict,
    )
