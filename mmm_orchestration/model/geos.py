"""The rows of the geos that a model is of.

Belongs here: which rows of gold a model of some geos reads. Must not: arrays, PyMC.
"""

import polars as pl

from mmm_orchestration.errors import ModelError, nearest
from mmm_orchestration.project import NATIONAL, Project

_SHARED = ("spend", "impressions", "clicks", "reach")


def choose_geos(
    media: pl.DataFrame, *, kpi: pl.DataFrame, controls: pl.DataFrame, project: Project
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
    """Media, KPI and controls of the model's geos, and what is to be said of them.

    Controls delivered nationally count for every geo. Of media delivered nationally the geos
    have the part that they have of the whole KPI. Without geos of its own a model has all rows.
    Raises ModelError for a geo without a row of the KPI.
    """
    if project.geos is None or kpi.is_empty():
        return media, kpi, controls, ()
    known = kpi["geo"].unique().sort().to_list()
    for geo in project.geos:
        if geo not in known:
            close = nearest(geo, known)
            raise ModelError(
                f"The KPI has no geo '{geo}'",
                available=known,
                fix=f"The nearest is '{close}'" if close else "Correct the model's geos",
            )
    own = kpi.filter(pl.col("geo").is_in(project.geos))
    part = float(own["kpi"].sum()) / float(kpi["kpi"].sum())
    is_shared = (pl.col("geo") == NATIONAL) & (NATIONAL not in project.geos)
    near = pl.col("geo").is_in([NATIONAL, *project.geos])
    national = media.filter(is_shared)["channel"].unique().to_list()
    shared = [name for name in project.channel_names if name in national]
    factor = pl.when(is_shared).then(part).otherwise(1.0)
    notes = [f"Channel '{c}' is national: {part:.1%} of it count, as of the KPI." for c in shared]
    return (
        media.filter(near).with_columns(pl.col(_SHARED) * factor),
        own,
        controls.filter(near),
        tuple(notes),
    )
