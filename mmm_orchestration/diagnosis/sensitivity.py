"""After a fit: how strong something unobserved must be to change an answer.

Belongs here: Cinelli and Hazlett (2020). Must not: what is observed.
"""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.diagnosis.fitted import Fitted
from mmm_orchestration.diagnosis.least_squares import build_basis, test_block
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.quality.finding import Finding

_HALF = 0.5


def find_confounding(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels whose return something unobserved would halve though it were weak."""
    view = fitted.whole
    total = fitted.parts.total
    freedom = len(view.residual) - view.contribution.shape[1] - view.baseline.shape[1]
    if freedom < 10:
        return
    for c, name in enumerate(fitted.channels):
        t = float(total[:, c].mean() / max(total[:, c].std(), 1e-300))
        robustness = compute_robustness(t, freedom=freedom, part=_HALF)
        strength, driver = _find_strongest(fitted, channel=c, t=t, freedom=freedom, limits=limits)
        if robustness >= limits.robustness and strength >= limits.benchmark:
            continue
        known = (
            f" One {strength:.1f} times as strong as '{driver}' does it too."
            if np.isfinite(strength)
            else ""
        )
        yield Finding(
            severity="warning",
            cause="unobserved_confounding",
            table="posterior",
            message=f"Something unobserved that explains {robustness:.1%} of what is left of both "
            f"the exposure of '{name}' and the KPI would halve its return.{known}",
            fix="Think of what moves budget and KPI alike and add it as a control, or test the "
            "channel in some geos.",
            channel=name,
            numbers={"robustness": robustness, "times_strongest": strength, "t": t},
        )


def compute_robustness(t: float, *, freedom: int, part: float) -> float:
    """The partial R² with exposure and KPI alike that takes `part` of an effect away.

    `f = part |t| / sqrt(freedom)`, `RV = (sqrt(f⁴ + 4 f²) - f²) / 2`. Cinelli and Hazlett (2020).
    """
    f2 = part**2 * t**2 / freedom
    return float((np.sqrt(f2**2 + 4 * f2) - f2) / 2)


def count_times(exposure_r2: float, kpi_r2: float, *, t: float, freedom: int) -> float:
    """How many times as strong as a driver of those partial R² a confounder halves an effect.

    The root of `k² a b freedom = (t / 2)² (1 - k a)` with `a`, `b` the odds of the two; infinite
    where the driver does not touch both.
    """
    a, b = (r2 / max(1 - r2, 1e-9) for r2 in (exposure_r2, kpi_r2))
    if a <= 0 or b <= 0:
        return float(np.inf)
    least = (_HALF * t) ** 2
    square, linear = a * b * freedom, a * least
    return float((np.sqrt(linear**2 + 4 * square * least) - linear) / (2 * square))


def _find_strongest(
    fitted: Fitted, *, channel: int, t: float, freedom: int, limits: Thresholds
) -> tuple[float, str]:
    """How many times as strong as a known driver a confounder must be, and the driver.

    Drivers are the baseline columns but intercept and trend that touch the exposure beyond
    chance; infinite where none does.
    """
    view = fitted.whole
    names = [str(n) for n in fitted.posterior.draws["column"].to_numpy()]
    own = view.contribution[:, channel]
    media = np.delete(view.contribution, channel, axis=1)
    fewest, driver = float(np.inf), ""
    for p, name in enumerate(names[: view.baseline.shape[1]]):
        if name == "intercept" or name.startswith("trend"):
            continue
        others, column = np.delete(view.baseline, p, axis=1), view.baseline[:, [p]]
        with_exposure = build_basis(np.hstack([others, media]))
        touched = test_block(own, basis=with_exposure, columns=column)
        if touched.p * len(names) > limits.by_chance:
            continue
        with_kpi = build_basis(np.hstack([others, view.contribution]))
        moved = test_block(view.kpi, basis=with_kpi, columns=column)
        times = count_times(touched.r2, moved.r2, t=t, freedom=freedom)
        if times < fewest:
            fewest, driver = times, name
    return fewest, driver
