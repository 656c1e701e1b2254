"""What a starting project says about one file: every guess with its reason, as data.

Belongs here: the values that are proposed. Must not: finding them (see `propose`) or writing
them down (see `writing`).
"""

from dataclasses import dataclass

from mmm_orchestration.project import KpiKind, MediaMeasure, Period
from mmm_orchestration.starter.dates import Dates
from mmm_orchestration.starter.looking import Look
from mmm_orchestration.starter.shape import Shape

SAID = "you said so"


@dataclass(frozen=True)
class Choices:
    """What the user says; whatever is given is taken and not guessed.

    Currency and time zone have no guess and are required.
    """

    currency: str
    time_zone: str
    name: str | None = None
    date: str | None = None
    date_format: str | None = None
    period: Period | None = None
    geo: str | None = None
    medium: str | None = None
    kpi: str | None = None
    kpi_kind: KpiKind | None = None
    value_per_unit: float | None = None
    spend: tuple[str, ...] = ()
    exposure: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def used(self) -> frozenset[str]:
        """The columns that the user gave a part."""
        return frozenset(
            {*self.spend, *self.exposure, *self.control, *([self.kpi] if self.kpi else [])}
        )


@dataclass(frozen=True)
class Ignored:
    """A column that the project leaves out, and why."""

    column: str
    reason: str


@dataclass(frozen=True)
class SeriesGuess:
    """An outcome or control; `equals` as in the project file."""

    name: str
    column: str
    reason: str
    equals: str | None = None


@dataclass(frozen=True)
class MediumGuess:
    """A medium with the columns that measure it; `campaign` is what its channel rule matches."""

    name: str
    campaign: str
    exposure: MediaMeasure
    reason: str
    spend: str | None = None
    impressions: str | None = None
    clicks: str | None = None
    reach: str | None = None
    frequency: str | None = None


@dataclass(frozen=True)
class KpiGuess:
    """The KPI, its kind, and the money one unit is worth where it counts units."""

    series: SeriesGuess
    kind: KpiKind
    kind_reason: str
    value_per_unit: float | None = None
    value_reason: str = ""


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long file: which medium a row is of, and what it measures."""

    medium: str
    spend: str | None
    impressions: str | None
    clicks: str | None
    reach: str | None = None
    frequency: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A whole project over one file.

    `spare_controls` are usable and left out because there are too few periods for them all;
    `n_periods` counts rows of the model's own grain.
    """

    look: Look
    dates: Dates
    shape: Shape
    kpi: KpiGuess
    media: tuple[MediumGuess, ...]
    outcomes: tuple[SeriesGuess, ...]
    controls: tuple[SeriesGuess, ...]
    spare_controls: tuple[SeriesGuess, ...]
    ignored: tuple[Ignored, ...]
    n_periods: int
    long: LongColumns | None = None
