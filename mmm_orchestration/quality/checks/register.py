"""What the registers tell: restated days, quarantined rows and refused deliveries."""

import polars as pl

from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding, Severity
from mmm_orchestration.quality.text import (
    count,
    find_runs,
    format_names,
    format_number,
    format_runs,
    span,
)

_DUPLICATES = ("duplicate_row", "duplicate_key")


def find_restated(
    restatements: pl.DataFrame, *, thresholds: Thresholds | None = None
) -> list[Finding]:
    """Days that a later delivery changed, one finding per table and measure.

    A day restated several times counts once, from its first value to its last.
    """
    limits = thresholds or Thresholds()
    days = (
        restatements.sort("delta_version")
        .group_by("table", "measure", "date")
        .agg(pl.col("before").first(), pl.col("after").last())
        .filter(pl.col("before") != pl.col("after"))
        .sort("table", "measure", "date")
    )
    return [
        _report_restated(part, table=str(table), measure=str(measure), limits=limits)
        for (table, measure), part in days.group_by("table", "measure", maintain_order=True)
    ]


def find_duplicates(quarantine: pl.DataFrame) -> list[Finding]:
    """Rows that repeat another row or its key, one finding per source."""
    repeated = quarantine.filter(pl.col("rule").is_in(_DUPLICATES)).sort("source", "file", "line")
    return [
        Finding(
            severity="warning",
            cause="duplicate_rows",
            table=f"bronze_{source}",
            message=f"{count(part.height, 'row')} of '{source}' repeat another row in "
            f"{format_names(part['file'].unique(maintain_order=True).to_list())}; they were kept "
            "out, so nothing is counted twice.",
            fix="Look whether the export was joined from overlapping downloads.",
            n_rows=part.height,
        )
        for (source,), part in repeated.group_by("source", maintain_order=True)
    ]


def find_quarantined(
    quarantine: pl.DataFrame, *, deliveries: pl.DataFrame, thresholds: Thresholds | None = None
) -> list[Finding]:
    """Quarantined rows that are no duplicates, one finding per source and rule.

    A rule that takes a large share of the source's rows is an error.
    """
    limits = thresholds or Thresholds()
    n_input = dict(deliveries.group_by("source").agg(pl.col("n_input").sum()).iter_rows())
    rows = quarantine.filter(~pl.col("rule").is_in(_DUPLICATES)).sort("source", "rule", "line")
    findings = []
    for (source, rule), part in rows.group_by("source", "rule", maintain_order=True):
        share = part.height / max(n_input.get(source, 0), part.height)
        example = part.row(0, named=True)
        findings.append(
            Finding(
                severity="error" if share >= limits.quarantined_error else "warning",
                cause="quarantined_rows",
                table=f"bronze_{source}",
                message=f"{count(part.height, 'row')} of '{source}' ({share:.1%}) were not "
                f"accepted by the rule '{rule}' in "
                f"{format_names(part['file'].unique(maintain_order=True).to_list())}, for example "
                f"line {example['line']} of {example['file']}: {example['detail']}.",
                fix="Correct these lines in the export and deliver the file again.",
                n_rows=part.height,
            )
        )
    return findings


def find_refused(deliveries: pl.DataFrame) -> list[Finding]:
    """Deliveries that were refused as a whole, and those that held nothing."""
    findings = []
    for row in deliveries.filter(pl.col("status") != "read").sort("sequence").to_dicts():
        is_refused = row["status"] == "refused"
        what = "was refused as a whole" if is_refused else "holds no rows and changed nothing"
        findings.append(
            Finding(
                severity="error" if is_refused else "warning",
                cause="refused_delivery" if is_refused else "empty_delivery",
                table=f"bronze_{row['source']}",
                message=f"{row['file']} of '{row['source']}' {what}"
                + (f": {row['reason']}" if row["reason"] else "."),
                fix="Mend what the reason names and deliver the file again."
                if is_refused
                else "Export the days again if something should be in them.",
                n_rows=row["n_input"],
            )
        )
    return findings


def _report_restated(
    days: pl.DataFrame, *, table: str, measure: str, limits: Thresholds
) -> Finding:
    before, after = float(days["before"].sum()), float(days["after"].sum())
    moved = float((days["after"] - days["before"]).abs().sum())
    change = moved / abs(before) if before else float("inf")
    severity: Severity = "info"
    if change >= limits.restated_warning:
        severity = "error" if change >= limits.restated_error else "warning"
    runs = find_runs(days["date"])
    percent = f" ({(after - before) / abs(before):+.1%})" if before else ""
    return Finding(
        severity=severity,
        cause="restated_days",
        table=table,
        message=f"{measure.capitalize()} of {count(days.height, 'day')} in {table} was restated: "
        f"{format_number(before)} became {format_number(after)}{percent} on {format_runs(runs)}.",
        fix="Nothing if the platform corrected itself; a posterior fitted before should be fitted "
        "again."
        if severity != "error"
        else "Compare the two exports: a change of this size is rarely a correction.",
        days=span(runs),
        n_rows=days.height,
    )
