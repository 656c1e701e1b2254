"""The gates of a challenger, each judged by itself.

Belongs here: one pure function per gate. Must not: fits, files, what follows from the verdict.
"""

from collections.abc import Sequence
from math import inf, isfinite, sqrt

import numpy as np
from scipy.stats import binom

from mmm_orchestration.evaluation.backtest import FoldResult
from mmm_orchestration.evaluation.metrics import compute_crps, cover
from mmm_orchestration.insight.results import INTERVAL, Array, RoiResults
from mmm_orchestration.model.convergence import Diagnostics, evaluate_convergence
from mmm_orchestration.project import Gates, Promotion
from mmm_orchestration.promotion.ahead import Forecasts
from mmm_orchestration.promotion.results import Gate, GateName, Outcome
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.refresh.results import Movement, Quantity, RefreshReport

BLOCKING = ("critical", "error")
IMPOSSIBLE = ("not_finite", "negative_baseline")
FIRST = "There is no champion yet, so there is nothing to compare with."
_NAMES: dict[Quantity, str] = {
    "roi": "ROI",
    "contribution": "contribution",
    "split": "recommended share of the budget",
}


def evaluate_convergence_gate(diagnostics: Diagnostics, *, gates: Gates) -> Gate:
    """Whether the chains agree and are long enough, by the gates of the project."""
    found = evaluate_convergence(diagnostics, gates=gates)
    d = diagnostics
    said = (
        f"R-hat is at most {d.max_r_hat:.4g}, bulk ESS at least {d.min_ess_bulk:,.0f}, tail ESS "
        f"at least {d.min_ess_tail:,.0f}, and {d.n_divergences} of {d.n_draws:,} draws diverged."
    )
    return _conclude("convergence", said, reasons=found.reasons, numbers=diagnostics.to_metrics())


def evaluate_findings(findings: Sequence[Finding] | None) -> Gate:
    """Whether data and posterior are free of errors and critical findings.

    None stands for a posterior that was never examined, which fails.
    """
    if findings is None:
        why = "Data and posterior were never examined: train again."
        return Gate("findings", "failed", why, {}, (why,))
    blocking = [finding for finding in findings if finding.severity in BLOCKING]
    counts = {
        severity: float(sum(f.severity == severity for f in findings))
        for severity in ("critical", "error", "warning")
    }
    said = f"{len(blocking)} of {len(findings)} findings are critical or errors."
    reasons = [f"{f.severity.capitalize()} '{f.cause}': {f.message}" for f in blocking]
    return _conclude("findings", said, reasons=reasons, numbers=counts)


def evaluate_plausibility(
    results: RoiResults, *, findings: Sequence[Finding], limits: Promotion
) -> Gate:
    """Whether return, baseline and the share of media are numbers that a business can have.

    `findings` are those of the diagnosis on the posterior; ROI is judged where it is money.
    """
    p, baseline = results.provenance, results.baseline_share
    is_money = p.kpi_unit == p.currency or p.value_per_unit is not None
    returns = {c.channel: c.roi.median for c in results.channels if c.roi is not None}
    media = 1 - baseline.median
    reasons = [
        f"The ROI of '{name}' is {roi:.3g}, and the limit is {limits.roi_ceiling:g}."
        for name, roi in returns.items()
        if is_money and not roi <= limits.roi_ceiling
    ]
    if not media <= limits.media_share:
        reasons.append(
            f"Media have {media:.0%} of the KPI, and the limit is {limits.media_share:.0%}."
        )
    reasons += [f.message for f in findings if f.cause in IMPOSSIBLE and f.severity in BLOCKING]
    highest = max(returns.values(), default=float("nan"))
    said = f"Media have {media:.0%} of the KPI, the baseline {baseline.median:.0%}"
    said += f", and the highest ROI is {highest:.3g}." if isfinite(highest) else "."
    numbers = {"media_share": media, "baseline_low": baseline.low, "highest_roi": highest}
    return _conclude("plausibility", said, reasons=reasons, numbers=numbers)


def evaluate_out_of_time(forecasts: Forecasts | str | None, *, limits: Promotion) -> Gate:
    """Whether the challenger's specification forecasts unseen days as well as the champion's.

    None stands for no champion, a text for why there are no forecasts: then it is not judged. The
    error is worse when the mean CRPS is greater by more than `error_ratio` says and by twice the
    standard error of its paired difference; coverage when fewer days lie in the interval than in
    the champion's and than chance allows (binomial, `coverage_chance`).
    """
    if forecasts is None or isinstance(forecasts, str):
        return Gate("out_of_time", "not judged", f"Not judged. {forecasts or FIRST}", {})
    old, new = forecasts.champion, forecasts.challenger
    worse = _score(new) - _score(old)
    if not len(worse):
        return Gate("out_of_time", "not judged", "Not judged. No new day has a KPI.", {})
    error = float(worse.std(ddof=1) / sqrt(len(worse))) if len(worse) > 1 else inf
    mean = float(worse.mean())
    n_in, n_in_old = (_count_in(each) for each in (new, old))
    chance = float(binom.cdf(n_in, len(worse), INTERVAL))
    reasons = []
    if mean > (limits.error_ratio - 1) * old.scores.crps and mean > 2 * error:
        reasons.append(
            f"On {forecasts.n_days} unseen days the error is {new.scores.crps:.4g} (CRPS), and the "
            f"champion's {old.scores.crps:.4g}."
        )
    if n_in < n_in_old and chance < limits.coverage_chance:
        reasons.append(
            f"{n_in} of {len(worse)} unseen periods lie in the {INTERVAL:.0%} interval, and "
            f"{n_in_old} in the champion's."
        )
    numbers = {
        "n_days": float(forecasts.n_days),
        "crps": new.scores.crps,
        "crps_champion": old.scores.crps,
        "wmape": new.scores.wmape,
        "wmape_champion": old.scores.wmape,
        "coverage": n_in / len(worse),
        "coverage_champion": n_in_old / len(worse),
        "chance": chance,
    }
    return _conclude("out_of_time", _say_forecasts(forecasts), reasons=reasons, numbers=numbers)


