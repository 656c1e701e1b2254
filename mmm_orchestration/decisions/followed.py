"""What became of a plan: spent beside planned, brought beside promised.

Belongs here: the comparison. Must not: reading tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.decisions.record import Approval, Promise

TOLERANCE = 0.1


@dataclass(frozen=True)
class FollowedChannel:
    """One channel, or all of them, over the periods of a plan that are over; money and KPI units.

    `promised` is what the plan said it would bring over its whole horizon, `brought` what the
    model now says it brought over the periods that are over, None while no fit has seen them.
    """

    channel: str
    planned: float
    spent: float
    promised: Promise
    brought: Promise | None

    @property
    def deviation(self) -> float:
        """How far spend is from the plan, as a part of it; infinite where nothing was planned."""
        if self.planned:
            return self.spent / self.planned - 1
        return float("inf") if self.spent else 0.0

    @property
    def is_followed(self) -> bool:
        """Whether spend is within a tenth of the plan."""
        return abs(self.deviation) <= TOLERANCE


def count_periods_over(approval: Approval, *, today: date) -> int:
    """How many periods of the plan are over by the morning of `today`."""
    days = (today - approval.first).days
    return max(0, min(approval.n_periods, days // approval.period_days))


def compare_spend(
    approval: Approval,
    *,
    media: pl.DataFrame,
    brought: Mapping[str, Promise],
    today: date,
) -> tuple[FollowedChannel, ...]:
    """One entry per channel, then all together under 'all', over the periods that are over.

    `media` has `date`, `channel` and `spend`, one row a day or period; what is unknown is nothing
    spent. `brought` is by channel, empty while no fit has seen the periods.
    """
    n_over = count_periods_over(approval, today=today)
    end = approval.first + timedelta(days=n_over * approval.period_days)
    spent = dict(
        media.filter(pl.col("date").is_between(approval.first, end, closed="left"))
        .group_by("channel")
        .agg(pl.col("spend").fill_null(0.0).sum())
        .iter_rows()
    )
    planned: dict[str, float] = {}
    for cell in approval.cells:
        if cell.period < end:
            planned[cell.channel] = planned.get(cell.channel, 0.0) + cell.spend
    names = dict.fromkeys(cell.channel for cell in approval.cells)
    each = [
        FollowedChannel(
            channel=name,
            planned=planned.get(name, 0.0),
            spent=float(spent.get(name, 0.0)),
            promised=approval.channels[name],
            brought=brought.get(name),
        )
        for name in names
    ]
    return (*each, _add_up(each, approval=approval, brought=brought))


def _add_up(
    each: Sequence[FollowedChannel], *, approval: Approval, brought: Mapping[str, Promise]
) -> FollowedChannel:
    return FollowedChannel(
        channel="all",
        planned=sum(one.planned for one in each),
        spent=sum(one.spent for one in each),
        promised=approval.brings,
        brought=brought.get("all"),
    )
