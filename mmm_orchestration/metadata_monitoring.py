"""What the Dagster UI shows of the champion's monitoring.

Belongs here: values of `watching` and `updating` turned into Dagster metadata. Must not: computing.
"""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.metadata import describe_frame, describe_write
from mmm_orchestration.monitoring.monitors import MONITORS, MonitorName, Reading
from mmm_orchestration.monitoring.review import Review
from mmm_orchestration.project import Monitoring
from mmm_orchestration.reviewing import ReviewPages
from mmm_orchestration.tables.contracts import DRIFT, SCORECARD
from mmm_orchestration.updating import UpdateReport
from mmm_orchestration.watching import Watch

NO_CHAMPION = "There is no champion yet, so nothing was judged."
_REFIT = "If yellow for several days, a retrain is asked for by itself."


def list_monitors(settings: Monitoring) -> list[tuple[MonitorName, str]]:
    """The checks of the scorecard: what passing means and what to do when one is yellow."""
    means: dict[MonitorName, str] = {
        "coverage": f"At least {settings.coverage:.0%} of the newest periods lie in the 94 % "
        f"interval. {_REFIT}",
        "error": f"The champion follows the newest periods: R² is at least {settings.r2:g}. "
        f"{_REFIT}",
        "range": "No channel is exposed beyond what its curve was trained on by more than "
        f"{settings.beyond_range:g} times. If yellow: trust no plan at that level before a refit.",
        "mix": f"At most {settings.mix_shift:.0%} of the spend moved between channels. If yellow: "
        "the model was trained on another mix; read its ROI with care.",
        "cost": f"An impression or click costs within {settings.cost_shift:.0%} of what it did. If "
        "yellow: spend buys another exposure than it did; see what the platform changed.",
        "channels": "No channel is new, and none is off for longer than ever. If yellow: declare "
        "what is new and refit, or see why a channel vanished.",
    }
    return [(name, means[name]) for name in MONITORS]


def describe_watch(seen: Watch | None, *, lake: Lake) -> tuple[dg.MaterializeResult, ...]:
    """Scorecard with its checks, and drift; without a champion each check says so and warns."""
    if seen is None:
        checks = [_describe_unjudged(name) for name in MONITORS]
        return (
            dg.MaterializeResult("scorecard", metadata={"note": NO_CHAMPION}, check_results=checks),
            dg.MaterializeResult("drift", metadata={"note": NO_CHAMPION}),
        )
    scored = describe_write(seen.scorecard, contract=SCORECARD, lake=lake)
    drift = describe_write(seen.drift, contract=DRIFT, lake=lake)
    found = {"monitors": _describe_readings(seen.readings), "confirmed": ", ".join(seen.confirmed)}
    return (
        scored._replace(
            asset_key=dg.AssetKey("scorecard"),
            check_results=[_describe_reading(r, confirmed=seen.confirmed) for r in seen.readings],
        ),
        drift._replace(
            asset_key=dg.AssetKey("drift"), metadata={**(drift.metadata or {}), **found}
        ),
    )


def describe_update(report: UpdateReport | None, *, path: Path | None) -> dg.MaterializeResult:
    """The update in the UI: whether it can be relied on, and ROI before and after."""
    if report is None:
        return dg.MaterializeResult(metadata={"note": NO_CHAMPION})
    return dg.MaterializeResult(
        metadata={
            "says": report.sentence,
            "name": report.name,
            "is_accepted": report.update.is_accepted,
            "n_points": report.update.n_points,
            "pareto_k": report.update.pareto_k,
            "ess": report.update.ess,
            "channels": describe_frame(report.to_frame()),
            "file": dg.MetadataValue.path(str(path)),
        }
    )


def describe_review(review: Review, *, pages: ReviewPages) -> dg.MaterializeResult:
    """The review in the UI: what to look at, the scores by week, and where the page is."""
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.url(pages.html.absolute().as_uri()),
            "markdown": dg.MetadataValue.path(str(pages.markdown)),
            "quarter": str(review.window),
            "n_periods": review.rows.height,
            "look_at": dg.MetadataValue.md("\n".join(f"- {a}" for a in review.advice)),
            "weeks": describe_frame(review.weeks),
        }
    )


def _describe_reading(reading: Reading, *, confirmed: Sequence[str]) -> dg.AssetCheckResult:
    """One monitor as a check that warns; one that had too little to judge passes and says so."""
    is_confirmed = reading.monitor in confirmed
    return dg.AssetCheckResult(
        check_name=reading.monitor,
        asset_key="scorecard",
        passed=not reading.is_drifted,
        severity=dg.AssetCheckSeverity.WARN,
        description=("Confirmed: " if is_confirmed else "") + reading.message,
        metadata={
            "value": "not judged" if reading.value is None else reading.value,
            "threshold": reading.threshold,
            "n_periods": reading.n_periods,
            "is_confirmed": is_confirmed,
        },
    )


def _describe_unjudged(name: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key="scorecard",
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description=NO_CHAMPION,
    )


def _describe_readings(readings: Sequence[Reading]) -> dg.MetadataValue:
    import polars as pl

    return describe_frame(
        pl.DataFrame(
            [
                {
                    "monitor": r.monitor,
                    "value": r.value,
                    "threshold": r.threshold,
                    "drifted": r.is_drifted,
                    "what": r.message,
                }
                for r in readings
            ],
            schema_overrides={"value": pl.Float64},
        )
    )
