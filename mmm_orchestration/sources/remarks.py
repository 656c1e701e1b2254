"""Findings of the reader: what is odd about a delivery whose rows could be read.

Belongs here: the words. Must not: refusing a delivery or a row.
"""

from collections.abc import Sequence

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.finding import Finding

_ROUNDING = 0.005


def compare_totals(
    totals: pl.DataFrame, *, rows: pl.DataFrame, money: Sequence[str], table: str
) -> list[Finding]:
    """One finding per measure whose rows sum to none of the totals the file states.

    Every row may be rounded, so half a cent per row is allowed in money columns.
    """
    findings = []
    accepted = rows.filter(pl.col("rule").is_null())
    for measure in totals.columns:
        stated = totals[measure].drop_nulls()
        total = accepted[measure].sum()
        allowed = _ROUNDING * (accepted.height + 1) if measure in money else 0.5
        if stated.is_empty() or bool(((stated - total).abs() <= allowed).any()):
            continue
        findings.append(
            Finding(
                severity="error",
                cause="totals_disagree",
                table=table,
                message=f"The accepted rows sum to {total:,.2f} {measure}, but the totals row "
                f"of the file says {stated[0]:,.2f}.",
                fix="Look at the quarantined rows, or export the period again.",
                n_rows=rows.height,
            )
        )
    return findings


def name_absent(measures: Sequence[str], *, table: str) -> list[Finding]:
    """One finding per measure without a column."""
    return [
        Finding(
            severity="info",
            cause="column_absent",
            table=table,
            message=f"The delivery has no column for {measure}; its values are unknown, not zero.",
            fix=f"Add {measure} to the export if the platform offers it.",
        )
        for measure in measures
    ]


def name_lost_days(rows: pl.DataFrame, *, table: str) -> list[Finding]:
    """One finding per run of days all of whose rows are quarantined."""
    lost = (
        rows.filter(
            pl.col("date").is_not_null() & (pl.col("rule") != "out_of_period").fill_null(value=True)
        )
        .group_by("date")
        .agg(is_lost=pl.col("rule").is_not_null().all(), n=pl.len())
        .filter("is_lost")
        .sort("date")
    )
    return [
        Finding(
            severity="error",
            cause="day_lost",
            table=table,
            message=f"All {n} rows of {day} are quarantined, so the day has no data.",
            fix="Correct the rows at the source and export the day again.",
            days=DayWindow(day, day),
            n_rows=n,
        )
        for day, _, n in lost.iter_rows()
    ]


def ask_time_zone(zone: str | None, *, table: str) -> list[Finding]:
    """A finding where neither the file nor the project says whose days the rows are."""
    if zone:
        return []
    return [
        Finding(
            severity="info",
            cause="time_zone_unknown",
            table=table,
            message="Neither the delivery nor mmm.yaml tells the time zone of its days.",
            fix="Declare 'time_zone' of the source as it is set in the platform's account.",
        )
    ]


def name_ignored(columns: Sequence[str], *, table: str) -> list[Finding]:
    """A finding that lists the columns of a table that mmm.yaml does not mention."""
    if not columns:
        return []
    shown = ", ".join(f"'{c}'" for c in columns[:20]) + (", …" if len(columns) > 20 else "")
    return [
        Finding(
            severity="info",
            cause="columns_ignored",
            table=table,
            message=f"{len(columns)} columns of the delivery are not declared: {shown}.",
            fix="Declare those that matter under 'table' in mmm.yaml.",
        )
    ]
