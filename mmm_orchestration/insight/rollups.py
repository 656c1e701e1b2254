"""Channels taken together, by group and by stage of the funnel.

Belongs here: sums over channels, draw by draw. Must not: the channels themselves (see `summary`).
"""

from collections.abc import Sequence

from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Array, ChannelResult, Rollup, RollupKind
from mmm_orchestration.project import Project


def roll_up(
    channels: Sequence[ChannelResult],
    *,
    total: Array,
    project: Project,
    kpi_total: float,
    value: float,
) -> tuple[Rollup, ...]:
    """One result per group, then one per stage, in the order the project names them.

    `total` (draw, channel) are contributions in KPI units, `value` money per unit of KPI. Draws
    are summed before they are summarised, so what channels trade off cancels out. ROI is that of
    the channels with spend.
    """
    declared = {channel.name: channel for channel in project.channels}
    groups = [declared[c.channel].group for c in channels]
    stages = [declared[c.channel].stage for c in channels]
    labels: tuple[tuple[RollupKind, Sequence[str | None]], ...] = (
        ("group", groups),
        ("stage", stages),
    )
    return tuple(
        _add_up(
            [c for c, label in enumerate(names) if label == name],
            channels=channels,
            total=total,
            kind=kind,
            name=name,
            kpi_total=kpi_total,
            value=value,
        )
        for kind, names in labels
        for name in dict.fromkeys(names)
        if name is not None
    )


def _add_up(
    members: Sequence[int],
    *,
    channels: Sequence[ChannelResult],
    total: Array,
    kind: RollupKind,
    name: str,
    kpi_total: float,
    value: float,
) -> Rollup:
    brought = total[:, members].sum(axis=1)
    paid = [c for c in members if channels[c].spend]
    spend = sum(channels[c].spend or 0.0 for c in paid)
    return Rollup(
        kind=kind,
        name=name,
        channels=tuple(channels[c].channel for c in members),
        spend=spend if paid else None,
        contribution=compute_interval(brought),
        share=compute_interval(brought / kpi_total),
        roi=compute_interval(value * total[:, paid].sum(axis=1) / spend) if paid else None,
    )
