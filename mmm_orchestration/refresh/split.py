"""How today's budget would be split by what a little more of each channel brings.

Belongs here: one split from median response curves, until an optimiser that knows the whole
posterior takes its place. Must not: posteriors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import minimize

from mmm_orchestration.insight.results import Array, ResponseCurve

REACH = 0.5


@dataclass(frozen=True)
class Split:
    """Spend per period by channel: `today` and as recommended, with the same total.

    `gain` is the KPI per period that the recommended split brings more, by the median curves.
    """

    today: Mapping[str, float]
    recommended: Mapping[str, float]
    gain: float

    @property
    def shares(self) -> dict[str, float]:
        """The part of the total that is recommended for each channel; they add up to one."""
        total = sum(self.recommended.values())
        return {name: spend / total for name, spend in self.recommended.items()}


def recommend_split(curves: Sequence[ResponseCurve], *, today: Mapping[str, float]) -> Split:
    """The split of the total of `today` with the greatest sum of median responses.

    Each channel stays within half and one and a half times its spend of today, and within its
    curve. It is the best near today's split: equal marginal returns where no limit is met. Curves
    are of a steady spend and are read between their points by monotone cubics (Fritsch and
    Carlson 1980); that channels help each other and how sure the curves are is left out.
    """
    spent = {c.channel: today[c.channel] for c in curves if today.get(c.channel, 0.0) > 0}
    start = np.array(list(spent.values()))
    if len(start) < 2:
        return Split(today=spent, recommended=spent, gain=0.0)
    used = [curve for curve in curves if curve.channel in spent]
    reads = [PchipInterpolator(curve.level, curve.median) for curve in used]
    slopes = [read.derivative() for read in reads]
    now = _respond(reads, start)
    size = abs(now) or 1.0
    budget = float(start.sum())
    tops = [max(curve.level[-1], x) for curve, x in zip(used, start, strict=True)]
    found = minimize(
        lambda part: -_respond(reads, part * budget) / size,
        start / budget,
        jac=lambda part: (
            -np.array(
                [float(s(x)) * budget / size for s, x in zip(slopes, part * budget, strict=True)]
            )
        ),
        bounds=[
            ((1 - REACH) * x / budget, min((1 + REACH) * x, top) / budget)
            for x, top in zip(start, tops, strict=True)
        ],
        constraints={
            "type": "eq",
            "fun": lambda part: part.sum() - 1,
            "jac": np.ones_like,
        },
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    best = found.x / found.x.sum() * budget
    gain = _respond(reads, best) - now
    if not np.isfinite(gain) or gain < 0:
        best, gain = start, 0.0
    return Split(spent, dict(zip(spent, best.tolist(), strict=True)), gain=float(gain))


def _respond(reads: Sequence[PchipInterpolator], spend: Array) -> float:
    """The sum of the responses to `spend` (channel,)."""
    return float(sum(float(read(x)) for read, x in zip(reads, spend, strict=True)))
