"""All examinations of the data before a fit."""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.diagnosis.causality import (
    find_caused_controls,
    find_followed_kpi,
    find_promotions,
)
from mmm_orchestration.diagnosis.observed import observe
from mmm_orchestration.diagnosis.overlap import (
    find_collinear_exposure,
    find_high_vif,
    find_low_variation,
    find_many_controls,
    find_too_few_rows,
)
from mmm_orchestration.diagnosis.seasons import find_absent_season
from mmm_orchestration.diagnosis.spikes import find_exposure_spikes, find_holes, find_price_jumps
from mmm_orchestration.diagnosis.thresholds import DEFAULT, Thresholds
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.transfer import count_days_twice
from mmm_orchestration.project import Project
from mmm_orchestration.quality.finding import Finding, sort_findings

_EXAMINATIONS = (
    find_too_few_rows,
    find_many_controls,
    find_collinear_exposure,
    find_high_vif,
    find_low_variation,
    find_exposure_spikes,
    find_holes,
    find_price_jumps,
    find_followed_kpi,
    find_promotions,
    find_caused_controls,
    find_absent_season,
)


def examine_data(
    data: ModelData, *, project: Project, limits: Thresholds = DEFAULT
) -> tuple[Finding, ...]:
    """What is doubtful about the data of a model, worst first; empty where nothing is.

    Data with numbers that are not finite have that one finding, because nothing else can be said.
    """
    broken = list(_find_not_finite(data))
    if broken:
        return tuple(broken)
    observed = observe(data, project=project)
    found = [f for examine in _EXAMINATIONS for f in examine(observed, limits=limits)]
    return tuple(sort_findings([*found, *_find_days_twice(data, project=project)]))


def find_no_room(
    data: ModelData, *, project: Project, limits: Thresholds = DEFAULT
) -> Finding | None:
    """The finding that there are too few periods for any answer; None where there are enough.

    Data with numbers that are not finite are not judged.
    """
    if any(_find_not_finite(data)):
        return None
    found = find_too_few_rows(observe(data, project=project), limits=limits)
    return next((finding for finding in found if finding.severity == "critical"), None)


def _find_days_twice(data: ModelData, *, project: Project) -> Iterator[Finding]:
    """Days that the posterior behind the priors has seen as well."""
    source = project.model.prior_source
    n_days = count_days_twice(data, source=source) if source else 0
    if source and n_days:
        yield Finding(
            severity="warning",
            cause="double_counting",
            table="gold_kpi_daily",
            message=f"{n_days} days of these data are also in posterior '{source.version}', from "
            "which the priors were taken: what they say counts twice, and intervals come out too "
            "narrow.",
            fix="Take priors from another time or market, or remove model.prior_source and the "
            "priors that came with it.",
            numbers={"n_days": n_days},
        )


def _find_not_finite(data: ModelData) -> Iterator[Finding]:
    """Numbers that are infinite or missing where there must be one."""
    counts = {
        "gold_kpi_daily": np.isinf(data.kpi).sum(),
        "gold_media_daily": (~np.isfinite(data.exposure)).sum() + np.isinf(data.spend).sum(),
        "gold_controls_daily": (~np.isfinite(data.controls)).sum(),
    }
    for table, n_broken in counts.items():
        if n_broken:
            yield Finding(
                severity="critical",
                cause="not_finite",
                table=table,
                message=f"{n_broken} modelled numbers are infinite or missing.",
                fix="Find the rows in the gold table and deliver them again.",
                numbers={"n_values": int(n_broken)},
            )
