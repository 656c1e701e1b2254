"""Seed noise beside the numbers of the ROI report.

Belongs here: noise in the units of what is shown. Must not: measuring it (see `refresh`).
"""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np

from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.reporting.format import Formatter, ShownInterval, format_number

Amounts = Mapping[str, float | None]


def scale_noise(results: RoiResults) -> dict[str, Amounts]:
    """Channel -> one standard deviation over seeds of contribution, share, ROI and marginal ROI.

    In the units of the report; a channel whose noise is not known is left out.
    """
    series = results.series
    n_days, total = len(series.periods) * series.period_days, float(np.nansum(series.kpi))
    found: dict[str, Amounts] = {}
    for each in results.noise:
        whole = None if each.contribution is None else each.contribution * n_days
        found[each.channel] = {
            "contribution": whole,
            "share": None if whole is None or not total else whole / total,
            "roi": each.roi,
            "marginal_roi": each.marginal_roi,
        }
    return found


def add_noise(
    shown: ShownInterval, noise: float | None, *, formatter: Formatter = format_number
) -> ShownInterval:
    """`shown` with its seed noise after the span, where it is known: '1.6 – 3.3, seed ± 0.04'."""
    if noise is None:
        return shown
    return ShownInterval(shown.median, f"{shown.span}, seed ± {formatter(noise)}")


def round_noise(value: float) -> str:
    """One significant digit: seed noise is known no better."""
    return f"{Decimal(f'{value:.1g}'):f}"
