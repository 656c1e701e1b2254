"""What the refresh report says, as frozen values, and its file.

Belongs here: what is said and how it is kept. Must not: how it is found (see `walk`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter

from mmm_orchestration.files import write_whole
from mmm_orchestration.insight.results import SeedNoise

FOLDER: Final = "refresh"
Cause = Literal["code", "restated", "settings", "new_days", "seed"]
CAUSES: Final[tuple[Cause, ...]] = ("code", "restated", "settings", "new_days", "seed")
OF_DATA: Final[tuple[Cause, ...]] = ("restated", "new_days")
Quantity = Literal["contribution", "roi", "marginal_roi", "split"]
QUANTITIES: Final[tuple[Quantity, ...]] = ("contribution", "roi", "marginal_roi", "split")


@dataclass(frozen=True)
class Step:
    """One change on the way from the champion to the challenger, and in words what changed."""

    cause: Cause
    is_changed: bool
    what: str


@dataclass(frozen=True)
class Movement:
    """One number of one channel: in the champion, in the challenger, and what moved it.

    `parts` add up to the whole movement; `noise` is the standard deviation of the number over
    seeds, so that a part between two fits is known to within √2 times that. `spread` is the joint
    posterior standard deviation of both numbers, None where it is not known. Units: KPI units per
    day, ROI, or a part of the budget.
    """

    channel: str
    quantity: Quantity
    before: float
    after: float
    parts: Mapping[Cause, float]
    noise: float | None
    spread: float | None

    @property
    def moved(self) -> float:
        """The whole movement."""
        return self.after - self.before

    @property
    def by_data(self) -> float:
        """The part that restated and new days explain."""
        return sum(self.parts[cause] for cause in OF_DATA)

    @property
    def rest(self) -> float:
        """The part that no data explain: code, libraries, settings and seed."""
        return sum(part for cause, part in self.parts.items() if cause not in OF_DATA)


@dataclass(frozen=True)
class RestatedSeries:
    """One series of the model whose values on days that the champion knew are others now.

    `first` and `last` bound the periods, `before` and `after` are their sums.
    """

    series: str
    n_periods: int
    first: date
    last: date
    before: float
    after: float


@dataclass(frozen=True)
class RestatedDays:
    """Days of one table that later deliveries changed since the champion was fitted."""

    table: str
    measure: str
    days: tuple[date, ...]
    before: float
    after: float


@dataclass(frozen=True)
class RefreshReport:
    """How the numbers of each channel moved from the champion to the challenger, and why.

    `movements` are of the channels that both have. `seeds` are those of the refits for the noise,
    `n_refits` counts all refits that were needed. `notes` says what could not be told apart.
    """

    version: str
    champion: str
    project: str
    kpi_unit: str
    currency: str
    trained_through: date
    champion_through: date
    steps: tuple[Step, ...]
    movements: tuple[Movement, ...]
    noise: tuple[SeedNoise, ...]
    restated: tuple[RestatedSeries, ...]
    restated_days: tuple[RestatedDays, ...]
    new_channels: tuple[str, ...]
    gone_channels: tuple[str, ...]
    seeds: tuple[int, ...]
    n_refits: int
    notes: tuple[str, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes of which there was a change."""
        return tuple(step.cause for step in self.steps if step.is_changed)

    def list_of(self, quantity: Quantity) -> tuple[Movement, ...]:
        """The movements of one quantity, in the order of the channels."""
        return tuple(m for m in self.movements if m.quantity == quantity)

    def attribute(self, quantity: Quantity) -> dict[Cause, float]:
        """The part of all movement of the quantity that each cause has; they add up to one.

        Channels are joined by the size of their parts, whatever their direction; zero throughout
        where nothing moved.
        """
        sizes = {
            cause: sum(abs(m.parts[cause]) for m in self.list_of(quantity)) for cause in CAUSES
        }
        whole = sum(sizes.values())
        return {cause: size / whole if whole else 0.0 for cause, size in sizes.items()}

    def doubt_of_rest(self, movement: Movement) -> float:
        """The seed noise of `movement.rest`: √2 for each refit that no data asked for."""
        n_steps = sum(cause not in OF_DATA for cause in self.causes)
        return sqrt(2 * n_steps) * (movement.noise or 0.0)


_REPORT: Final = TypeAdapter(RefreshReport)


def keep_refresh(report: RefreshReport, *, folder: Path) -> Path:
    """The file of the report below the folder of posteriors, whole or not at all."""
    file = folder / FOLDER / f"{report.version}.json"
    return write_whole(file, _REPORT.dump_json(report, indent=2))


def find_refresh(folder: Path, *, version: str) -> RefreshReport | None:
    """The report kept of the posterior `version`, None where there is none."""
    file = folder / FOLDER / f"{version}.json"
    return _REPORT.validate_json(file.read_bytes()) if file.is_file() else None


def seed_noise(folder: Path, *, version: str) -> tuple[SeedNoise, ...]:
    """The seed noise kept of the posterior `version`, by channel; () where it is not known."""
    report = find_refresh(folder, version=version)
    return report.noise if report else ()


def join_days(days: Sequence[date]) -> str:
    """Days as ranges: '2026-03-02 to 2026-03-05, 2026-03-09'."""
    ranges: list[list[date]] = []
    for day in sorted(days):
        if ranges and (day - ranges[-1][-1]).days <= 1:
            ranges[-1][1:] = [day]
        else:
            ranges.append([day])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 1 else str(r[0]) for r in ranges)


def dump_refresh(report: RefreshReport) -> str:
    """The report as JSON, without what is not finite."""
    return _REPORT.dump_json(report, indent=2).decode()
