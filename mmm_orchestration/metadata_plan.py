"""What the Dagster UI shows of a plan.

Belongs here: values of ours turned into Dagster metadata. Must not: computing them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from mmm_orchestration.approving import Followed, to_frame
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.metadata import describe_frame, describe_write
from mmm_orchestration.reporting.drawing import to_png_markdown
from mmm_orchestration.reporting.figures import NARROW
from mmm_orchestration.reporting.followed import describe_following
from mmm_orchestration.reporting.plan import draw_plan, write_plan
from mmm_orchestration.reporting.scenarios import draw_scenarios, scenario_table
from mmm_orchestration.reporting.tables import to_markdown
from mmm_orchestration.tables.plan_scorecard import PLAN_SCORECARD

if TYPE_CHECKING:
    from mmm_orchestration.planning import Planned
    from mmm_orchestration.playing import Played


def describe_plan(planned: "Planned", *, path: Path) -> dg.MaterializeResult[None]:
    """The plan in the UI: its channels, its certificate in sentences, and where the page is."""
    optimum, certificate = planned.optimum, planned.optimum.certificate
    channels = write_plan(optimum, version=planned.record.version).tables[0]
    names = [name for name, _ in channels.heads]
    frame = pl.DataFrame(channels.rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.url(path.absolute().as_uri()),
            "model_version": planned.record.version,
            "is_improvement": certificate.is_improvement,
            "gain_mean": certificate.gain_mean,
            "probability": certificate.probability,
            "outside_observed_spend": certificate.outside,
            "channels": dg.MetadataValue.md(to_markdown(frame)),
            "certificate": dg.MetadataValue.md("\n".join(f"- {s}" for s in certificate.sentences)),
            "spend": dg.MetadataValue.md(to_png_markdown(draw_plan(optimum, width=NARROW))),
        }
    )


def describe_scenarios(played: "Played", *, path: Path) -> dg.MaterializeResult[None]:
    """The scenarios in the UI: side by side, as a figure, and where the page is."""
    metadata: dict[str, dg.MetadataValue] = {
        "page": dg.MetadataValue.url(path.absolute().as_uri()),
        "model_version": dg.MetadataValue.text(played.record.version),
        "n_scenarios": dg.MetadataValue.int(len(played.scenarios)),
        "not_answered": dg.MetadataValue.md("\n".join(f"- {s}" for s in played.refused) or "none"),
    }
    if played.scenarios:
        words = {"unit": played.unit, "currency": played.currency}
        figure = draw_scenarios(played.scenarios, width=NARROW, **words)
        table = to_markdown(scenario_table(played.scenarios))
        metadata["scenarios"] = dg.MetadataValue.md(table)
        metadata["beyond_today"] = dg.MetadataValue.md(to_png_markdown(figure))
    return dg.MaterializeResult(metadata=metadata)


def describe_followed(
    followed: Followed | None, commit: Commit | None, *, lake: Lake, check: str
) -> dg.MaterializeResult[None]:
    """What became of the plan of record, and whether spend keeps to it.

    The check passes and says so while there is no plan, or none of its periods is over.
    """
    if followed is None:
        metadata, is_kept, said = {}, True, "No plan of record has begun."
    else:
        rows = to_frame(followed, model=None).select("channel", "planned", "spent", "brought")
        away = [row for row in followed.rows if not row.is_followed]
        metadata = {"plan": followed.approval.name, "channels": describe_frame(rows)}
        is_kept, said = not away, describe_following(followed.rows, n_over=followed.n_periods)
    result = describe_write(commit, contract=PLAN_SCORECARD, lake=lake)
    outcome = dg.AssetCheckResult(
        check_name=check, passed=is_kept, severity=dg.AssetCheckSeverity.WARN, description=said
    )
    return result._replace(
        metadata={**(result.metadata or {}), **metadata}, check_results=[outcome]
    )
