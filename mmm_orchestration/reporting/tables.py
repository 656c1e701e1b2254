"""The report's tables: as numbers, as text for people, as Markdown, as JSON and on a terminal."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final, TypedDict

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mmm_orchestration.insight.results import (
    INTERVAL,
    ChannelResult,
    Interval,
    RoiResults,
    Rollup,
)
from mmm_orchestration.quality.finding import Finding, sort_findings
from mmm_orchestration.reporting.experiments import ExperimentRow, to_experiment_row
from mmm_orchestration.reporting.format import (
    format_count,
    format_days,
    format_interval,
    format_money,
    format_number,
    format_percent,
    format_ratio,
    format_score,
    kpi_formatter,
)
from mmm_orchestration.reporting.noise import Amounts, add_noise, scale_noise
from mmm_orchestration.reporting.rollups import shown_rollup_table
from mmm_orchestration.reporting.sentences import describe_missing_roi, summarise

Fact = str | int | float | dict[str, int] | None

_QUANTITIES: Final = ("contribution", "share", "roi", "marginal_roi", "carry_over_days")
_MEANINGS: Final = {
    "max_r_hat": ("R-hat, worst parameter", "1.00 when all chains agree"),
    "min_ess_bulk": ("Effective draws for medians, worst parameter", "the more, the steadier"),
    "min_ess_tail": ("Effective draws for interval ends, worst parameter", "as above"),
    "n_divergences": ("Divergent draws", "0 when the sampler could go everywhere"),
    "n_draws": ("Posterior draws", "over all chains"),
}


class IntervalRow(TypedDict):
    """`median`, `low` and `high` of a 94 % interval; None where a number is not finite."""

    median: float | None
    low: float | None
    high: float | None


class ChannelRow(TypedDict):
    """One channel: units as in `ChannelResult`; None where a quantity does not exist.

    `seed_noise` is the standard deviation over seeds by quantity, None where it is not known.
    """

    channel: str
    spend: float | None
    contribution: IntervalRow | None
    share: IntervalRow | None
    roi: IntervalRow | None
    marginal_roi: IntervalRow | None
    carry_over_days: IntervalRow | None
    seed_noise: dict[str, float | None] | None
    doubt: str


class RollupRow(TypedDict):
    """One group or stage: units as in `Rollup`; None where a quantity does not exist."""

    kind: str
    name: str
    channels: list[str]
    spend: float | None
    contribution: IntervalRow | None
    share: IntervalRow | None
    roi: IntervalRow | None


class RoiDocument(TypedDict):
    """What `mmm roi --json` prints.

    `provenance` has the fields of `Provenance`; `interval` is the mass that every low and high
    enclose; `channels` and `rollups` keep the project's order; `fit` has the fields of
    `FitMetrics`; `convergence` the sampler's marks by name; `findings` the rows of
    `Finding.to_row`, worst first. Numbers that are not finite are None.
    """

    interval: float
    provenance: dict[str, Fact]
    channels: list[ChannelRow]
    rollups: list[RollupRow]
    experiments: list[ExperimentRow]
    baseline_share: IntervalRow | None
    fit: dict[str, float | None]
    convergence: dict[str, float | None]
    findings: list[dict[str, str | int | None]]


def roi_table(results: RoiResults) -> pl.DataFrame:
    """One row per channel with all numbers; every quantity has `_low` and `_high` beside it."""
    rows = [_flatten(channel) for channel in sort_channels(results.channels)]
    quantities = [f"{q}{end}" for q in _QUANTITIES for end in ("", "_low", "_high")]
    floats = dict.fromkeys(("spend", *quantities), pl.Float64)
    return pl.DataFrame(rows, schema={"channel": pl.String, **floats, "doubt": pl.String})


def shown_roi_table(results: RoiResults) -> pl.DataFrame:
    """One row per channel with every quantity as text for people.

    Medians with intervals and, where it is known, with their seed noise.
    """
    show_kpi, noise = kpi_formatter(results.provenance), scale_noise(results)
    rows = []
    for c in sort_channels(results.channels):
        own = noise.get(c.channel, {})
        contribution = format_interval(c.contribution, show_kpi)
        share = format_interval(c.share, format_percent)
        rows.append(
            {
                "Channel": c.channel,
                "Spend": format_spend(c, currency=results.provenance.currency),
                "Contribution": str(
                    add_noise(contribution, own.get("contribution"), formatter=show_kpi)
                ),
                "Share of KPI": str(add_noise(share, own.get("share"), formatter=format_percent)),
                "ROI": _show_ratio(c.roi, noise=own.get("roi")),
                "Marginal ROI": _show_ratio(c.marginal_roi, noise=own.get("marginal_roi")),
                "90 % of effect within": str(format_interval(c.carry_over_days, format_days)),
                "Doubt": " ".join(filter(None, (describe_missing_roi(c), c.doubt))),
            }
        )
    return pl.DataFrame(rows, schema_overrides={"Doubt": pl.String})


def _show_ratio(interval: Interval | None, *, noise: float | None) -> str:
    return "none" if interval is None else str(add_noise(format_ratio(interval), noise))


def convergence_table(results: RoiResults) -> pl.DataFrame:
    """One row per mark of the sampler: `mark`, `value`, `meaning`."""
    rows = []
    for key, value in results.convergence.items():
        label, meaning = _MEANINGS.get(key, (key.replace("_", " "), ""))
        shown = format_score(value, decimals=4) if key.endswith("r_hat") else format_count(value)
        rows.append({"mark": label, "value": shown, "meaning": meaning})
    return pl.DataFrame(rows, schema=dict.fromkeys(("mark", "value", "meaning"), pl.String))


def findings_table(findings: Sequence[Finding]) -> pl.DataFrame:
    """One row per finding, worst first."""
    text = ("severity", "cause", "table", "message", "fix", "days", "channel")
    schema = {**dict.fromkeys(text, pl.String), "n_rows": pl.Int64, "numbers": pl.String}
    return pl.DataFrame([f.to_row() for f in sort_findings(list(findings))], schema=schema)


def provenance_table(results: RoiResults) -> pl.DataFrame:
    """One row per fact about where the numbers come from: `fact`, `value`."""
    p = results.provenance
    tables = ", ".join(f"{name} v{version}" for name, version in p.delta_versions.items())
    facts = {
        "Project": p.project,
        "KPI": f"{p.kpi} in {p.kpi_unit}",
        "Currency": p.currency,
        "Value of one KPI unit": p.value_per_unit
        and format_money(p.value_per_unit, currency=p.currency),
        "Days": f"{p.first_day} to {p.trained_through}",
        "Periods": f"{p.n_periods:,} × {p.grain}",
        "Data snapshot": p.snapshot,
        "Delta versions": tables,
        "Model version": p.model_version,
        "Posterior draws": f"{p.n_draws:,}",
        "Seed": str(p.seed),
        "Fitted at": p.fitted_at,
        "Code version": p.code_version,
        "Intervals": f"equal-tailed, {format_percent(INTERVAL)} of the draws",
    }
    rows = [{"fact": fact, "value": value} for fact, value in facts.items() if value]
    return pl.DataFrame(rows, schema={"fact": pl.String, "value": pl.String})


def to_markdown(frame: pl.DataFrame) -> str:
    """`frame` as a Markdown table; markup in its cells is shown, never obeyed."""
    head = [_escape_cell(name) for name in frame.columns]
    align = ["---:" if dtype.is_numeric() else "---" for dtype in frame.dtypes]
    body = [[_escape_cell(cell) for cell in row] for row in frame.rows()]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, align, *body))


def roi_json(results: RoiResults, findings: Sequence[Finding]) -> RoiDocument:
    """The results as JSON-serialisable values without NaN or infinity."""
    p, noise = results.provenance, scale_noise(results)
    facts: dict[str, Fact] = {field.name: getattr(p, field.name) for field in fields(p)}
    return RoiDocument(
        interval=INTERVAL,
        provenance=facts | {"delta_versions": dict(p.delta_versions)},
        channels=[_to_channel_row(c, noise=noise.get(c.channel)) for c in results.channels],
        rollups=[_to_rollup_row(rollup) for rollup in results.rollups],
        experiments=[to_experiment_row(result) for result in results.experiments],
        baseline_share=_to_interval_row(results.baseline_share),
        fit=_keep_finite(asdict(results.fit)),
        convergence=_keep_finite(results.convergence),
        findings=[finding.to_row() for finding in sort_findings(list(findings))],
    )


def print_roi(results: RoiResults, findings: Sequence[Finding], console: Console) -> None:
    """Prints headline, table, doubts and worst findings to `console`."""
    summary = summarise(results, findings)
    console.print(Text(summary.headline, style="bold"))
    console.print(Text(summary.lede))
    console.print()
    print_table(shown_roi_table(results).drop("Doubt", "90 % of effect within"), console)
    console.print()
    if results.rollups:
        print_table(shown_rollup_table(results), console)
        console.print()
    for statement in summary.statements:
        line = Text.assemble((f"{statement.title}: ", "bold"), statement.text)
        console.print(line)
        for detail in statement.details:
            console.print(Text(f"  • {detail}"))
    console.print(Text(summary.source, style="dim"))


def print_beliefs(results: RoiResults) -> None:
    """Prints what the priors say of each channel and of the baseline."""
    console = Console()
    baseline = results.baseline_share
    console.print(Text("What the priors say before any KPI is seen", style="bold"))
    print_table(shown_roi_table(results).drop("Doubt"), console)
    console.print(
        Text(
            f"Baseline: {format_percent(baseline.median)} of the KPI, between "
            f"{format_percent(baseline.low)} and {format_percent(baseline.high)}."
        )
    )
    if baseline.low < 0:
        console.print(
            Text(
                "Before the KPI is seen the baseline may be negative: the priors leave its level "
                "and what the channels bring together wide open."
            )
        )


def print_table(frame: pl.DataFrame, console: Console) -> None:
    """Prints `frame`, words to the left and quantities to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    words = {"Channel", "Channels", "Taken together", "Reading", "Cause", "What changed"}
    for name in frame.columns:
        table.add_column(name, justify="left" if name in words else "right", overflow="fold")
    for row in frame.rows():
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)


