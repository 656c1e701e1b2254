"""Values that look like a wrong unit: ten, a hundred or a thousand times too much or too little."""

from collections.abc import Sequence

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.quality.text import count, find_runs, format_number, format_runs, span

_MEDIA_KEY = ["source", "geo", "channel", "campaign"]
_OUTCOME_KEY = ["source", "geo", "outcome"]
_MEASURES = ["spend", "impressions", "clicks"]
_SMALLEST_SCATTER = 0.02
_REAL_MOVE = 0.4


def find_media_outliers(
    silver_media: pl.DataFrame,
    *,
    peaks: Sequence[DayWindow] = (),
    thresholds: Thresholds | None = None,
) -> list[Finding]:
    """Media values off by a power of ten, one finding per source, channel, campaign and measure.

    Where spend and impressions (or clicks) rise or fall together the campaign itself changed, so
    only a measure that moves alone is told. In the windows `peaks`, such as declared events,
    nothing is.
    """
    limits = thresholds or Thresholds()
    long = silver_media.unpivot(
        on=_MEASURES, index=["date", *_MEDIA_KEY], variable_name="measure"
    ).drop_nulls("value")
    scored = _score(long, by=[*_MEDIA_KEY, "measure"], limits=limits)
    row = ["date", *_MEDIA_KEY]
    moves = pl.col("shift").abs() >= _REAL_MOVE
    moves_alone = moves.sum().over([*row, pl.col("shift") > 0]) == 1
    outliers = scored.filter(_is_outlier_expr(limits) & moves_alone & ~_is_peak_expr(peaks))
    return [
        _report(
            part,
            table="silver_media",
            what=f"{str(measure).capitalize()} of campaign '{campaign}' ({channel}, {source})",
            channel=str(channel),
        )
        for (source, channel, campaign, measure), part in outliers.group_by(
            "source", "channel", "campaign", "measure", maintain_order=True
        )
    ]


def find_outcome_outliers(
    silver_outcomes: pl.DataFrame,
    *,
    peaks: Sequence[DayWindow] = (),
    thresholds: Thresholds | None = None,
) -> list[Finding]:
    """Outcome values off by a power of ten outside `peaks`, one per source and outcome."""
    limits = thresholds or Thresholds()
    scored = _score(silver_outcomes, by=_OUTCOME_KEY, limits=limits)
    outliers = scored.filter(_is_outlier_expr(limits) & ~_is_peak_expr(peaks))
    return [
        _report(part, table="silver_outcomes", what=f"Outcome '{outcome}' of '{source}'")
        for (source, outcome), part in outliers.group_by("source", "outcome", maintain_order=True)
    ]


def _score(frame: pl.DataFrame, *, by: list[str], limits: Thresholds) -> pl.DataFrame:
    """Positive values with their usual `level`, their `shift` from it and the series' `scatter`.

    `shift` is log10(value / level), `scatter` the robust standard deviation of it; series that
    are too short are left out.
    """
    level = pl.col("value").rolling_median(
        limits.scale_window, min_samples=limits.scale_history, center=True
    )
    scatter = 1.4826 * pl.col("shift").abs().median().over(by)
    return (
        frame.filter(pl.col("value").is_finite() & (pl.col("value") > 0))
        .filter(pl.len().over(by) >= limits.scale_history)
        .sort(*by, "date")
        .with_columns(level=level.over(by))
        .with_columns(shift=(pl.col("value") / pl.col("level")).log10())
        .with_columns(scatter=scatter.clip(_SMALLEST_SCATTER))
    )


def _is_outlier_expr(limits: Thresholds) -> pl.Expr:
    shift, power = pl.col("shift"), pl.col("shift").round(0)
    return (
        (power.abs() >= 1)
        & ((shift - power).abs() <= limits.scale_tolerance)
        & (shift.abs() >= limits.scale_sigmas * pl.col("scatter"))
    )


def _is_peak_expr(peaks: Sequence[DayWindow]) -> pl.Expr:
    """Whether a row lies in one of the windows."""
    inside = [pl.col("date").is_between(peak.first, peak.last) for peak in peaks]
    return pl.any_horizontal(pl.lit(value=False), *inside)


def _report(rows: pl.DataFrame, *, table: str, what: str, channel: str | None = None) -> Finding:
    """One finding on a series, with its largest deviation as the example."""
    worst = rows.sort(pl.col("shift").abs(), descending=True).row(0, named=True)
    factor = 10 ** abs(round(worst["shift"]))
    runs = find_runs(rows["date"])
    example = (
        f"{format_number(worst['value'])} on {worst['date'].day} {worst['date']:%b %Y} where about "
        f"{format_number(worst['level'])} is usual"
    )
    return Finding(
        severity="warning",
        cause="scale_outlier",
        table=table,
        message=f"{what} looks {factor:,.0f} times too {'high' if worst['shift'] > 0 else 'low'} "
        f"on {count(rows['date'].n_unique(), 'day')} ({format_runs(runs)}): {example}.",
        fix="Look for a shifted decimal point or cents in place of whole units in the export, and "
        "deliver the days again. If it was a real peak, declare it under events in mmm.yaml.",
        days=span(runs),
        channel=channel,
        n_rows=rows.height,
    )
