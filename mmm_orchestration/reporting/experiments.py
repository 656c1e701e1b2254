"""Market tests beside the model, as text for people and as JSON.

Belongs here: how the comparison is shown. Must not: the comparison (see `insight`).
"""

from dataclasses import dataclass
from typing import TypedDict

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import ExperimentResult, RoiResults
from mmm_orchestration.reporting.format import (
    ShownInterval,
    format_interval,
    format_window,
    kpi_formatter,
)

_VERDICTS = {
    "agrees": "They agree.",
    "differs": "They differ more than chance usually does.",
    "disagrees": "They disagree.",
}


class ExperimentRow(TypedDict):
    """One test: units of the KPI, `difference` in joint standard errors."""

    channel: str
    geo: str
    first: str
    last: str
    kind: str
    lift: float
    se: float
    modelled_median: float
    modelled_low: float
    modelled_high: float
    difference: float
    verdict: str


@dataclass(frozen=True)
class ShownExperiment:
    """One test as text."""

    title: str
    when: str
    measured: str
    modelled: ShownInterval
    difference: str
    words: str
    is_doubtful: bool


def show_experiments(results: RoiResults) -> list[ShownExperiment]:
    """Every test as text for people."""
    show = kpi_formatter(results.provenance)
    return [
        ShownExperiment(
            title=f"{result.experiment.channel}, {result.experiment.geo}",
            when=_describe_test(result),
            measured=f"{show(result.experiment.lift)} ± {show(result.experiment.se)}",
            modelled=format_interval(result.modelled, show),
            difference=f"{result.difference:+.1f}".replace("-", "−"),
            words=_VERDICTS[result.verdict],
            is_doubtful=result.verdict == "disagrees",
        )
        for result in results.experiments
    ]


def _describe_test(result: ExperimentResult) -> str:
    experiment = result.experiment
    window = format_window(DayWindow(experiment.first, experiment.last))
    return f"{experiment.kind.replace('_', ' ')}, {window}"


def to_experiment_row(result: ExperimentResult) -> ExperimentRow:
    """One test as JSON-serialisable values."""
    experiment = result.experiment
    return ExperimentRow(
        channel=experiment.channel,
        geo=experiment.geo,
        first=experiment.first.isoformat(),
        last=experiment.last.isoformat(),
        kind=experiment.kind,
        lift=experiment.lift,
        se=experiment.se,
        modelled_median=result.modelled.median,
        modelled_low=result.modelled.low,
        modelled_high=result.modelled.high,
        difference=result.difference,
        verdict=result.verdict,
    )
