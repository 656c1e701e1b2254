"""What the Dagster UI shows of the refresh report and of the promotion gate.

Belongs here: values of ours turned into Dagster metadata. Must not: computing them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from mmm_orchestration.promotion.results import GateName, Verdict

if TYPE_CHECKING:
    from mmm_orchestration.refresh.results import RefreshReport

GATES: tuple[tuple[GateName, str], ...] = (
    (
        "convergence",
        "The chains agree and are long enough (`gates` in mmm.yaml). If red: sample longer or "
        "simplify the model.",
    ),
    (
        "findings",
        "No finding on data or posterior is critical or an error. If red: each finding says what "
        "to do.",
    ),
    (
        "plausibility",
        "ROI, baseline and the share of media are numbers that a business can have. If red: check "
        "units and controls, or state priors from what is known.",
    ),
    (
        "out_of_time",
        "Days that the champion has not seen are forecast as well as by the champion's "
        "specification. If red: undo what was changed. If yellow: there are too few new days.",
    ),
    (
        "stability",
        "ROI, contribution and recommended split moved no further than new and restated days and "
        "noise explain. If red: the refresh report names the cause; promote by hand what is meant.",
    ),
)


def describe_refresh(report: "RefreshReport | None", *, folder: Path) -> dg.MaterializeResult[None]:
    """The refresh report in the UI, or that there is nothing to compare with."""
    from mmm_orchestration.refreshing import PAGE
    from mmm_orchestration.reporting.refresh import refresh_markdown

    if report is None:
        note = "There is no champion beside the challenger, so nothing moved."
        return dg.MaterializeResult(metadata={"note": note})
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.url((folder / PAGE).absolute().as_uri()),
            "model_version": report.version,
            "champion": report.champion,
            "n_refits": report.n_refits,
            "report": dg.MetadataValue.md(refresh_markdown(report)),
        }
    )


def describe_promotion(verdict: Verdict, *, why_not: str) -> dg.MaterializeResult[None]:
    """The verdict in the UI: a red gate is an error, one that was not judged a warning.

    `why_not` says why it is not the champion, and is empty when it is. Without a champion there is
    nothing to compare with, which warns nobody.
    """
    return dg.MaterializeResult(
        metadata={
            "model_version": verdict.version,
            "against": verdict.champion or "no champion",
            "is_champion": not why_not,
            "why_not": why_not or "It is the champion.",
            "reasons": dg.MetadataValue.md(
                "\n".join(f"- {reason}" for reason in verdict.reasons) or "none"
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=gate.name,
                passed=gate.outcome == "passed"
                or (gate.outcome == "not judged" and verdict.champion is None),
                severity=dg.AssetCheckSeverity.ERROR
                if gate.outcome == "failed"
                else dg.AssetCheckSeverity.WARN,
                description=gate.sentence,
                metadata={"outcome": gate.outcome, **dict(gate.numbers)},
            )
            for gate in verdict.gates
        ],
    )
