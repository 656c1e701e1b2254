"""Leave-one-out of one fit, from its saved draws.

Belongs here: PSIS-LOO and what its Pareto k says. Must not: comparing models (see `compare`).
"""

from dataclasses import dataclass

import numpy as np

from mmm_orchestration.evaluation.predict import average_density, compute_log_density
from mmm_orchestration.insight.results import Array, Days
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.quality.finding import Finding

HIGH_K = 0.7
CAVEAT = (
    "Leave-one-out knows the periods on both sides of the one it leaves out, so it is not the "
    "error of a forecast; cross-validation out of time measures that."
)


@dataclass(frozen=True, eq=False)
class LooResult:
    """PSIS-LOO by point; a point is one observed period of one geo.

    `periods` and `geos` name the points; `elpd_by_point` is the log predictive density of the
    point without it, `pareto_k` its reliability, both of shape (point,). `p_loo` is the effective
    number of parameters.
    """

    periods: Days
    geos: tuple[str, ...]
    elpd_by_point: Array
    pareto_k: Array
    p_loo: float

    @property
    def elpd(self) -> float:
        """Expected log predictive density, the sum over points; higher is better."""
        return float(self.elpd_by_point.sum())

    @property
    def se(self) -> float:
        """Standard error of `elpd` over points."""
        return estimate_se(self.elpd_by_point)

    @property
    def high_k(self) -> tuple[str, ...]:
        """The points whose Pareto k is above 0.7 or not known, as dates with their geo."""
        bad = np.flatnonzero(~(self.pareto_k <= HIGH_K))
        return tuple(f"{self.periods[i]} ({self.geos[i]})" for i in bad)

    def to_metrics(self) -> dict[str, float]:
        """The sums as numbers by name."""
        return {
            "elpd_loo": self.elpd,
            "elpd_loo_se": self.se,
            "p_loo": self.p_loo,
            "n_high_pareto_k": float(len(self.high_k)),
        }

    def list_findings(self) -> tuple[Finding, ...]:
        """A finding where leave-one-out cannot be relied on; none otherwise."""
        bad = self.high_k
        if not bad:
            return ()
        shown = ", ".join(bad[:10]) + (f" and {len(bad) - 10} more" if len(bad) > 10 else "")
        return (
            Finding(
                severity="warning",
                cause="high_pareto_k",
                table="posterior",
                message=f"{len(bad)} of {len(self.pareto_k)} points pull the fit so strongly that "
                f"leave-one-out cannot be relied on (Pareto k above {HIGH_K}): {shown}.",
                fix="Look for outliers or unexplained events there and declare them; judge the "
                "model by cross-validation instead.",
                n_rows=len(bad),
            ),
        )


def compute_loo(posterior: Posterior) -> LooResult:
    """PSIS-LOO over the observed points of a posterior. See CAVEAT for what it is not.

    Log densities are of the KPI in its own units. Vehtari, Gelman and Gabry (2017).
    """
    from mmm_orchestration.model.psis import smooth_weights

    data = posterior.data
    log_density = compute_log_density(posterior, kpi=data.kpi)
    elpd, pareto_k = smooth_weights(log_density)
    date, geo = np.nonzero(data.is_observed)
    return LooResult(
        periods=data.periods[date],
        geos=tuple(data.geos[g] for g in geo),
        elpd_by_point=elpd,
        pareto_k=pareto_k,
        p_loo=float((average_density(log_density) - elpd).sum()),
    )


def estimate_se(by_point: Array) -> float:
    """Standard error of the sum of independent points (point,): `sqrt(n) sd`.

    Vehtari, Gelman and Gabry (2017).
    """
    return float(np.sqrt(len(by_point)) * by_point.std())
