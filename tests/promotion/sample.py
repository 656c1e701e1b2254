"""Forecasts and results with hand-picked numbers."""

from datetime import date

import numpy as np

from mmm_orchestration.evaluation.backtest import FoldResult
from mmm_orchestration.evaluation.metrics import score_draws
from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.promotion.ahead import Forecasts

GOOD = Diagnostics(1.002, "share[tv]", 900.0, "share[tv]", 800.0, "sigma", 0, 4000)


def forecast(*, n: int = 8, bias: float = 0.0, width: float = 10.0) -> FoldResult:
    """Draws of spread `width` around a KPI near 100, off by `bias`."""
    rng = np.random.default_rng(3)
    kpi = 100 + rng.normal(0, 10, n)
    draws = 100 + bias + rng.normal(0, width, (400, n))
    return FoldResult(
        origin="2026-06-01",
        n_known=100,
        periods=np.arange(n).astype("datetime64[D]"),
        kpi=kpi,
        draws=draws,
        scores=score_draws(kpi, draws=draws),
        geo_scores=score_draws(kpi, draws=draws),
        log_density=np.zeros(n),
        roi={},
        diagnostics=GOOD,
        reasons=(),
        notes=(),
    )


def compare(champion: FoldResult, challenger: FoldResult) -> Forecasts:
    """Both forecasts of eight weeks."""
    is_same = champion is challenger
    return Forecasts(date(2026, 6, 1), 56, champion, challenger, is_same=is_same)
