"""A plan of spend, and the horizon it is for.

Belongs here: what is planned, as arrays with names. Must not: what it brings (see `frozen`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from mmm_orchestration.errors import PlanError
from mmm_orchestration.model.data import Array, Days


@dataclass(frozen=True, eq=False)
class Plan:
    """Money by period, geo and channel.

    `spend` has shape (period, geo, channel), in the project's currency, not negative and finite;
    `periods` (period,) are the first days of its periods of `period_days`.
    Raises PlanError where shapes differ or a value is negative, nan or infinite.
    """

    periods: Days
    period_days: int
    geos: tuple[str, ...]
    channels: tuple[str, ...]
    spend: Array

    def __post_init__(self) -> None:
        shape = (len(self.periods), len(self.geos), len(self.channels))
        if self.spend.shape != shape:
            raise PlanError(
                "The spend of a plan has the shape (period, geo, channel)",
                got=self.spend.shape,
                available=[str(shape)],
            )
        if not np.isfinite(self.spend).all() or (self.spend < 0).any():
            bad = np.argwhere(~np.isfinite(self.spend) | (self.spend < 0))[0]
            raise PlanError(
                f"The spend of {self.channels[bad[2]]} in {self.geos[bad[1]]} at "
                f"{self.periods[bad[0]]} is no amount of money",
                got=float(self.spend[tuple(bad)]),
                fix="Give an amount of zero or more",
            )

    @property
    def total(self) -> float:
        """All of the money."""
        return float(self.spend.sum())

    @cached_property
    def by_channel(self) -> dict[str, float]:
        """The money of each channel over the whole plan."""
        sums = self.spend.sum(axis=(0, 1)).tolist()
        return dict(zip(self.channels, sums, strict=True))

    def with_spend(self, spend: Array) -> "Plan":
        """The same plan with other amounts, shape (period, geo, channel)."""
        return replace(self, spend=np.asarray(spend, float))

    def to_frame(self) -> pl.DataFrame:
        """One row per period, geo and channel: `period`, `geo`, `channel`, `spend`."""
        n_periods, n_geos, n_channels = self.spend.shape
        return pl.DataFrame(
            {
                "period": np.repeat(self.periods.astype("datetime64[D]"), n_geos * n_channels),
                "geo": np.tile(np.repeat(self.geos, n_channels), n_periods),
                "channel": np.tile(self.channels, n_periods * n_geos),
                "spend": self.spend.reshape(-1),
            }
        )


def lay_out_periods(last: np.datetime64, *, n_periods: int, period_days: int) -> Days:
    """The first days of the `n_periods` periods after the one that starts at `last`."""
    steps = period_days * np.arange(1, n_periods + 1)
    first = np.datetime64(last, "D")
    return first + steps.astype("timedelta64[D]")


def check_names(given: Sequence[str], *, known: Sequence[str], what: str) -> None:
    """Nothing when every name is known, else PlanError with what there is."""
    for name in given:
        if name not in known:
            raise PlanError(f"There is no {what} '{name}'", got=name, available=sorted(known))