def evaluate_stability(
    report: RefreshReport | None, *, champion: str | None, limits: Promotion
) -> Gate:
    """Whether ROI, contribution and split moved no further than data and noise explain.

    Judged is the part of each movement that neither restated nor new days explain. It may be
    `noise_sigmas` times its seed noise, and beside that `uncertainty` times the joint posterior
    standard deviation, or `split_shift` for the split. A report against another version than
    `champion` is none.
    """
    if champion is None:
        return Gate("stability", "not judged", f"Not judged. {FIRST}", {})
    if report is None or report.champion != champion:
        why = (
            "There is no refresh report, so nobody knows why the numbers moved: run 'mmm refresh'."
        )
        return Gate("stability", "failed", why, {}, (why,))
    judged = [
        (m, _allow(m, report=report, limits=limits)) for q in _NAMES for m in report.list_of(q)
    ]
    beyond = [(m, allowed) for m, allowed in judged if abs(m.rest) > allowed]
    reasons = [
        f"The {_NAMES[m.quantity]} of '{m.channel}' moved by {m.rest:+.3g} beyond what new and "
        f"restated days explain, and {allowed:.3g} is allowed."
        for m, allowed in beyond
    ]
    jumps = [m for m, _ in judged if m.spread is not None and abs(m.by_data) > 2 * m.spread]
    said = f"{len(judged) - len(beyond)} of {len(judged)} numbers moved no further than data and "
    said += "noise explain."
    if jumps:
        names = ", ".join(f"{_NAMES[m.quantity]} of '{m.channel}'" for m in jumps)
        said += f" Data moved further than the joint uncertainty: {names}."
    worst = max((abs(m.rest) / allowed for m, allowed in judged if allowed > 0), default=0.0)
    numbers = {"n_judged": len(judged), "n_beyond": len(beyond), "worst_over_allowed": worst}
    return _conclude("stability", said, reasons=reasons, numbers=numbers)


def _allow(movement: Movement, *, report: RefreshReport, limits: Promotion) -> float:
    """How far the part that no data explain may move the number."""
    noise = limits.noise_sigmas * report.doubt_of_rest(movement)
    if movement.quantity == "split":
        return noise + limits.split_shift
    return noise + limits.uncertainty * (movement.spread or 0.0)


def _say_forecasts(forecasts: Forecasts) -> str:
    old, new = forecasts.champion, forecasts.challenger
    if forecasts.is_same:
        said = (
            f"Known days and settings are the champion's, so both would have forecast the "
            f"{forecasts.n_days} days from {forecasts.first} alike: wMAPE {new.scores.wmape:.1%}, "
            f"{new.scores.coverage_94:.0%} in the {INTERVAL:.0%} interval."
        )
    else:
        said = (
            f"Forecast of the {forecasts.n_days} days from {forecasts.first}, which neither fit "
            f"has seen: wMAPE {new.scores.wmape:.1%} (champion {old.scores.wmape:.1%}), "
            f"{new.scores.coverage_94:.0%} in the {INTERVAL:.0%} interval "
            f"(champion {old.scores.coverage_94:.0%})."
        )
    if old.reasons or new.reasons:
        said += " A fit for it did not converge, so the numbers are rough."
    return said


def _score(result: FoldResult) -> Array:
    """CRPS of each period whose KPI is known, shape (period,)."""
    is_known = ~np.isnan(result.kpi)
    return compute_crps(result.kpi[is_known], draws=result.draws[:, is_known])


def _count_in(result: FoldResult) -> int:
    is_known = ~np.isnan(result.kpi)
    inside = cover(result.kpi[is_known], draws=result.draws[:, is_known], level=INTERVAL)
    return int(inside.sum())


def _conclude(
    name: GateName, said: str, *, reasons: Sequence[str], numbers: dict[str, float]
) -> Gate:
    outcome: Outcome = "failed" if reasons else "passed"
    finite = {key: float(value) for key, value in numbers.items() if isfinite(value)}
    sentence = " ".join([*reasons, said])
    return Gate(name, outcome, sentence, finite, tuple(reasons))