def sort_channels(channels: Sequence[ChannelResult]) -> list[ChannelResult]:
    """The channels by median ROI, highest first, then those without ROI by contribution."""
    return sorted(
        channels,
        key=lambda c: (c.roi is None, -(c.roi or c.contribution).median, c.channel),
    )


def format_spend(channel: ChannelResult, *, currency: str) -> str:
    """The spend of `channel` as money, or words where none is recorded."""
    return "none" if channel.spend is None else format_money(channel.spend, currency=currency)


def _flatten(channel: ChannelResult) -> dict[str, str | float | None]:
    row: dict[str, str | float | None] = {"channel": channel.channel, "spend": channel.spend}
    for name in _QUANTITIES:
        interval: Interval | None = getattr(channel, name)
        row[name] = interval.median if interval else None
        row[f"{name}_low"] = interval.low if interval else None
        row[f"{name}_high"] = interval.high if interval else None
    return row | {"doubt": channel.doubt}


def _escape_cell(cell: object) -> str:
    if cell is None:
        return "–"
    text = format_number(cell) if isinstance(cell, float) else str(cell)
    for mark, shown in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\\", "\\\\"), ("|", "\\|")):
        text = text.replace(mark, shown)
    for mark in "`*_[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _to_channel_row(channel: ChannelResult, *, noise: Amounts | None) -> ChannelRow:
    return ChannelRow(
        channel=channel.channel,
        spend=_finite(channel.spend),
        contribution=_to_interval_row(channel.contribution),
        share=_to_interval_row(channel.share),
        roi=_to_interval_row(channel.roi),
        marginal_roi=_to_interval_row(channel.marginal_roi),
        carry_over_days=_to_interval_row(channel.carry_over_days),
        seed_noise=None if noise is None else {k: _finite(v) for k, v in noise.items()},
        doubt=channel.doubt,
    )


def _to_rollup_row(rollup: Rollup) -> RollupRow:
    return RollupRow(
        kind=rollup.kind,
        name=rollup.name,
        channels=list(rollup.channels),
        spend=_finite(rollup.spend),
        contribution=_to_interval_row(rollup.contribution),
        share=_to_interval_row(rollup.share),
        roi=_to_interval_row(rollup.roi),
    )


def _to_interval_row(interval: Interval | None) -> IntervalRow | None:
    if interval is None:
        return None
    return IntervalRow(
        median=_finite(interval.median), low=_finite(interval.low), high=_finite(interval.high)
    )


def _keep_finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in values.items()}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
