"""The ROI report: one HTML page that needs nothing beside itself.

Belongs here: what stands where on the page. Must not: sentences (`sentences`), number formats
(`format`) or drawing (`figures`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Final, Protocol

from markupsafe import Markup

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import ChannelResult, Provenance, ResponseCurve, RoiResults
from mmm_orchestration.quality.finding import Finding, sort_findings
from mmm_orchestration.reporting import figures, palette
from mmm_orchestration.reporting.experiments import show_experiments
from mmm_orchestration.reporting.format import (
    ShownInterval,
    format_days,
    format_interval,
    format_percent,
    format_ratio,
    format_score,
    format_window,
    is_roi_money,
    kpi_formatter,
    name_roi_unit,
    unit_formatter,
)
from mmm_orchestration.reporting.page import (
    Drawn,
    draw_twice,
    hash_style,
    open_templates,
    render_style,
)
from mmm_orchestration.reporting.rollups import show_rollups
from mmm_orchestration.reporting.sentences import (
    describe_next_unit,
    describe_return,
    name_kpi,
    summarise,
)
from mmm_orchestration.reporting.tables import (
    convergence_table,
    format_spend,
    provenance_table,
    sort_channels,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_FINDINGS: Final = 100
_ABOUT_ROI: Final = (
    "Dots are ROI, open diamonds marginal ROI, lines their 94 % intervals; an arrow marks an "
    "interval that runs on."
)
_ABOUT_TIME: Final = (
    "The bands add up to the mean fit; the line is the observed KPI. The baseline holds demand, "
    "season, price and events."
)
_ABOUT_SHARE: Final = "Share of the KPI by channel; lines are 94 % intervals."
_ABOUT_CARRY: Final = "Days until 90 % of the effect has come; lines are 94 % intervals."
_ABOUT_FIT: Final = (
    "Dots are the observed KPI, the line is the mean fit, the band holds 94 % of the posterior "
    "predictive."
)


class _Draw(Protocol):
    """A function that draws the results at a width in inches."""

    def __call__(self, results: RoiResults, *, width: float) -> "Figure":
        """The figure."""
        ...


@dataclass(frozen=True)
class _DrawnCurve:
    """The response curve of one channel."""

    name: str
    color: str
    svg: Markup
    description: str
    doubt: str


@dataclass(frozen=True)
class _Figures:
    """All figures of the page."""

    roi: Drawn | None
    contributions: Drawn
    shares: Drawn
    carry_over: Drawn
    fit: Drawn
    curves: tuple[_DrawnCurve, ...]


@dataclass(frozen=True)
class _Row:
    """One channel as text."""

    name: str
    spend: str
    has_spend: bool
    contribution: ShownInterval
    share: ShownInterval
    roi: ShownInterval | None
    marginal_roi: ShownInterval | None
    carry_over: ShownInterval
    words: str
    doubt: str


@dataclass(frozen=True)
class _Metric:
    """One measure of fit as text."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class _FindingRow:
    """One finding as text."""

    severity: str
    message: str
    where: str
    days: str
    fix: str


@dataclass(frozen=True)
class _TruthRow:
    """The truth of one channel beside its interval, as text."""

    name: str
    truth: str
    contribution: ShownInterval
    words: str


@dataclass(frozen=True)
class _Truth:
    """The section that compares with a simulated world."""

    sentence: str
    figure: Drawn
    rows: tuple[_TruthRow, ...]


def render_report(
    results: RoiResults,
    *,
    findings: Sequence[Finding],
    truth: Mapping[str, float] | None = None,
) -> str:
    """The report as one self-contained HTML page, byte for byte the same for the same input.

    `truth` is the true contribution of each channel over the window, in KPI units, where the
    data come from a simulated world.
    """
    style = render_style()
    p = results.provenance
    ranked = sort_findings(list(findings))
    by_share = sorted(results.channels, key=lambda c: (-c.share.median, c.channel))
    by_days = sorted(results.channels, key=lambda c: (-c.carry_over_days.median, c.channel))
    page = open_templates().get_template("report.html.j2")
    return page.render(
        style=style,
        style_hash=hash_style(style),
        provenance=p,
        window=_describe_window(p),
        summary=summarise(results, findings),
        kpi=name_kpi(results),
        roi_meaning=_explain_roi(p),
        baseline=str(format_interval(results.baseline_share, format_percent)),
        channels=[_show_channel(c, p) for c in sort_channels(results.channels)],
        rollups=show_rollups(results),
        has_treatments=any(rollup.kind == "treatment" for rollup in results.rollups),
        experiments=show_experiments(results),
        by_share=[_show_channel(c, p) for c in by_share],
        by_carry_over=[_show_channel(c, p) for c in by_days],
        figures=_draw_figures(results),
        metrics=_show_fit(results),
        convergence=convergence_table(results).rows(),
        truth=_show_truth(results, truth) if truth else None,
        findings=[_show_finding(f) for f in ranked[:MAX_FINDINGS]],
        findings_caption=_caption_findings(len(ranked)),
        facts=provenance_table(results).rows(),
    )


def _draw_figures(results: RoiResults) -> _Figures:
    layers = figures.stack_layers(results)
    legend = tuple((layer.name, layer.color) for layer in layers)
    has_roi = any(channel.roi for channel in results.channels)
    line = " At the dashed line a channel brought in what it cost."
    roi = _ABOUT_ROI + (line if is_roi_money(results.provenance) else "")
    return _Figures(
        roi=_draw(figures.draw_roi, results, name="roi", description=roi) if has_roi else None,
        contributions=_draw(
            figures.draw_contributions, results, name="time", description=_ABOUT_TIME, legend=legend
        ),
        shares=_draw(figures.draw_shares, results, name="share", description=_ABOUT_SHARE),
        carry_over=_draw(figures.draw_carry_over, results, name="carry", description=_ABOUT_CARRY),
        fit=_draw(figures.draw_fit, results, name="fit", description=_ABOUT_FIT),
        curves=_draw_curves(results),
    )


