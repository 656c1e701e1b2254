"""What is told beside the channels: groups, stages of the funnel, pairs and treatments.

Belongs here: their sums, draw by draw. Must not: the channels themselves (see `summary`).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mmm_orchestration.insight.contributions import compute_synergies, name_pairs
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.insight.results import Array, ChannelResult, Rollup, RollupKind
from mmm_orchestration.model.posterior import Posterior
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


def summarise_treatments(posterior: Posterior) -> tuple[Rollup, ...]:
    """What each treatment brought beyond its baseline value, in the order of the project.

    In KPI units over the observed periods; it is part of the baseline of the model, and may be
    negative.
    """
    data, design = posterior.data, posterior.design * posterior.data.is_observed[:, :, None]
    columns = posterior.draws["column"].to_numpy().tolist()
    coefficients = posterior.stack("baseline")
    totals = {
        control.name: np.einsum(
            "tg,dg->d",
            design[:, :, columns.index(control.name)],
            coefficients[:, :, columns.index(control.name)],
        )
        for control in posterior.project.controls
        if control.baseline is not None and control.name in data.control_names
    }
    return _list_drivers(totals, kind="treatment", kpi_total=float(data.kpi_total.sum()))


def summarise_pairs(posterior: Posterior) -> tuple[Rollup, ...]:
    """What each pair of channels added together, half of which is part of either channel."""
    data = posterior.data
    totals = {
        " + ".join(pair): (joint * data.is_observed).sum(axis=(1, 2))
        for pair, joint in zip(name_pairs(posterior), compute_synergies(posterior), strict=True)
    }
    return _list_drivers(totals, kind="pair", kpi_total=float(data.kpi_total.sum()))


def _list_drivers(
    totals: Mapping[str, Array], *, kind: RollupKind, kpi_total: float
) -> tuple[Rollup, ...]:
    return tuple(
        Rollup(
            kind=kind,
            name=name,
            channels=tuple(name.split(" + ")) if kind == "pair" else (),
            spend=None,
            contribution=compute_interval(total),
            share=compute_interval(total / kpi_total),
            roi=None,
        )
        for name, total in totals.items()
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
