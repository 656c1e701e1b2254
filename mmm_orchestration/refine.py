"""Bronze to silver to gold over the lake: read the window, compute, write the accepted days.

Belongs here: which frames a table is computed from. Must not: the computation (see `tables`),
the verdicts (see `quality`) or Dagster.
"""

from datetime import UTC, datetime

import narwhals as nw
import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.inspection import accept_days
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import NATIONAL, Project
from mmm_orchestration.tables import Frame
from mmm_orchestration.tables.contracts import (
    DELIVERIES,
    GOLD_CONTROLS_DAILY,
    GOLD_KPI_DAILY,
    GOLD_MEDIA_DAILY,
    RESTATEMENTS,
    SILVER_CONTROLS,
    SILVER_MEDIA,
    SILVER_OUTCOMES,
    TableContract,
    bronze_contract,
)
from mmm_orchestration.tables.gold import (
    build_gold_controls_daily,
    build_gold_kpi_daily,
    build_gold_media_daily,
)
from mmm_orchestration.tables.schema import polars_schema
from mmm_orchestration.tables.silver import (
    build_silver_controls,
    build_silver_media,
    build_silver_outcomes,
)


def write_silver(
    lake: Lake, *, contract: TableContract, project: Project, window: DayWindow
) -> Commit | None:
    """Recomputes the days of `window` from bronze; None when bronze has no row for them.

    Days whose content changed are registered in `restatements`.
    """
    bronze = {
        source.name: nw.from_native(
            lake.read(f"bronze_{source.name}", contract=bronze_contract(source), window=window)
        )
        for source in project.sources
    }
    if contract is SILVER_MEDIA:
        rows = build_silver_media(bronze, project=project)
    elif contract is SILVER_CONTROLS:
        rows = build_silver_controls(bronze, project=project)
    else:
        covered = nw.from_native(_read_covered(lake, window))
        rows = build_silver_outcomes(bronze, project=project, covered=covered)
    frame = _collect(rows, contract=contract)
    if frame.is_empty():
        return None
    commit = lake.write_days(frame, contract=contract, window=window)
    _register_restatements(lake, commit)
    return commit


def write_gold(
    lake: Lake, *, contract: TableContract, project: Project, window: DayWindow
) -> Commit | None:
    """Writes the accepted days of `window`; None when there is no accepted row to write."""
    accepted = accept_days(lake, project=project, window=window)
    days = pl.LazyFrame({"date": list(accepted.days)}, schema={"date": pl.Date})
    build = {
        GOLD_MEDIA_DAILY: _build_media,
        GOLD_KPI_DAILY: _build_kpi,
        GOLD_CONTROLS_DAILY: _build_controls,
    }[contract]
    frame = _collect(
        build(lake, project=project, window=window, accepted=nw.from_native(days)),
        contract=contract,
    )
    if frame.is_empty():
        return None
    return lake.write_days(frame, contract=contract, window=window)


def _build_media(lake: Lake, *, project: Project, window: DayWindow, accepted: Frame) -> Frame:
    silver = lake.read(SILVER_MEDIA.name, contract=SILVER_MEDIA, window=window)
    expected = _expect_channels(lake, project=project, window=window).lazy()
    return build_gold_media_daily(
        nw.from_native(silver), accepted=accepted, expected=nw.from_native(expected)
    )


def _build_kpi(lake: Lake, *, project: Project, window: DayWindow, accepted: Frame) -> Frame:
    silver = lake.read(SILVER_OUTCOMES.name, contract=SILVER_OUTCOMES, window=window)
    return build_gold_kpi_daily(nw.from_native(silver), accepted=accepted, project=project)


def _build_controls(lake: Lake, *, project: Project, window: DayWindow, accepted: Frame) -> Frame:
    silver = lake.read(SILVER_CONTROLS.name, contract=SILVER_CONTROLS, window=window)
    return build_gold_controls_daily(nw.from_native(silver), accepted=accepted, project=project)


def _expect_channels(lake: Lake, *, project: Project, window: DayWindow) -> pl.DataFrame:
    """The `(date, geo, channel)` that daily deliveries cover, in every geo their source has had."""
    rules = pl.DataFrame(
        [
            (rule.source, channel.name)
            for channel in project.channels
            for rule in channel.rules
            if project.source(rule.source).period == "day"
        ],
        schema={"source": pl.String, "channel": pl.String},
        orient="row",
    )
    geos = lake.read(SILVER_MEDIA.name, contract=SILVER_MEDIA, columns=("source", "geo"))
    covered = _read_covered(lake, window)
    expected = covered.join(rules.lazy(), on="source").join(geos.unique(), on="source", how="left")
    place = pl.col("geo").fill_null(NATIONAL)
    return expected.select("date", place, "channel").unique().collect()


def _read_covered(lake: Lake, window: DayWindow) -> pl.LazyFrame:
    """The `(source, date)` of the window that some delivery speaks for."""
    return (
        lake.read(DELIVERIES.name, contract=DELIVERIES, columns=_SPAN)
        .filter(pl.col("status") == "read")
        .select("source", date=pl.date_ranges("first_day", "last_day"))
        .explode("date")
        .filter(pl.col("date").is_between(window.first, window.last))
        .unique()
    )


_SPAN = ("source", "status", "first_day", "last_day")


def _collect(frame: Frame, *, contract: TableContract) -> pl.DataFrame:
    """The computed frame as polars, columns in the order of the contract, rows by its key."""
    native = frame.to_native()
    table = native.collect() if isinstance(native, pl.LazyFrame) else native.toPandas()
    return table.select(contract.column_names).sort(contract.key)


def _register_restatements(lake: Lake, commit: Commit) -> None:
    rows = [
        {
            "table": commit.table,
            "date": restated.day,
            "measure": measure,
            "delta_version": commit.version,
            "observed_at": datetime.now(UTC),
            "before": before,
            "after": restated.sums_after[measure],
        }
        for restated in commit.restated_days
        for measure, before in restated.sums_before.items()
        if before != restated.sums_after[measure]
    ]
    if rows:
        frame = pl.DataFrame(rows, schema=polars_schema(RESTATEMENTS))
        lake.append_new(frame, contract=RESTATEMENTS)