def _draw_curves(results: RoiResults) -> tuple[_DrawnCurve, ...]:
    doubts = {channel.channel: channel.doubt for channel in results.channels}
    return tuple(
        _draw_curve(curve, results, number=number, doubt=doubts.get(curve.channel, ""))
        for number, curve in enumerate(results.curves)
    )


def _draw(
    draw: _Draw,
    results: RoiResults,
    *,
    name: str,
    description: str,
    legend: tuple[tuple[str, str], ...] = (),
) -> Drawn:
    """The figure in both widths, with ids that no other figure of the page has."""
    return draw_twice(
        lambda width: draw(results, width=width), name=name, description=description, legend=legend
    )


def _draw_curve(
    curve: ResponseCurve, results: RoiResults, *, number: int, doubt: str
) -> _DrawnCurve:
    p = results.provenance
    show = unit_formatter(curve.unit, currency=p.currency)
    unit = "" if curve.unit == p.currency else f" {curve.unit}"
    description = (
        f"Mean while on {show(curve.observed)}{unit}, observed up to {show(curve.observed_max)}."
    )
    return _DrawnCurve(
        name=curve.channel,
        color=palette.color_channels(results).get(curve.channel, palette.OTHER),
        svg=figures.to_svg(
            figures.draw_curve(curve, results),
            name=f"curve{number}",
            description=f"Response curve of {curve.channel}. {description}",
        ),
        description=description,
        doubt=doubt,
    )


def _show_channel(channel: ChannelResult, p: Provenance) -> _Row:
    is_money = is_roi_money(p)
    words = (
        describe_return(channel, is_money=is_money),
        describe_next_unit(channel, is_money=is_money),
    )
    return _Row(
        name=channel.channel,
        spend=format_spend(channel, currency=p.currency),
        has_spend=channel.spend is not None,
        contribution=format_interval(channel.contribution, kpi_formatter(p)),
        share=format_interval(channel.share, format_percent),
        roi=format_ratio(channel.roi) if channel.roi else None,
        marginal_roi=format_ratio(channel.marginal_roi) if channel.marginal_roi else None,
        carry_over=format_interval(channel.carry_over_days, format_days),
        words=" ".join(filter(None, words)),
        doubt=channel.doubt,
    )


def _show_fit(results: RoiResults) -> list[_Metric]:
    fit = results.fit
    grain, show = results.provenance.grain, kpi_formatter(results.provenance)
    return [
        _Metric(
            "R²", format_score(fit.r2, decimals=2), f"of the variation between {grain}s is followed"
        ),
        _Metric("MAPE", format_percent(fit.mape), f"mean error of a {grain}"),
        _Metric("Weighted MAPE", format_percent(fit.wmape), "error of all, over the whole KPI"),
        _Metric(
            "Coverage", format_percent(fit.coverage), f"of {grain}s lie in the band; 94 % should"
        ),
        *(
            [_Metric("CRPS", show(fit.crps), f"error of a {grain}, the whole band judged")]
            if isfinite(fit.crps)
            else []
        ),
    ]


def _show_truth(results: RoiResults, truth: Mapping[str, float]) -> _Truth:
    show = kpi_formatter(results.provenance)
    known = [c for c in sort_channels(results.channels) if c.channel in truth]
    rows = tuple(
        _TruthRow(
            name=c.channel,
            truth=show(truth[c.channel]),
            contribution=format_interval(c.contribution, show),
            words="Yes" if c.contribution.covers(truth[c.channel]) else "No, it misses the truth",
        )
        for c in known
    )
    n_held = sum(c.contribution.covers(truth[c.channel]) for c in known)
    drawn = _draw(
        lambda results, *, width: figures.draw_truth(results, truth, width=width),
        results,
        name="truth",
        description="Crosses are the truth, dots the medians, lines the 94 % intervals.",
    )
    return _Truth(f"{n_held} of {len(known)} intervals hold the truth.", drawn, rows)


def _show_finding(finding: Finding) -> _FindingRow:
    rows = f"{finding.n_rows:,} {'row' if finding.n_rows == 1 else 'rows'}"
    where = (finding.table, finding.channel, finding.cause, rows if finding.n_rows else "")
    return _FindingRow(
        severity=finding.severity,
        message=finding.message,
        where=" · ".join(filter(None, where)),
        days=format_window(finding.days) if finding.days else "all days",
        fix=finding.fix,
    )


def _caption_findings(n_findings: int) -> str:
    if n_findings > MAX_FINDINGS:
        return f"The worst {MAX_FINDINGS} of {n_findings:,} findings."
    return f"{n_findings} {'finding' if n_findings == 1 else 'findings'}."


def _describe_window(p: Provenance) -> str:
    days = DayWindow(date.fromisoformat(p.first_day), date.fromisoformat(p.trained_through))
    return format_window(days)


def _explain_roi(p: Provenance) -> str:
    unit = name_roi_unit(p)
    if is_roi_money(p):
        sense = "before the cost of goods. At 1 a channel brought in what it cost."
        return f"what media brought in, in {unit}, {sense}"
    return f"what media brought in, in {unit}."
