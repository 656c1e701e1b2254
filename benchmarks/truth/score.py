"""A fitted world against its truth, channel by channel.

Belongs here: what the report says against what is true. Must not: how worlds are made.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from benchmarks.truth.worlds import World
from mmm_orchestration.insight.contributions import compute_contributions
from mmm_orchestration.insight.results import INTERVAL
from mmm_orchestration.insight.summary import summarise_channels
from mmm_orchestration.model.posterior import Posterior

NEAR = 0.15


@dataclass(frozen=True)
class ChannelScore:
    """Reported median and 94 % interval of a channel's contribution, and the truth, KPI units."""

    channel: str
    family: str
    truth: float
    low: float
    median: float
    high: float

    @property
    def is_covered(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high

    @property
    def error(self) -> float:
        """The median's distance from the truth, relative to it."""
        return self.median / self.truth - 1

    @property
    def is_right(self) -> bool:
        """Whether the truth is covered, or the median within 15 % of it."""
        return self.is_covered or abs(self.error) <= NEAR

    def to_row(self) -> dict[str, object]:
        """The score as JSON has it."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> "ChannelScore":
        """The score that `to_row` gave."""
        truth, low, median, high = (
            float(str(row[name])) for name in ("truth", "low", "median", "high")
        )
        return cls(str(row["channel"]), str(row["family"]), truth, low, median, high)


def score_channels(posterior: Posterior, *, world: World) -> tuple[ChannelScore, ...]:
    """One score per channel, with the interval as the report gives it."""
    parts = compute_contributions(posterior, interval=INTERVAL)
    return tuple(
        ChannelScore(
            channel=result.channel,
            family=world.families[result.channel],
            truth=world.truth[result.channel],
            low=result.contribution.low,
            median=result.contribution.median,
            high=result.contribution.high,
        )
        for result in summarise_channels(posterior, parts=parts)
    )
