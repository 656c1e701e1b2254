"""What the weekly report is made of, and its sentences on changes, plan and data.

Belongs here: values and pure functions from them to sentences. Must not: what stands where.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import ChannelResult, Interval, Provenance, RoiResults
from mmm_orchestration.quality.finding import SEVERITIES, Finding, sort_findings
from mmm_orchestration.reporting.format import (
    ShownInterval,
    format_date,
    format_money,
    format_ratio,
    is_roi_money,
)
from mmm_orchestration.reporting.noise import Amounts, add_noise, round_noise
from mmm_orchestration.reporting.sentences import join_names

MAX_LINES: Final = 4
MAX_WORDS: Final = 170
_CAUSES: Final = {
    "code": "new code or libraries",
    "restated": "restated days",
    "settings": "changed settings",
    "new_days": "new days",
    "seed": "chance",
}


@dataclass(frozen=True)
class KpiWeek:
    """The KPI of one week, in its unit; None where not all of its days are accepted."""

    week: DayWindow
    value: float | None
    before: float | None
    a_year_ago: float | None
    n_accepted: int
    last_accepted: date | None


@dataclass(frozen=True)
class Remembered:
    """What an earlier report said of a model: the version, and by channel the ROI."""

    week: str
    version: str
    trained_through: str
    roi: Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Moved:
    """One ROI that moved between two versions, and by how much each cause moved it."""

    channel: str
    before: float
    after: float
    parts: Mapping[str, float] = field(default_factory=dict)
    noise: float | None = None


@dataclass(frozen=True)
class DataHealth:
    """Findings on data and model, rows that were not accepted, and sources that fell silent."""

    findings: tuple[Finding, ...]
    n_quarantined: int
    n_quarantined_new: int
    stale: tuple[str, ...]


def say_changes(
    results: RoiResults, *, before: Remembered | None, moved: Sequence[Moved]
) -> tuple[str, ...]:
    """What is other than in the report of an earlier week, and why."""
    p = results.provenance
    if before is not None and before.version == p.model_version:
        return (
            f"The model is that of the report of {before.week}, so no return has changed. It has "
            f"seen the days up to {_show_day(p.trained_through)}.",
        )
    lines = []
    if before is None:
        lines.append("This is the first weekly report of this model.")
    else:
        lines.append(
            f"The model was fitted again, with the days up to {_show_day(p.trained_through)}; that "
            f"of the report of {before.week} had those up to {_show_day(before.trained_through)}."
        )
    if moved:
        ranked = sorted(moved, key=lambda m: (-abs(m.after - m.before), m.channel))
        lines += [_say_moved(each) for each in ranked]
    elif before is not None:
        lines += _say_shifts(results, before)
    return tuple(lines[:MAX_LINES])


def _show_day(day: str) -> str:
    return format_date(date.fromisoformat(day))


def _say_moved(moved: Moved) -> str:
    """One movement with its causes, from the refresh report."""
    causes = sorted(moved.parts.items(), key=lambda pair: -abs(pair[1]))
    n = 2 if moved.noise is None or moved.noise >= 0.005 else 3
    named = [
        f"{'+' if size > 0 else '−'}{abs(size):.{n}f} by {_CAUSES.get(cause, cause)}"
        for cause, size in causes
        if abs(size) >= 0.5 * 10**-n
    ]
    why = f": {join_names(named)}" if named else ""
    noise = f"; chance alone moves it by ±{moved.noise:.{n}f}" if moved.noise is not None else ""
    return f"ROI of {moved.channel}: {moved.before:.{n}f} became {moved.after:.{n}f}{why}{noise}."


def _say_shifts(results: RoiResults, before: Remembered) -> list[str]:
    """The largest movements of ROI, each against the interval of before."""
    shifts = [
        (abs(c.roi.median - old[0]) / max(old[2] - old[1], 1e-12), c.channel, c.roi, Interval(*old))
        for c in results.channels
        if c.roi is not None and (old := before.roi.get(c.channel)) is not None
    ]
    lines = []
    for _, name, roi, former in sorted(shifts, key=lambda s: (-s[0], s[1])):
        inside = "inside" if former.covers(roi.median) else "outside"
        news = "so this is hardly news" if inside == "inside" else "so look into it"
        shown = format_ratio(former)
        lines.append(
            f"ROI of {name}: {shown.median} became {format_ratio(roi).median}, {inside} the range "
            f"of before ({shown.span}), {news}."
        )
    return lines


def say_plan(
    paid: Sequence[ChannelResult], *, p: Provenance, noise: Mapping[str, Amounts]
) -> tuple[str, ...]:
    """Where a little more money returns most, in words, with the seed `noise` of each channel."""
    known = [(c, c.marginal_roi) for c in paid if c.marginal_roi is not None]
    if not known:
        return ("No channel has both a return and a spend, so nothing can be ranked.",)
    ranked = sorted(known, key=lambda pair: -pair[1].median)
    unit = format_money(1, currency=p.currency)
    best = ", ".join(
        f"{c.channel} {_show_marginal(m, noise.get(c.channel, {}).get('marginal_roi'))}"
        for c, m in ranked[:3]
    )
    lines = [f"A little more money returns most, for each {unit} more, in: {best}."]
    if is_roi_money(p):
        pays = [c.channel for c, m in ranked if m.low > 1]
        loses = [c.channel for c, m in ranked if m.high < 1]
        unsure = [c.channel for c, m in ranked if m.low <= 1 <= m.high]
        lines += [f"More would still pay in {join_names(pays)}."] if pays else []
        lines += [f"More would not pay in {join_names(loses)}; consider less."] if loses else []
        lines += [f"Whether more would pay is open in {join_names(unsure)}."] if unsure else []
    doubtful = [c.channel for c, _ in ranked[:3] if c.doubt]
    if doubtful:
        lines.append(f"Of these, {join_names(doubtful)} is in doubt: test before moving money.")
    lines.append("This ranks small steps; it is no budget plan.")
    return tuple(lines)


def _show_marginal(interval: Interval, noise: float | None) -> ShownInterval:
    return add_noise(format_ratio(interval), noise, formatter=round_noise)


def say_health(health: DataHealth, *, kpi: KpiWeek) -> tuple[str, ...]:
    """How far the data reach and what is wrong with them."""
    lines = []
    if kpi.last_accepted is None:
        lines.append("No day has been accepted yet.")
    else:
        lines.append(f"The newest accepted day is {format_date(kpi.last_accepted)}.")
    if health.stale:
        lines.append(f"Silent: {join_names(health.stale)}. No new day can be accepted without it.")
    counts = Counter(f.severity for f in health.findings)
    counted = [
        f"{counts[severity]} {severity}{'s' * (counts[severity] != 1)}"
        for severity in reversed(SEVERITIES[1:])
        if counts[severity]
    ]
    lines.append(f"Findings: {join_names(counted)}." if counted else "Nothing was found.")
    worst = sort_findings([f for f in health.findings if f.severity != "info"])
    if worst:
        lines.append(f"Worst: {cut(worst[0].message)}")
    if health.n_quarantined:
        lines.append(
            f"{health.n_quarantined:,} delivered rows are quarantined, "
            f"{health.n_quarantined_new:,} of them of the last seven days."
        )
    return tuple(lines)


def cut(text: str) -> str:
    """`text` on one line, shortened at a word where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_WORDS else f"{line[:MAX_WORDS].rsplit(' ', 1)[0]} …"
