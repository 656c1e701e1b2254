"""What the results mean in words, for the first screen and beside every number.

Belongs here: pure functions from results to sentences. Must not: markup or figures.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mmm_orchestration.insight.results import ChannelResult, Interval, RoiResults
from mmm_orchestration.quality.finding import SEVERITIES, Finding, sort_findings
from mmm_orchestration.reporting.format import (
    format_interval,
    format_money,
    format_percent,
    format_ratio,
    is_roi_money,
    kpi_formatter,
    name_roi_unit,
)

Tone = Literal["good", "weak", "doubt", "data"]
_PLURALS = {"info": ("note", "notes"), "critical": ("critical finding", "critical findings")}


@dataclass(frozen=True)
class Statement:
    """One thing a reader should take away; `figure` is its number, if any, and `note` its unit."""

    tone: Tone
    title: str
    text: str
    figure: str = ""
    note: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """The first screen: a headline, its explanation, statements and the source of the numbers."""

    headline: str
    lede: str
    statements: tuple[Statement, ...]
    source: str


def summarise(results: RoiResults, findings: Sequence[Finding]) -> Summary:
    """The first screen of the report in words."""
    p = results.provenance
    return Summary(
        headline=_say_headline(results),
        lede=_say_lede(results),
        statements=(
            *_say_best_and_worst(results),
            _say_doubts(results.channels),
            _say_data_health(findings),
        ),
        source=f"Data snapshot {p.snapshot} · model {p.model_version} · fitted {p.fitted_at}",
    )


def describe_missing_roi(channel: ChannelResult) -> str:
    """Why `channel` has no ROI, or an empty string where it has one."""
    if channel.roi is not None:
        return ""
    if not channel.spend:
        return "No spend is recorded, so there is no ROI."
    return "The ROI of this channel could not be computed."


def describe_return(channel: ChannelResult, *, is_money: bool) -> str:
    """Whether the channel returned its cost, as far as its interval can tell."""
    if channel.roi is None:
        return describe_missing_roi(channel)
    if not is_money:
        return ""
    if channel.roi.low > 1:
        return "Brought in more than it cost."
    if channel.roi.high < 1:
        return "Brought in less than it cost."
    return "May or may not have brought in what it cost."


def describe_next_unit(channel: ChannelResult, *, is_money: bool) -> str:
    """Whether a little more spend would return its cost, as far as the interval can tell."""
    marginal = channel.marginal_roi
    if marginal is None or not is_money:
        return ""
    if marginal.low > 1:
        return "More spend would still pay."
    if marginal.high < 1:
        return "More spend would not pay."
    return "Whether more spend would pay is open."


def join_names(names: Sequence[str]) -> str:
    """`names` as 'a', 'a and b' or 'a, b and c'; of more than four, three and a number."""
    shown = [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else list(names)
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _say_headline(results: RoiResults) -> str:
    show = kpi_formatter(results.provenance)
    media, kpi = float(results.series.media.sum()), float(np.nansum(results.series.kpi))
    share = f"{format_percent(media / kpi)} of the" if kpi > 0 else "of"
    return f"Media brought about {show(media)}, {share} {show(kpi)} {name_kpi(results)}."


def _say_lede(results: RoiResults) -> str:
    p = results.provenance
    parts = []
    baseline = format_interval(results.baseline_share, format_percent)
    parts.append(
        f"The other {baseline} is the baseline, which would have come without media: demand, "
        "season, price and events."
    )
    paid = [c for c in results.channels if c.spend]
    if paid and is_roi_money(p):
        value = p.value_per_unit if p.kpi_unit != p.currency else None
        index = [results.series.channels.index(c.channel) for c in paid]
        spend = sum(c.spend for c in paid if c.spend)
        brought = float(results.series.media[:, index].sum()) * (value or 1.0)
        each = format_money(brought / spend, currency=p.currency)
        unit = format_money(1, currency=p.currency)
        total = format_money(spend, currency=p.currency)
        parts.append(f"{total} was spent, so each {unit} brought back about {each}.")
    return " ".join(parts)


def name_kpi(results: RoiResults) -> str:
    """The KPI as a noun: 'revenue', or its unit where it is counted."""
    p = results.provenance
    return (p.kpi if p.kpi_unit == p.currency else p.kpi_unit).replace("_", " ")


def _say_best_and_worst(results: RoiResults) -> list[Statement]:
    """The highest and the lowest ROI among the channels without doubt, if there are any."""
    judged = [(c, c.roi) for c in results.channels if c.roi is not None]
    clear = [(c, roi) for c, roi in judged if not c.doubt] or judged
    ranked = sorted(clear, key=lambda pair: -pair[1].median)
    if not ranked:
        text = "No channel has both an effect and a recorded spend, so none has an ROI."
        return [Statement("doubt", "Return on spend", text)]
    best = _say_place("good", "Best return", ranked, results)
    if len(ranked) == 1:
        return [best]
    return [best, _say_place("weak", "Weakest return", ranked[::-1], results)]


def _say_place(
    tone: Tone, title: str, ranked: Sequence[tuple[ChannelResult, Interval]], results: RoiResults
) -> Statement:
    """The first of `ranked`, with the channels whose intervals overlap its own."""
    channel, roi = ranked[0]
    is_money = is_roi_money(results.provenance)
    shown = format_ratio(roi)
    unit = name_roi_unit(results.provenance)
    rivals = [c.channel for c, r in ranked[1:] if r.low <= roi.high and roi.low <= r.high]
    caution = f"Not certainly ahead of {join_names(rivals)}." if rivals else ""
    if tone == "weak" and rivals:
        caution = f"Not certainly behind {join_names(rivals)}."
    sentences = (
        describe_return(channel, is_money=is_money),
        describe_next_unit(channel, is_money=is_money),
        caution,
        f"Doubtful: {channel.doubt}" if channel.doubt else "",
    )
    text = " ".join(filter(None, sentences))
    return Statement(tone, f"{title}: {channel.channel}", text, f"ROI {shown}", unit)


def _say_doubts(channels: Sequence[ChannelResult]) -> Statement:
    doubts: dict[str, list[str]] = {}
    for channel in channels:
        if channel.doubt:
            doubts.setdefault(channel.doubt, []).append(channel.channel)
    if not doubts:
        text = "No answer is marked as doubtful. A wide interval still means that little is known."
        return Statement("doubt", "No channel in doubt", text)
    n_channels = sum(map(len, doubts.values()))
    title = f"In doubt: {n_channels} {'channel' if n_channels == 1 else 'channels'}"
    details = tuple(f"{join_names(names)}: {doubt}" for doubt, names in doubts.items())
    return Statement("doubt", title, "Do not act on these numbers alone.", details=details)


def _say_data_health(findings: Sequence[Finding]) -> Statement:
    if not findings:
        return Statement("data", "Data: nothing found", "No check on the data found anything.")
    counts = Counter(f.severity for f in findings)
    said = [_count_word(counts[s], s) for s in reversed(SEVERITIES) if counts[s]]
    worst = sort_findings(list(findings))[0]
    text = f"Worst: {worst.message} {worst.fix}".strip()
    return Statement("data", f"Data: {join_names(said)}", text)


def _count_word(count: int, severity: str) -> str:
    single, plural = _PLURALS.get(severity, (severity, f"{severity}s"))
    return f"{count} {single if count == 1 else plural}"
