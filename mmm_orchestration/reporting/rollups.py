"""Groups and stages of the funnel as text for people and as JSON.

Belongs here: how roll-ups are shown. Must not: how they are computed (see `insight`).
"""

from dataclasses import dataclass

import polars as pl

from mmm_orchestration.insight.results import Provenance, RoiResults, Rollup
from mmm_orchestration.reporting.format import (
    ShownInterval,
    format_interval,
    format_money,
    format_percent,
    format_ratio,
    kpi_formatter,
)

_KINDS = {
    "group": "Group",
    "stage": "Stage",
    "pair": "Pair",
    "treatment": "Treatment",
}
_BEYOND = {
    "pair": "what they add to each other",
    "treatment": "beyond its baseline value",
}


@dataclass(frozen=True)
class ShownRollup:
    """One roll-up as text; `roi` is None where no channel of it has spend."""

    title: str
    members: str
    spend: str
    contribution: ShownInterval
    share: ShownInterval
    roi: ShownInterval | None


def show_rollups(results: RoiResults) -> list[ShownRollup]:
    """Every roll-up as text for people, groups before stages."""
    return [_show(rollup, results.provenance) for rollup in results.rollups]


def shown_rollup_table(results: RoiResults) -> pl.DataFrame:
    """One row per group and stage with every quantity as text, medians with intervals."""
    rows = [
        {
            "Taken together": shown.title,
            "Channels": shown.members,
            "Spend": shown.spend,
            "Contribution": str(shown.contribution),
            "Share of KPI": str(shown.share),
            "ROI": str(shown.roi) if shown.roi else "none",
        }
        for shown in show_rollups(results)
    ]
    names = ("Taken together", "Channels", "Spend", "Contribution", "Share of KPI", "ROI")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))


def _show(rollup: Rollup, provenance: Provenance) -> ShownRollup:
    money = provenance.currency
    return ShownRollup(
        title=f"{_KINDS[rollup.kind]} {rollup.name}",
        members=_BEYOND.get(rollup.kind) or ", ".join(rollup.channels),
        spend="none" if rollup.spend is None else format_money(rollup.spend, currency=money),
        contribution=format_interval(rollup.contribution, kpi_formatter(provenance)),
        share=format_interval(rollup.share, format_percent),
        roi=format_ratio(rollup.roi) if rollup.roi else None,
    )
