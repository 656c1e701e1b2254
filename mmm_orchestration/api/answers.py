"""Results as bytes of JSON in their envelope.

Belongs here: what stands where. Must not: computing it, HTTP.
"""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from pydantic import BaseModel

from mmm_orchestration.api.documents import (
    ContributionsAnswer,
    CurvesAnswer,
    RoiAnswer,
    SummaryAnswer,
)
from mmm_orchestration.insight.recent import Recent
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.quality.finding import Finding, sort_findings
from mmm_orchestration.refresh.results import RefreshReport
from mmm_orchestration.refresh.words import TITLES
from mmm_orchestration.reporting.tables import roi_json


def write_answer(
    form: type[BaseModel],
    result: object,
    *,
    name: str | None,
    version: str,
    snapshot: str,
    trained_through: str,
) -> bytes:
    """The result in the envelope `form`; numbers that are not finite are null.

    A result of another form than the document says is a ValidationError, which is ours.
    """
    whole = form.model_validate(
        {
            "model": {"name": name, "version": version},
            "data": {"snapshot": snapshot, "trained_through": trained_through},
            "result": result,
        }
    )
    return whole.model_dump_json().encode()


def write_roi(results: RoiResults, *, findings: Sequence[Finding], name: str | None) -> bytes:
    """What `mmm roi --json` prints."""
    return _write(RoiAnswer, roi_json(results, findings), results=results, name=name)


def write_contributions(results: RoiResults, *, name: str | None) -> bytes:
    """The KPI taken apart, one entry per period."""
    series = results.series
    columns = (series.kpi, series.baseline, series.fit, series.fit_low, series.fit_high)
    rows = zip(series.periods, *(each.tolist() for each in (*columns, series.media)), strict=True)
    result = {
        "unit": results.provenance.kpi_unit,
        "period_days": series.period_days,
        "channels": series.channels,
        "periods": [
            {
                "period": str(period.astype("datetime64[D]")),
                "kpi": kpi,
                "baseline": baseline,
                "media": dict(zip(series.channels, media, strict=True)),
                "fit": fit,
                "fit_low": low,
                "fit_high": high,
            }
            for period, kpi, baseline, fit, low, high, media in rows
        ],
    }
    return _write(ContributionsAnswer, result, results=results, name=name)


def write_curves(results: RoiResults, *, name: str | None) -> bytes:
    """The response curve of each channel."""
    curves = [
        {
            "channel": curve.channel,
            "unit": curve.unit,
            "observed": curve.observed,
            "observed_max": curve.observed_max,
            "points": [
                {"level": level, "median": median, "low": low, "high": high}
                for level, median, low, high in np.column_stack(
                    [curve.level, curve.median, curve.low, curve.high]
                ).tolist()
            ],
        }
        for curve in results.curves
    ]
    result = {"unit": results.provenance.kpi_unit, "curves": curves}
    return _write(CurvesAnswer, result, results=results, name=name)


def write_summary(
    recent: Recent,
    *,
    results: RoiResults,
    findings: Sequence[Finding],
    refresh: RefreshReport | None,
    name: str | None,
) -> bytes:
    """The newest days on one page."""
    told, doubts = results.provenance, {c.channel: c.doubt for c in results.channels}
    result = asdict(recent) | {
        "project": told.project,
        "kpi_name": told.kpi,
        "unit": told.kpi_unit,
        "currency": told.currency,
        "channels": [asdict(c) | {"doubt": doubts[c.channel]} for c in recent.channels],
        "r2": results.fit.r2,
        "coverage": results.fit.coverage,
        "fitted_at": told.fitted_at,
        "findings": [
            {"severity": f.severity, "what": f.message, "fix": f.fix}
            for f in sort_findings(list(findings))
        ],
        "notes": results.notes,
        "changes": refresh and _tell_changes(refresh),
    }
    return _write(SummaryAnswer, result, results=results, name=name)


def _tell_changes(refresh: RefreshReport) -> dict[str, object]:
    moved = [
        {
            "channel": m.channel,
            "before": m.before,
            "after": m.after,
            "noise": m.noise,
            "causes": dict(m.parts),
        }
        for m in refresh.list_of("roi")
    ]
    steps = [f"{TITLES[step.cause]}: {step.what}" for step in refresh.steps if step.is_changed]
    return {"before": refresh.champion, "steps": steps, "roi": moved}


def _write(
    form: type[BaseModel], result: object, *, results: RoiResults, name: str | None
) -> bytes:
    told = results.provenance
    return write_answer(
        form,
        result,
        name=name,
        version=told.model_version,
        snapshot=told.snapshot,
        trained_through=told.trained_through,
    )
