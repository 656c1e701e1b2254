"""All examinations of a posterior after its fit."""

from mmm_orchestration.diagnosis.beliefs import (
    find_ruling_priors,
    find_trading_channels,
    find_two_answers,
)
from mmm_orchestration.diagnosis.fitted import take_apart
from mmm_orchestration.diagnosis.plausible import (
    find_broken_draws,
    find_implausible_roi,
    find_negative_baseline,
)
from mmm_orchestration.diagnosis.residuals import (
    find_autocorrelation,
    find_breaks,
    find_pulling_periods,
    find_seasons,
)
from mmm_orchestration.diagnosis.sensitivity import find_confounding
from mmm_orchestration.diagnosis.shapes import find_bends, find_drift
from mmm_orchestration.diagnosis.thresholds import DEFAULT, Thresholds
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.quality.finding import Finding, sort_findings

_EXAMINATIONS = (
    find_ruling_priors,
    find_trading_channels,
    find_two_answers,
    find_negative_baseline,
    find_implausible_roi,
    find_autocorrelation,
    find_seasons,
    find_breaks,
    find_pulling_periods,
    find_confounding,
    find_drift,
    find_bends,
)


def examine_posterior(posterior: Posterior, *, limits: Thresholds = DEFAULT) -> tuple[Finding, ...]:
    """What is doubtful about the answers of a posterior, worst first; empty where nothing is.

    Draws that are not finite are all that is said of such a posterior.
    """
    broken = tuple(find_broken_draws(posterior))
    if broken:
        return broken
    fitted = take_apart(posterior)
    found = [f for examine in _EXAMINATIONS for f in examine(fitted, limits=limits)]
    return tuple(sort_findings(found))
