"""The results a report shows, as frozen values with their units.

Belongs here: what is said. Must not: how it is computed (see `channels`) or drawn (`reporting`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.model.experiment import Experiment

INTERVAL = 0.94
RollupKind = Literal["group", "stage", "treatment", "pair"]
Verdict = Literal["agrees", "differs", "disagrees"]

Days = NDArray[np.datetime64]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Posterior median with the equal-tailed interval that holds 94 % of the draws."""

    median: float
    low: float
    high: float

    def covers(self, value: float) -> bool:
        """Whether `value` lies in the interval, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class ChannelResult:
    """What one channel brought over the window of the report.

    `contribution` is in KPI units; `share` is of the total KPI; `roi` and `marginal_roi` are
    KPI (valued in money where the project says how) per unit of spend, None where the channel
    has no spend; `carry_over_days` is the time until 90 % of an exposure's effect has come.
    `doubt` says in words what the data cannot tell, and is empty otherwise.
    """

    channel: str
    spend: float | None
    contribution: Interval
    share: Interval
    roi: Interval | None
    marginal_roi: Interval | None
    carry_over_days: Interval
    doubt: str = ""


@dataclass(frozen=True)
class SeedNoise:
    """How far the numbers of one channel move with another seed alone, one standard deviation.

    `contribution` is in KPI units per day, `split` a part of the budget; None where the channel
    has no such number.
    """

    channel: str
    contribution: float | None
    roi: float | None
    marginal_roi: float | None
    split: float | None


@dataclass(frozen=True)
class Rollup:
    """What the channels of one group, or of one stage of the funnel, brought together.

    Units as in `ChannelResult`; `spend` and `roi` are of those channels that have spend, and
    None where none has.
    """

    kind: RollupKind
    name: str
    channels: tuple[str, ...]
    spend: float | None
    contribution: Interval
    share: Interval
    roi: Interval | None


@dataclass(frozen=True)
class ExperimentResult:
    """A market test beside what the model says that it should have found, in KPI units.

    `difference` is the model's mean less the lift of the test, in joint standard errors.
    """

    experiment: Experiment
    modelled: Interval
    difference: float
    verdict: Verdict


@dataclass(frozen=True)
class ResponseCurve:
    """Contribution per period against spend (or exposure) per period, held steady.

    `level`, `median`, `low`, `high` have shape (level,); `observed` is the mean level where
    the channel was on and `observed_max` the largest; beyond it the curve is extrapolated.
    """

    channel: str
    unit: str
    level: Array
    median: Array
    low: Array
    high: Array
    observed: float
    observed_max: float


@dataclass(frozen=True)
class ContributionSeries:
    """The KPI taken apart over time.

    `periods`, `kpi`, `baseline`, `fit*` have shape (date,); `media` has (date, channel).
    `baseline` and `media` are posterior means and add up to the mean fit; `fit_low` and
    `fit_high` bound 94 % of the posterior predictive.
    """

    periods: Days
    period_days: int
    channels: tuple[str, ...]
    kpi: Array
    baseline: Array
    media: Array
    fit: Array
    fit_low: Array
    fit_high: Array


@dataclass(frozen=True)
class FitMetrics:
    """How well the posterior explains the days it was trained on, all geos together.

    `rmse` and `crps` are in KPI units; `coverage` is of the 94 % interval.
    """

    r2: float
    mape: float
    wmape: float
    coverage: float
    rmse: float = float("nan")
    crps: float = float("nan")
    coverage_50: float = float("nan")
    coverage_80: float = float("nan")


@dataclass(frozen=True)
class Provenance:
    """Where every number comes from.

    `kpi_unit` is the currency code where the KPI is money; `value_per_unit` is money per unit of
    any other KPI, and None where ROI stays in KPI units per unit of money.
    """

    project: str
    kpi: str
    kpi_unit: str
    currency: str
    model_version: str
    snapshot: str
    delta_versions: Mapping[str, int]
    first_day: str
    trained_through: str
    n_periods: int
    grain: str
    n_draws: int
    seed: int
    code_version: str
    fitted_at: str
    value_per_unit: float | None = None


@dataclass(frozen=True)
class RoiResults:
    """Everything the ROI report says about one posterior.

    `notes` says in sentences what was left out of the model and what looks implausible.
    """

    provenance: Provenance
    channels: tuple[ChannelResult, ...]
    baseline_share: Interval
    curves: tuple[ResponseCurve, ...]
    series: ContributionSeries
    fit: FitMetrics
    convergence: Mapping[str, float]
    notes: tuple[str, ...] = ()
    rollups: tuple[Rollup, ...] = ()
    experiments: tuple[ExperimentResult, ...] = ()
    noise: tuple[SeedNoise, ...] = ()
