"""One test on the market, and what it found.

Belongs here: what a test says. Must not: where it is kept, or what the model makes of it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal, get_args

ExperimentKind = Literal["holdout", "conversion_lift", "switchback"]
EXPERIMENT_KINDS: tuple[ExperimentKind, ...] = get_args(ExperimentKind)


@dataclass(frozen=True)
class Experiment:
    """What one channel's exposure from `first` to `last` brought more than none would have.

    `lift` is the incremental outcome in KPI units over the days of the test and the carry-over
    that follows them, `se` its standard error; `geo` is 'national' for all geos together, `model`
    the one whose KPI was measured, None where the project has one without a name.
    """

    channel: str
    geo: str
    first: date
    last: date
    lift: float
    se: float
    kind: ExperimentKind = "holdout"
    model: str | None = None

    @property
    def name(self) -> str:
        """The test in the words of a report."""
        return f"{self.channel}, {self.geo}, {self.first} to {self.last}"

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> "Experiment":
        """The experiment that `to_row` wrote; ValueError where its kind is none."""
        kinds = {kind: kind for kind in EXPERIMENT_KINDS}
        kind = str(row["kind"])
        if kind not in kinds:
            raise ValueError(f"There is no kind of experiment '{kind}'; kinds: {sorted(kinds)}.")
        return cls(
            channel=str(row["channel"]),
            geo=str(row["geo"]),
            first=date.fromisoformat(str(row["first"])),
            last=date.fromisoformat(str(row["last"])),
            lift=float(str(row["lift"])),
            se=float(str(row["se"])),
            kind=kinds[kind],
            model=str(model) if (model := row.get("model")) else None,
        )

    def to_row(self) -> dict[str, str | float | None]:
        """The experiment as one flat row for JSON."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}
