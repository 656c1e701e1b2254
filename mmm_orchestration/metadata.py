"""What the Dagster UI shows of a table: schema, lineage, counts, Delta version.

Belongs here: values of ours turned into Dagster metadata. Must not: computing them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from mmm_orchestration.examining import FitFindings
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Gates, Project
from mmm_orchestration.publishing import RoiReport
from mmm_orchestration.quality.acceptance import Acceptance
from mmm_orchestration.quality.causes import Cause
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.quality.validate import Verdict
from mmm_orchestration.reporting.figures import (
    NARROW,
    draw_contributions,
    draw_fit,
    draw_roi,
    to_png_markdown,
)
from mmm_orchestration.reporting.tables import (
    convergence_table,
    provenance_table,
    shown_roi_table,
    to_markdown,
)
from mmm_orchestration.tables.contracts import TableContract
from mmm_orchestration.tables.lineage import trace_lineage
from mmm_orchestration.training import FitRecord
from mmm_orchestration.upkeep.maintenance import Care
from mmm_orchestration.upkeep.retention import Removal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mmm_orchestration.evaluation.backtest import CrossValidation
    from mmm_orchestration.model.posterior import Posterior

MAX_LISTED = 20
DATA_FINDINGS, POSTERIOR_FINDINGS = "data_findings", "posterior_findings"


def describe_static(contract: TableContract, *, project: Project) -> dict[str, dg.MetadataValue]:
    """What is known of a table before anything runs: schema, key and column lineage."""
    columns = [
        dg.TableColumn(
            column.name,
            column.dtype,
            column.description + (f" [{column.unit}]" if column.unit else ""),
            constraints=dg.TableColumnConstraints(nullable=column.is_nullable),
        )
        for column in contract.columns
    ]
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns=columns)),
        "dagster/table_name": dg.MetadataValue.text(contract.name),
        "key": dg.MetadataValue.text(", ".join(contract.key)),
    }
    lineage = trace_lineage(project).get(contract.name)
    if lineage:
        metadata["dagster/column_lineage"] = dg.MetadataValue.column_lineage(
            dg.TableColumnLineage(
                deps_by_column={
                    column: [dg.TableColumnDep(dg.AssetKey(t), c) for t, c in sources]
                    for column, sources in lineage.items()
                }
            )
        )
    return metadata


def describe_write(
    commit: Commit | None,
    *,
    contract: TableContract,
    lake: Lake,
    counts: Mapping[str, int] | None = None,
    check_results: Sequence[dg.AssetCheckResult] = (),
) -> dg.MaterializeResult[None]:
    """The result of one write; without a commit there was nothing to write, and it says so."""
    counted: dict[str, dg.MetadataValue] = {
        name: dg.MetadataValue.int(count) for name, count in (counts or {}).items()
    }
    if commit is None:
        note = f"Nothing to write to {contract.name}: the table is as it was."
        return dg.MaterializeResult(
            metadata={"dagster/partition_row_count": 0, "note": note, **counted},
            check_results=check_results,
        )
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/uri": dg.MetadataValue.text(lake.table_uri(contract.name)),
        "dagster/row_count": dg.MetadataValue.int(_count_rows(lake, contract.name)),
        _name_count(commit): dg.MetadataValue.int(commit.n_rows),
        "delta_version": dg.MetadataValue.int(commit.version),
        "days_written": dg.MetadataValue.int(len(commit.days)),
        "is_changed": dg.MetadataValue.bool(commit.is_changed),
        "restated_days": dg.MetadataValue.int(len(commit.restated_days)),
    }
    for name, total in commit.sums.items():
        metadata[f"sum_{name}"] = dg.MetadataValue.float(round(float(total), 2))
    return dg.MaterializeResult(
        metadata=metadata | counted,
        data_version=dg.DataVersion(f"delta:{commit.version}"),
        check_results=check_results,
    )


def _name_count(commit: Commit) -> str:
    """What the rows of the written days are called.

    A run over several days says the same of each of its partitions, so its count is of them all.
    """
    return "dagster/partition_row_count" if len(commit.days) == 1 else "rows_of_run"


def _show(figure: "Figure") -> dg.MetadataValue:
    return dg.MetadataValue.md(to_png_markdown(figure))


def _count_rows(lake: Lake, name: str) -> int:
    count: int = lake.read(name).select(pl.len()).collect().item()
    return count


def describe_frame(frame: pl.DataFrame, *, n_rows: int = MAX_LISTED) -> dg.MetadataValue:
    """The first rows of a frame as a Markdown table."""
    with pl.Config(
        tbl_formatting="MARKDOWN",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=n_rows,
        tbl_cols=-1,
        tbl_width_chars=10_000,
        fmt_str_lengths=200,
        float_precision=2,
    ):
        text = str(frame.head(n_rows))
    left = frame.height - n_rows
    return dg.MetadataValue.md(text + (f"\n\n… and {left} more" if left > 0 else ""))


def describe_verdict(
    verdict: Verdict, *, table: str, docs: Path, is_fatal: bool
) -> dg.AssetCheckResult:
    """One expectation's verdict; a critical one blocks when it `is_fatal` to break it.

    In a run over many days gold takes the good ones, so where some day is left a critical
    verdict is shown as a warning.
    """
    is_error = verdict.severity == "critical" and is_fatal
    metadata: dict[str, dg.MetadataValue] = {
        "n_evaluated": dg.MetadataValue.int(verdict.n_evaluated),
        "n_unexpected": dg.MetadataValue.int(verdict.n_unexpected),
        "data_docs": dg.MetadataValue.url(docs.absolute().as_uri()),
    }
    if verdict.sample:
        metadata["sample"] = describe_frame(pl.DataFrame(list(verdict.sample)))
    return dg.AssetCheckResult(
        check_name=verdict.expectation.name,
        asset_key=table,
        passed=verdict.is_passed,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=verdict.observed,
        metadata=metadata,
    )


def describe_acceptance(acceptance: Acceptance) -> dg.AssetCheckResult:
    """The days held back; an error where no day of the run is left."""
    held = [
        {"day": str(day), "why": "; ".join(map(str, reasons))}
        for day, reasons in acceptance.rejected.items()
    ]
    n_days = acceptance.window.n_days
    is_fatal = not acceptance.days
    why = [finding.message for finding in acceptance.list_findings() if finding.severity != "info"]
    return dg.AssetCheckResult(
        passed=acceptance.is_whole,
        severity=dg.AssetCheckSeverity.ERROR if is_fatal else dg.AssetCheckSeverity.WARN,
        description=" ".join([f"{len(acceptance.days)} of {n_days} days accepted.", *why]),
        metadata={
            "accepted_days": len(acceptance.days),
            "held_back": describe_frame(pl.DataFrame(held, schema=["day", "why"])),
        },
    )


def describe_cause(cause: Cause, *, findings: Sequence[Finding]) -> dg.AssetCheckResult:
    """The findings with one cause as a check that warns; information alone does not fail it."""
    worth = [finding for finding in findings if finding.severity != "info"]
    return dg.AssetCheckResult(
        check_name=cause.name,
        asset_key=cause.table,
        passed=not worth,
        severity=dg.AssetCheckSeverity.WARN,
        description=worth[0].message if worth else cause.means,
        metadata={"findings": describe_findings(findings), "n_findings": len(findings)},
    )


def describe_findings(findings: Sequence[Finding]) -> dg.MetadataValue:
    """Findings as a Markdown table, worst first."""
    rows = [
        {"severity": f.severity, "days": str(f.days or ""), "what": f.message, "to do": f.fix}
        for f in findings
    ]
    schema = ["severity", "days", "what", "to do"]
    return describe_frame(pl.DataFrame(rows, schema=schema, orient="row"))


def list_gates(gates: Gates) -> list[tuple[str, str]]:
    """The checks of a posterior, each with what passing means and what to do when it is red."""
    longer = "If red: sample longer (model.sampler in mmm.yaml) or simplify the model."
    return [
        ("r_hat", f"All chains agree: R-hat is at most {gates.r_hat}. {longer}"),
        ("ess_bulk", f"Means are exact enough: bulk ESS is at least {gates.ess}. {longer}"),
        ("ess_tail", f"Intervals are exact enough: tail ESS is at least {gates.ess}. {longer}"),
        (
            "divergences",
            f"The sampler reached everywhere: at most {gates.divergences} divergences. If red: "
            "raise model.sampler.target_accept in mmm.yaml.",
        ),
        (
            "observed_is_snapshot",
            "The data in the saved posterior are those of the Delta versions it names. If red: "
            "the lake or the posterior was altered; train again.",
        ),
        (
            DATA_FINDINGS,
            "The data have no trouble that a model cannot mend, such as channels that move as "
            "one. If yellow: each finding says what to do. At a critical one nothing is fitted.",
        ),
        (
            POSTERIOR_FINDINGS,
            "The answers are believable, decided by data and left no pattern unexplained. If red: "
            "each finding says what to do; a critical one blocks the reports.",
        ),
    ]


def describe_examination(
    check: str, *, findings: Sequence[Finding], unsaid: str
) -> dg.AssetCheckResult:
    """Findings of one examination as a check: an error where one is critical, else a warning."""
    worth = [finding for finding in findings if finding.severity != "info"]
    is_fatal = any(finding.severity == "critical" for finding in worth)
    return dg.AssetCheckResult(
        check_name=check,
        passed=not worth,
        severity=dg.AssetCheckSeverity.ERROR if is_fatal else dg.AssetCheckSeverity.WARN,
        description=worth[0].message if worth else unsaid,
        metadata={"findings": describe_findings(findings), "n_findings": len(findings)},
    )


def describe_fit(
    results: RoiResults,
    *,
    record: FitRecord,
    posterior: "Posterior",
    findings: FitFindings,
    is_observed: bool,
) -> dg.MaterializeResult:
    """The fit in the UI: what it was trained on, its convergence, ROI and the fit as a plot."""
    found, gates = posterior.diagnostics, posterior.project.gates
    verdicts = {
        "r_hat": (found.max_r_hat <= gates.r_hat, f"{found.max_r_hat:.4f}", found.max_r_hat_of),
        "ess_bulk": (
            found.min_ess_bulk >= gates.ess,
            f"{found.min_ess_bulk:,.0f}",
            found.min_ess_bulk_of,
        ),
        "ess_tail": (
            found.min_ess_tail >= gates.ess,
            f"{found.min_ess_tail:,.0f}",
            found.min_ess_tail_of,
        ),
        "divergences": (
            found.n_divergences <= gates.divergences,
            str(found.n_divergences),
            f"{found.n_draws} draws",
        ),
        "observed_is_snapshot": (is_observed, record.snapshot[:12], "snapshot"),
    }
    metadata: dict[str, dg.RawMetadataValue] = {
        "model_version": record.version,
        "trained_through": record.trained_through,
        "first_day": record.first_day,
        "n_periods": posterior.data.n_periods,
        "seed": posterior.seed,
        "mlflow_run": record.mlflow_run,
        "delta_versions": dg.MetadataValue.json(dict(record.delta_versions)),
        "r2": results.fit.r2,
        "mape": results.fit.mape,
        "roi": dg.MetadataValue.md(to_markdown(shown_roi_table(results))),
        "fit": _show(draw_fit(results, width=NARROW)),
    }
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(record.snapshot[:16]),
        check_results=[
            dg.AssetCheckResult(
                check_name=name,
                passed=bool(is_passed),
                description=f"{value} ({where})",
                metadata={"value": value, "worst": where},
            )
            for name, (is_passed, value, where) in verdicts.items()
        ]
        + [
            describe_examination(DATA_FINDINGS, findings=findings.before, unsaid="No trouble."),
            describe_examination(POSTERIOR_FINDINGS, findings=findings.after, unsaid="No doubt."),
        ],
    )


def describe_report(report: RoiReport, *, path: Path) -> dg.MaterializeResult:
    """The report in the UI: its tables and small plots, and where the page is."""
    results = report.results
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.url(path.absolute().as_uri()),
            "model_version": results.provenance.model_version,
            "roi": dg.MetadataValue.md(to_markdown(shown_roi_table(results))),
            "roi_plot": _show(draw_roi(results, width=NARROW)),
            "contributions": _show(draw_contributions(results, width=NARROW)),
            "convergence": dg.MetadataValue.md(to_markdown(convergence_table(results))),
            "provenance": dg.MetadataValue.md(to_markdown(provenance_table(results))),
            "findings": describe_findings(report.findings),
            "n_findings": len(report.findings),
        }
    )


def describe_forecasts(found: "CrossValidation") -> dg.MaterializeResult:
    """Cross-validation in the UI: scores and ROI by origin, the forecasts as a plot, in words."""
    from mmm_orchestration.reporting.evaluation import draw_forecasts, forecast_table, roi_by_origin

    return dg.MaterializeResult(
        metadata={
            **found.scores.to_metrics(),
            "horizon": found.horizon,
            "folds": dg.MetadataValue.md(to_markdown(forecast_table(found))),
            "roi": dg.MetadataValue.md(to_markdown(roi_by_origin(found))),
            "forecasts": _show(draw_forecasts(found, width=NARROW)),
            "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in found.notes) or "none"),
        }
    )


def describe_care(
    cared: Sequence[Care], *, removed: Removal, leftovers: Sequence[str]
) -> dict[str, dg.MetadataValue]:
    """What the maintenance did: by table, and what it removed and kept in words."""
    rows = pl.DataFrame([each.to_row() for each in cared])
    return {
        "tables": describe_frame(rows, n_rows=len(cared)),
        "removed": dg.MetadataValue.text(str(removed)),
        "drafts_removed": dg.MetadataValue.int(len(leftovers)),
    }


def describe_damage(cared: Sequence[Care], *, check: str) -> dg.AssetCheckResult:
    """Whether every table is what was written."""
    damaged = [f"{each.table}: {line}" for each in cared for line in each.damage]
    return dg.AssetCheckResult(
        check_name=check,
        passed=not damaged,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(damaged[:MAX_LISTED]) or f"{len(cared)} tables are whole.",
        metadata={"n_damaged": len(damaged)},
    )
