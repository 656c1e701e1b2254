"""Whether the chains agree and are long enough.

Belongs here: the measures and their comparison with the gates of the project; one that could
not be computed never passes. Must not: computing them (see `measure`).
"""

import math
from dataclasses import asdict, dataclass

from mmm_orchestration.project import Gates


@dataclass(frozen=True)
class Diagnostics:
    """The worst of each measure over all unknowns, and the unknown it belongs to."""

    max_r_hat: float
    max_r_hat_of: str
    min_ess_bulk: float
    min_ess_bulk_of: str
    min_ess_tail: float
    min_ess_tail_of: str
    n_divergences: int
    n_draws: int

    def to_metrics(self) -> dict[str, float]:
        """The measures that are numbers, by name."""
        return {k: float(v) for k, v in asdict(self).items() if not isinstance(v, str)}


@dataclass(frozen=True)
class Convergence:
    """The diagnostics against the gates; `reasons` has one sentence for each gate missed."""

    diagnostics: Diagnostics
    gates: Gates
    reasons: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """Whether every gate is kept."""
        return not self.reasons


def evaluate_convergence(diagnostics: Diagnostics, *, gates: Gates) -> Convergence:
    """The diagnostics judged by the gates; nan misses its gate."""
    d = diagnostics
    checks = (
        (d.max_r_hat <= gates.r_hat, "R-hat", d.max_r_hat, d.max_r_hat_of, gates.r_hat),
        (d.min_ess_bulk >= gates.ess, "bulk ESS", d.min_ess_bulk, d.min_ess_bulk_of, gates.ess),
        (d.min_ess_tail >= gates.ess, "tail ESS", d.min_ess_tail, d.min_ess_tail_of, gates.ess),
    )
    reasons = [
        f"{what} of {of} could not be computed."
        if math.isnan(value)
        else f"{what} of {of} is {value:.4g}, the gate is {gate:g}."
        for is_kept, what, value, of, gate in checks
        if not is_kept
    ]
    if d.n_divergences > gates.divergences:
        reasons.append(
            f"{d.n_divergences} of {d.n_draws} draws diverged, the gate is {gates.divergences}."
        )
    return Convergence(diagnostics=d, gates=gates, reasons=tuple(reasons))
