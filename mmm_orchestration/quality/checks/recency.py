"""The end of the data: sources that fell silent and last periods that are cut short."""

import statistics
from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.project import Project
from mmm_orchestration.quality.checks.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.quality.text import count, format_number, format_window

_PERIOD_DAYS = {"day": 0, "week": 7, "month": 31}


def find_stale(last_days: Mapping[str, date], *, project: Project, today: date) -> list[Finding]:
    """Required sources whose newest day is older than the project allows, or that have none.

    `last_days` is the newest day of data by source. A weekly or monthly source may be older by
    one of its periods. `today` is the current day in the project's time zone.
    """
    findings = []
    for source in project.sources:
        last = last_days.get(source.name)
        allowed = project.alerts.stale_after_days + _PERIOD_DAYS[source.period]
        if not source.required or (last and (today - last).days <= allowed):
            continue
        age = f"ends on {format_window(DayWindow(last, last))}" if last else "has never come"
        ago = f", {count((today - last).days, 'day')} ago" if last else ""
        effect = " No later day can be accepted." if source.period == "day" else ""
        findings.append(
            Finding(
                severity="error",
                cause="stale_source",
                table=f"bronze_{source.name}",
                message=f"The data of '{source.name}' {age}{ago}; {count(allowed, 'day')} are "
                f"allowed.{effect}",
                fix=f"Look why '{source.name}' stopped arriving and deliver the missing days.",
                days=DayWindow(last, last) if last else None,
            )
        )
    return findings


def find_last_days(*frames: pl.DataFrame) -> dict[str, date]:
    """The newest day of data by source, over silver frames with `source` and `period_days`."""
    end = (pl.col("date") + pl.duration(days=pl.col("period_days") - 1)).max()
    ends = [frame.group_by("source").agg(last=end) for frame in frames]
    if not ends:
        return {}
    return dict(pl.concat(ends).group_by("source").agg(pl.col("last").max()).iter_rows())


def find_cut_periods(frame: pl.DataFrame, *, table: str, today: date) -> list[Finding]:
    """Weekly and monthly sources whose last period is shorter than all others or not over yet."""
    periods = (
        frame.filter(pl.col("period_days") > 1)
        .group_by("source", "date")
        .agg(pl.col("period_days").max())
        .sort("source", "date")
    )
    findings = []
    for (source,), part in periods.group_by("source", maintain_order=True):
        first, n_days = part.row(-1, named=False)[1:]
        window = DayWindow(first, first + timedelta(days=n_days - 1))
        usual = part["period_days"].head(-1).min()
        is_short = isinstance(usual, int) and n_days < usual
        if not is_short and window.last < today:
            continue
        why = f"has only {n_days} days" if is_short else "is not over yet"
        findings.append(
            Finding(
                severity="warning",
                cause="partial_period",
                table=table,
                message=f"The last period of '{source}' ({format_window(window)}) {why}.",
                fix="Deliver the period again when it is complete; until then read its end with "
                "care.",
                days=window,
                n_rows=1,
            )
        )
    return findings


def find_partial_last_days(
    frame: pl.DataFrame,
    *,
    by: list[str],
    value: str,
    table: str,
    thresholds: Thresholds | None = None,
) -> list[Finding]:
    """Daily series, one per `by`, whose last day lies far below its weekday.

    Far is below a share of the median of the last such weekdays and below every one of them.
    """
    limits = thresholds or Thresholds()
    daily = (
        frame.filter(pl.col("period_days") == 1)
        .group_by(*by, "date")
        .agg(pl.col(value).sum())
        .sort(*by, "date")
    )
    findings = []
    for name, part in daily.group_by(by, maintain_order=True):
        usual = _find_usual_level(part, value=value, limits=limits)
        if usual is not None:
            label = " of ".join(f"'{word}'" for word in reversed(name))
            findings.append(
                _report_last_day(part, label=label, value=value, usual=usual, table=table)
            )
    return findings


def _find_usual_level(daily: pl.DataFrame, *, value: str, limits: Thresholds) -> float | None:
    """The usual level of the last day's weekday where that day lies far below it, else None."""
    last: date = daily["date"][-1]
    same = daily.head(-1).filter(pl.col("date").dt.weekday() == last.isoweekday())
    before = [float(v) for v in same[value].tail(limits.partial_weeks)]
    if len(before) < limits.partial_weeks:
        return None
    usual = statistics.median(before)
    return usual if daily[value][-1] < min(limits.partial_share * usual, *before) else None


def _report_last_day(
    daily: pl.DataFrame, *, label: str, value: str, usual: float, table: str
) -> Finding:
    last: date = daily["date"][-1]
    window = DayWindow(last, last)
    level = format_number(float(daily[value][-1]))
    return Finding(
        severity="warning",
        cause="partial_last_day",
        table=table,
        message=f"The last day of {label}, {format_window(window)}, has {value} {level} where "
        f"about {format_number(usual)} is usual on a {last:%A}: it looks cut short.",
        fix="Export the day again when it is over.",
        days=window,
        n_rows=1,
    )
