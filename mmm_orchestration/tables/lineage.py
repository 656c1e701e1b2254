"""Which columns every silver and gold column comes from."""

from mmm_orchestration.project import Project, Source
from mmm_orchestration.tables.measures import MEASURES

Lineage = dict[str, list[tuple[str, str]]]

_PLACE = ("date", "period_days", "geo")


def trace_lineage(project: Project) -> dict[str, Lineage]:
    """Table -> column -> the `(table, column)` pairs it is computed from, each once."""
    tables: dict[str, Lineage] = {
        "silver_media": _trace_silver_media(project),
        "silver_outcomes": _trace_silver(
            project, {s.name: _list_outcome_columns(s) for s in project.sources}
        ),
        "silver_controls": _trace_silver(
            project,
            {s.name: [c.column for c in s.table.controls] for s in project.sources if s.table},
        ),
        "gold_media_daily": {
            column: [("silver_media", column)] for column in (*_PLACE, "channel", *MEASURES)
        },
        "gold_kpi_daily": {
            **{c: [("silver_outcomes", c)] for c in (*_PLACE, "source", "outcome")},
            "kpi": [("silver_outcomes", "value")],
        },
        "gold_controls_daily": {
            column: [("silver_controls", column)] for column in (*_PLACE, "control", "value")
        },
    }
    return {
        table: {column: list(dict.fromkeys(pairs)) for column, pairs in lineage.items()}
        for table, lineage in tables.items()
    }


def list_feeds(project: Project, table: str) -> list[Source]:
    """The sources that feed a silver table, in the order of the project."""
    feeds = {
        "silver_media": [s for s in project.sources if s.has_media],
        "silver_outcomes": [s for s in project.sources if s.outcomes],
        "silver_controls": [s for s in project.sources if s.controls],
    }
    return feeds[table]


def _trace_silver_media(project: Project) -> Lineage:
    lineage: Lineage = {column: [] for column in (*_PLACE, "campaign", "channel", *MEASURES)}
    for source in (s for s in project.sources if s.has_media):
        bronze = f"bronze_{source.name}"
        for column in _PLACE:
            lineage[column].append((bronze, column))
        for measure in MEASURES:
            lineage[measure] += [(bronze, c) for c in _list_measure_columns(source, measure)]
        name = _find_campaign_column(source)
        if name:
            lineage["campaign"].append((bronze, name))
            lineage["channel"].append((bronze, name))
    return lineage


def _trace_silver(project: Project, columns: dict[str, list[str]]) -> Lineage:
    lineage: Lineage = {column: [] for column in (*_PLACE, "value")}
    for source in project.sources:
        if columns.get(source.name):
            bronze = f"bronze_{source.name}"
            for column in _PLACE:
                lineage[column].append((bronze, column))
            lineage["value"] += [(bronze, column) for column in columns[source.name]]
    return lineage


def _list_measure_columns(source: Source, measure: str) -> list[str]:
    if source.table is None:
        return [measure]
    series = [*source.table.media, *filter(None, [source.table.long_media])]
    return [column for s in series if (column := getattr(s, measure))]


def _find_campaign_column(source: Source) -> str | None:
    if source.table is None:
        return "campaign"
    return source.table.long_media.name if source.table.long_media else None


def _list_outcome_columns(source: Source) -> list[str]:
    if source.format == "shopify":
        return ["total", "refunded", "is_cancelled"]
    if source.table is None:
        return list(source.outcomes)
    return [series.column for series in source.table.outcomes]
