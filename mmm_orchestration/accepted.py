"""The accepted days of a model: those for which gold holds its KPI.

Belongs here: one date column of gold. Must not: what follows from a day (see `retraining`).
"""

from datetime import date
from typing import Final

import polars as pl

from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.memory import Memory
from mmm_orchestration.project import Project
from mmm_orchestration.tables.contracts import GOLD_KPI_DAILY
from mmm_orchestration.training import choose_kpi

_COLUMNS: Final = ("date", "period_days", "geo", "source", "outcome")
_memory = Memory[tuple[date, ...]](size=16)


def list_accepted_days(lake: Lake, *, project: Project) -> tuple[date, ...]:
    """The accepted days of the project's one model in order, each once.

    A row that stands for a week stands for its seven days. Read again only when the Delta version
    of the table is another one than before.
    """
    if not lake.has(GOLD_KPI_DAILY.name):
        return ()
    version, kpi = lake.version(GOLD_KPI_DAILY.name), project.kpi
    geos = project.geos or ()

    def read() -> tuple[date, ...]:
        rows = lake.read(
            GOLD_KPI_DAILY.name, contract=GOLD_KPI_DAILY, columns=_COLUMNS, version=version
        )
        return _spread(choose_kpi(rows.collect(), project=project), geos=geos)

    uri, named = lake.table_uri(GOLD_KPI_DAILY.name), project.model_name
    return _memory.get((uri, version, named, kpi.source, kpi.outcome, geos), read)


def _spread(rows: pl.DataFrame, *, geos: tuple[str, ...]) -> tuple[date, ...]:
    """Every day that some row of the geos stands for."""
    own = rows.filter(pl.col("geo").is_in(geos)) if geos else rows
    last = pl.col("date") + pl.duration(days=pl.col("period_days") - 1)
    days = own.select(pl.date_ranges("date", last).explode().alias("day")).unique()
    return tuple(days.sort("day")["day"].to_list())
