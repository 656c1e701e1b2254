"""Money without media and media without money."""

from typing import Literal

import polars as pl

from mmm_orchestration.project import Project
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.quality.text import (
    count,
    find_runs,
    format_names,
    format_number,
    format_runs,
    span,
)

type _Side = Literal["spend", "impressions"]


def find_spend_without_delivery(
    silver_media: pl.DataFrame, *, project: Project, thresholds: Thresholds | None = None
) -> list[Finding]:
    """Rows with spend whose impressions are reported as zero, by source and channel.

    A measure that is not reported at all is no zero and gives no finding.
    """
    limits = thresholds or Thresholds()
    odd = (pl.col("spend") >= limits.delivery_spend) & (pl.col("impressions") == 0)
    return _report_odd(silver_media.filter(odd), has="spend", currency=project.currency)


def find_delivery_without_spend(
    silver_media: pl.DataFrame, *, project: Project, thresholds: Thresholds | None = None
) -> list[Finding]:
    """Rows with impressions whose spend is reported as zero, by source and channel."""
    limits = thresholds or Thresholds()
    odd = (pl.col("impressions") >= limits.delivery_impressions) & (pl.col("spend") == 0)
    return _report_odd(silver_media.filter(odd), has="impressions", currency=project.currency)


def _report_odd(rows: pl.DataFrame, *, has: _Side, currency: str) -> list[Finding]:
    return [
        _report(part, source=str(source), channel=str(channel), has=has, currency=currency)
        for (source, channel), part in rows.sort("source", "channel").group_by(
            "source", "channel", maintain_order=True
        )
    ]


def _report(rows: pl.DataFrame, *, source: str, channel: str, has: _Side, currency: str) -> Finding:
    by_campaign = rows.group_by("campaign").agg(pl.col(has).sum()).sort(has, descending=True)
    runs = find_runs(rows["date"])
    amount = format_number(float(rows[has].sum()))
    is_spend = has == "spend"
    seen = f"{amount} {currency} were spent" if is_spend else f"{amount} impressions were shown"
    lacks = "a single impression" if is_spend else "any spend"
    return Finding(
        severity="warning",
        cause="spend_without_delivery" if is_spend else "delivery_without_spend",
        table="silver_media",
        message=f"In channel '{channel}' of '{source}' {seen} without {lacks} on "
        f"{count(rows['date'].n_unique(), 'day')}: {format_runs(runs)}; campaigns "
        f"{format_names(by_campaign['campaign'].to_list())}.",
        fix="Look whether impressions are counted under another campaign or date in the export."
        if is_spend
        else "Look whether the cost column is missing for these campaigns, or whether the media "
        "were free.",
        days=span(runs),
        channel=channel,
        n_rows=rows.height,
    )
