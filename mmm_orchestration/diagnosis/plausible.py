"""After a fit: numbers no business has.

Belongs here: baseline and return against common sense. Must not: residuals.
"""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.diagnosis.fitted import Fitted
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.insight.doubts import MAX_FOLD
from mmm_orchestration.insight.summary import compute_interval, value_per_kpi
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.priors import get_share_prior
from mmm_orchestration.quality.finding import Finding


def find_broken_draws(posterior: Posterior) -> Iterator[Finding]:
    """Unknowns with draws that are infinite or missing."""
    for name, values in posterior.draws.data_vars.items():
        n_broken = int((~np.isfinite(values.to_numpy())).sum())
        if n_broken:
            yield Finding(
                severity="critical",
                cause="not_finite",
                table="posterior",
                message=f"{n_broken} draws of '{name}' are infinite or missing.",
                fix="Look for values of absurd size in the gold tables, then train again.",
                numbers={"n_values": n_broken},
            )


def find_negative_baseline(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """A baseline below zero: over all periods in some or most draws, or in many periods."""
    share = compute_interval(fitted.parts.baseline_total / fitted.posterior.data.kpi_total.sum())
    part = float((fitted.parts.baseline_mean < 0).mean())
    if share.low >= 0 and part <= limits.baseline_periods:
        return
    is_fatal = share.median < 0
    yield Finding(
        severity="critical" if is_fatal else "error" if share.low < 0 else "warning",
        cause="negative_baseline",
        table="posterior",
        message=f"Without media the KPI would be {share.median:.0%} of what it was "
        f"({share.low:.0%} to {share.high:.0%}), and below zero in {part:.0%} of the periods. "
        "Media are credited with more than there is.",
        fix="Tighten the share priors, add what drives the KPI as a control, or shorten the carry-"
        "over.",
        numbers={"share": share.median, "share_low": share.low, "part_below_zero": part},
    )


def find_implausible_roi(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Returns beyond belief, or so uncertain that they say nothing; shares beyond the prior."""
    data, total = fitted.posterior.data, fitted.parts.total
    seen = data.is_observed[:, :, None]
    spent = np.where(seen, np.nan_to_num(data.spend), 0.0).sum(axis=(0, 1))
    value = value_per_kpi(fitted.posterior)
    kpi_value = value * float(data.kpi_total.sum())
    is_money = spent.sum() > limits.spend_share * kpi_value
    mean_roi = value * float(total.mean(axis=0)[spent > 0].sum()) / max(spent.sum(), 1e-300)
    for c, name in enumerate(data.channels):
        prior = get_share_prior(fitted.posterior.project, channel=name)
        share = compute_interval(total[:, c] / data.kpi_total.sum())
        reasons = []
        if share.low > prior.upper:
            reasons.append(
                f"its share of the KPI, {share.median:.0%}, lies above the {prior.upper:.0%} "
                "believed to be its limit"
            )
        if spent[c] > 0:
            roi = compute_interval(value * total[:, c] / spent[c])
            if is_money and roi.median > limits.roi_ceiling:
                reasons.append(f"its ROI of {roi.median:.3g} is beyond {limits.roi_ceiling:g}")
            if roi.low > limits.roi_ratio * mean_roi:
                reasons.append(
                    f"its ROI of {roi.median:.3g} is far above the {mean_roi:.3g} of all"
                )
        is_wide = share.high > MAX_FOLD * share.low
        if is_wide:
            reasons.append(f"{share.low:.2%} of the KPI is as possible as {share.high:.2%}")
        if not reasons:
            continue
        yield Finding(
            severity="info" if len(reasons) == 1 and is_wide else "warning",
            cause="implausible_roi",
            table="posterior",
            message=f"The return of '{name}' is doubtful: {'; '.join(reasons)}.",
            fix="Check the unit of its spend and what else drove the KPI when it ran; state its "
            "prior from what is known.",
            channel=name,
            numbers={"share": share.median, "share_low": share.low, "share_high": share.high},
        )
