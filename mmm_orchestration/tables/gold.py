"""Silver to gold: the modelling tables, which hold accepted days only.

Every function takes and returns narwhals lazy frames and knows no engine. `accepted` has one
row per accepted `date`; days that are not in it never reach gold.
"""

import narwhals as nw

from mmm_orchestration.project import Project
from mmm_orchestration.tables import Frame
from mmm_orchestration.tables.measures import MEASURES, sum_measures


def build_gold_media_daily(silver: Frame, *, accepted: Frame, expected: Frame) -> Frame:
    """Media by channel, one row per `(date, geo, channel)`.

    `expected` has one row per `(date, geo, channel)` that a delivery covers day by day. Where
    the delivery has no row for such a channel the platform spent nothing: zero, and
    `is_reported` false; nobody is reached, so frequency is null. Channels of weekly or monthly
    sources are not expected on single days, so nothing is filled in for them.
    """
    days = silver.join(accepted, on="date", how="semi")
    key = ("date", "period_days", "geo", "channel")
    reported = sum_measures(days, key=key).with_columns(is_reported=nw.lit(value=True))
    absent = (
        expected.join(accepted, on="date", how="semi")
        .join(reported, on=["date", "geo", "channel"], how="anti")
        .select(
            "date",
            nw.lit(1, dtype=nw.Int64).alias("period_days"),
            "geo",
            "channel",
            *(nw.lit(0.0).alias(m) for m in MEASURES if m != "frequency"),
            nw.lit(None, dtype=nw.Float64).alias("frequency"),
            is_reported=nw.lit(value=False),
        )
    )
    return nw.concat([reported, absent])


def build_gold_kpi_daily(silver: Frame, *, accepted: Frame, project: Project) -> Frame:
    """What the models explain, one row per `(date, geo, source, outcome)`."""
    is_kpi = nw.any_horizontal(
        *(
            (nw.col("source") == kpi.source) & (nw.col("outcome") == kpi.outcome)
            for kpi in project.kpis
        ),
        ignore_nulls=True,
    )
    days = silver.filter(is_kpi).join(accepted, on="date", how="semi")
    return days.select(
        "date", "period_days", "geo", "source", "outcome", nw.col("value").alias("kpi")
    )


def build_gold_controls_daily(silver: Frame, *, accepted: Frame, project: Project) -> Frame:
    """The controls the model uses, one row per `(date, geo, control)`."""
    wanted = [control.name for control in project.controls]
    days = silver.filter(nw.col("control").is_in(wanted)).join(accepted, on="date", how="semi")
    return days.select("date", "period_days", "geo", "control", "value")
