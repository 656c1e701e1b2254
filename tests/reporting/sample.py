"""A realistic set of report results, made from a small world with known contributions."""

from datetime import date

import numpy as np

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import (
    ChannelResult,
    ContributionSeries,
    FitMetrics,
    Interval,
    Provenance,
    ResponseCurve,
    RoiResults,
)
from mmm_orchestration.quality.finding import Finding

CHANNELS = (
    "paid_search",
    "tv",
    "meta",
    "tiktok",
    "linkedin",
    "radio",
    "print",
    "newsletter",
)
DOUBT = (
    "Radio and print ran in the same weeks and cannot be told apart: read their sum, "
    "£2.6m (£1.7m – £3.4m)."
)


def make_results(
    *, names: tuple[str, ...] = CHANNELS, n_periods: int = 156, period_days: int = 7, seed: int = 7
) -> RoiResults:
    """Results of `len(names)` channels; 'newsletter' has no spend, radio and print a doubt."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_periods)
    year = 364 / period_days
    season = 1 + 0.18 * np.cos(2 * np.pi * (time - 0.93 * year) / year)
    baseline = (210_000 + 260 * time * 156 / n_periods) * season * period_days / 7
    flights = [_make_flight(i, time=time, year=year, rng=rng) for i in range(len(names))]
    size = 46_000 * 0.72 ** np.arange(len(names)) * period_days / 7 + 500
    media = np.stack(flights, axis=1) * size
    fit = baseline + media.sum(axis=1)
    spread = 0.045 * fit
    kpi = fit + rng.normal(0, spread / 1.9)
    periods = np.datetime64("2023-01-02") + np.timedelta64(period_days, "D") * time
    series = ContributionSeries(
        periods, period_days, names, kpi, baseline, media, fit, fit - spread, fit + spread
    )
    channels = tuple(
        _make_channel(name, i, contribution=float(media[:, i].sum()), total=float(kpi.sum()))
        for i, name in enumerate(names)
    )
    share = float(baseline.sum() / kpi.sum())
    return RoiResults(
        provenance=_make_provenance(series),
        channels=channels,
        baseline_share=Interval(share, share - 0.03, share + 0.03),
        curves=tuple(
            _make_curve(c, spent=flights[i], per_period=float(media[:, i].mean()))
            for i, c in enumerate(channels)
        ),
        series=series,
        fit=FitMetrics(r2=0.931, mape=0.021, wmape=0.0205, coverage=0.955),
        convergence={
            "max_r_hat": 1.0042,
            "min_ess_bulk": 1312.0,
            "min_ess_tail": 988.0,
            "n_divergences": 0.0,
            "n_draws": 4000.0,
        },
    )


def make_findings() -> list[Finding]:
    """Six findings of three severities, one with a long message and hostile text."""
    return [
        Finding(
            "warning",
            "spend_outlier",
            "gold_media_daily",
            "Spend of meta on 2024-03-09 is 10.1 times its usual level, as a shifted decimal.",
            "Ask for a new export of that day, or declare the campaign as an event.",
            DayWindow(date(2024, 3, 9), date(2024, 3, 9)),
            "meta",
            1,
        ),
        Finding(
            "error",
            "gap",
            "gold_media_daily",
            "tiktok reports no row on 12 days in a row; the days are missing, not zero.",
            "Deliver the days 2024-07-01 to 2024-07-12 again.",
            DayWindow(date(2024, 7, 1), date(2024, 7, 12)),
            "tiktok",
            12,
        ),
        Finding(
            "warning",
            "unmapped_campaign",
            "silver_media",
            "3 campaigns match no channel and are kept as 'unmapped': 'Brand_DE_<script>alert(1)"
            "</script>', 'Q3_ALWAYSON_PROSPECTING_LOOKALIKE_1PCT_ADVANTAGE_PLUS_SHOPPING_2024', "
            "'test \"x\"'.",
            "Add rules for them under channels in mmm.yaml.",
            None,
            None,
            41,
        ),
        Finding(
            "warning",
            "restated_history",
            "bronze_meta",
            "28 days were restated by +3.1 % in total.",
            "Nothing to do: the replay has taken them over.",
            DayWindow(date(2025, 11, 1), date(2025, 11, 28)),
            "meta",
            28,
        ),
        Finding(
            "info",
            "partial_period",
            "gold_kpi_daily",
            "The last week has 3 of 7 days and was left out.",
            "Wait for the rest of the week.",
            DayWindow(date(2025, 12, 29), date(2025, 12, 31)),
        ),
        Finding(
            "info",
            "mixed_currency",
            "silver_media",
            "linkedin delivers EUR; 1,096 rows were turned into GBP at 0.86.",
            "Check exchange_rate of the source.",
            None,
            "linkedin",
            1096,
        ),
    ]


def make_truth(results: RoiResults) -> dict[str, float]:
    """True contributions, near the medians but outside one interval."""
    truth = {c.channel: 1.03 * c.contribution.median for c in results.channels}
    last = results.channels[-2]
    return truth | {last.channel: 1.4 * last.contribution.high}


def _make_flight(
    index: int, *, time: np.ndarray, year: float, rng: np.random.Generator
) -> np.ndarray:
    wave = 1 + 0.5 * np.sin(2 * np.pi * (time / year + index / 8))
    on = (time // max(3, year / 9) + index) % 3 > 0 if index % 3 == 1 else np.ones(len(time), bool)
    return wave * on * rng.uniform(0.75, 1.25, len(time))


def _make_interval(median: float, spread: float) -> Interval:
    return Interval(median, median * (1 - spread), median * (1 + 1.25 * spread))


def _make_channel(name: str, index: int, *, contribution: float, total: float) -> ChannelResult:
    spread = 0.22 + 0.07 * index
    wide = _make_interval(contribution, min(spread, 1.15))
    roi = (3.2, 1.4, 2.3, 1.05, 0.55, 0.92, 0.78, 1.2)[index % 8]
    spend = None if name == "newsletter" else contribution / roi
    scaled = _make_interval(roi, min(spread, 1.15))
    has_roi = spend is not None
    return ChannelResult(
        channel=name,
        spend=spend,
        contribution=wide,
        share=Interval(wide.median / total, wide.low / total, wide.high / total),
        roi=scaled if has_roi else None,
        marginal_roi=_make_interval(0.62 * roi, min(1.1, 1.3 * spread)) if has_roi else None,
        carry_over_days=_make_interval((4, 31, 9, 6, 18, 16, 26, 3)[index % 8], spread),
        doubt=DOUBT if name in {"radio", "print"} else "",
    )


def _make_curve(channel: ChannelResult, *, spent: np.ndarray, per_period: float) -> ResponseCurve:
    scale = 60_000.0 if channel.spend is None else channel.spend / len(spent)
    used = spent[spent > 0] * scale
    level = np.linspace(0, 1.5 * used.max(), 60)
    median = 2.2 * per_period * level / (level + 1.2 * scale)
    spread = 0.18 + 0.22 * level / level[-1]
    return ResponseCurve(
        channel=channel.channel,
        unit="emails" if channel.spend is None else "GBP",
        level=level,
        median=median,
        low=median * (1 - spread),
        high=median * (1 + spread),
        observed=float(used.mean()),
        observed_max=float(used.max()),
    )


def _make_provenance(series: ContributionSeries) -> Provenance:
    last = series.periods[-1] + np.timedelta64(series.period_days - 1, "D")
    return Provenance(
        project="acme_shop",
        kpi="revenue",
        kpi_unit="GBP",
        currency="GBP",
        model_version="acme_shop/12",
        snapshot="sha256:9f2c6f0d1b7e4c55a8f0",
        delta_versions={"gold_media_daily": 412, "gold_kpi_daily": 398, "gold_controls_daily": 377},
        first_day=str(series.periods[0]),
        trained_through=str(last),
        n_periods=len(series.periods),
        grain="day" if series.period_days == 1 else "week",
        n_draws=4000,
        seed=20_260_101,
        code_version="0.1.0+4f2a9c1",
        fitted_at="2026-01-02T06:14:09Z",
    )
