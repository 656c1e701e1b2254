"""What the checks look at for one of several models.

Belongs here: leaving out what other models alone have. Must not: the checks themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.project import Project
from mmm_orchestration.quality.finding import Finding


@dataclass(frozen=True)
class Scope:
    """`project` without the sources, KPIs and channels that its other models alone have."""

    project: Project
    hidden_kpis: frozenset[tuple[str, str]] = frozenset()
    hidden_channels: frozenset[str] = frozenset()

    def select_rows(self, tables: Mapping[str, pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
        """The tables without rows of a source or KPI that is left out.

        A table that names no source stays whole, and so do all channels of a source that is kept:
        a gap of the source is told apart from a channel that did not run.
        """
        sources = [source.name for source in self.project.sources]
        kept = {
            name: rows.filter(pl.col("source").is_in(sources))
            if "source" in rows.collect_schema().names()
            else rows
            for name, rows in tables.items()
        }
        if "silver_outcomes" in kept:
            for source, outcome in self.hidden_kpis:
                is_hidden = (pl.col("source") == source) & (pl.col("outcome") == outcome)
                kept["silver_outcomes"] = kept["silver_outcomes"].filter(~is_hidden)
        return kept

    def select_findings(self, findings: list[Finding]) -> list[Finding]:
        """The findings without those on a channel that is left out."""
        return [finding for finding in findings if finding.channel not in self.hidden_channels]


def scope_model(project: Project, *, model: str | None) -> Scope:
    """What concerns the model called `model`; everything where it is None.

    What no model has, such as an outcome that none explains, concerns each. Raises ProjectError
    for a model that there is not.
    """
    if model is None:
        return Scope(project)
    one = project.for_model(model)
    others = [project.for_model(name) for name in project.model_names if name != model]
    hidden = {s for other in others for s in _list_sources(other)} - _list_sources(one)
    kept = tuple(source for source in project.sources if source.name not in hidden)
    kpis = {_name_kpi(other) for other in others} - {_name_kpi(one)}
    channels = {c for other in others for c in other.channel_names} - set(one.channel_names)
    return Scope(project.model_copy(update={"sources": kept}), frozenset(kpis), frozenset(channels))


def _list_sources(one: Project) -> set[str]:
    """The sources of the model's KPI, channels and controls."""
    media = {rule.source for channel in one.channels for rule in channel.rules}
    controls = {control.name for control in one.controls}
    others = {source.name for source in one.sources if controls & set(source.controls)}
    return {one.kpi.source} | media | others


def _name_kpi(one: Project) -> tuple[str, str]:
    return one.kpi.source, one.kpi.outcome
