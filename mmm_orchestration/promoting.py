"""The challenger judged by the gates, and the champion that follows from it.

Belongs here: reading, keeping and switching around `promotion`. Must not: the gates, Dagster.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mmm_orchestration.examining import is_examined, load_findings
from mmm_orchestration.home import Home
from mmm_orchestration.publishing import summarise_fit
from mmm_orchestration.refreshing import find_challenger, find_champion
from mmm_orchestration.registry import CHAMPION, open_registry
from mmm_orchestration.training import FitRecord, load_record

if TYPE_CHECKING:
    from mmm_orchestration.evaluation.backtest import FoldResult
    from mmm_orchestration.evaluation.folds import Fold
    from mmm_orchestration.model.posterior import Posterior
    from mmm_orchestration.project import Project
    from mmm_orchestration.promotion.ahead import Forecasts
    from mmm_orchestration.promotion.results import Verdict

GATE = "promotion gate"
Say = Callable[[str], None]


def judge(home: Home, *, say: Say) -> "Verdict":
    """The verdict on the model's challenger, kept beside its posterior.

    The champion itself keeps the verdict it has. Judging may take one fit, or two where known days
    or settings changed. Raises PosteriorError where there is no posterior.
    """
    from mmm_orchestration.model.posterior import load_posterior
    from mmm_orchestration.promotion import gates
    from mmm_orchestration.promotion.results import conclude, find_verdict, keep_verdict
    from mmm_orchestration.refresh.results import find_refresh

    record, champion = find_challenger(home), find_champion(home)
    kept = find_verdict(home.posteriors, version=record.version)
    if champion is not None and champion.version == record.version:
        if kept is not None:
            return kept
        champion = None
    posterior, limits = load_posterior(home.posteriors / record.version), home.one.promotion
    findings = load_findings(home.posteriors, version=record.version)
    verdict = conclude(
        (
            gates.evaluate_convergence_gate(posterior.diagnostics, gates=home.one.gates),
            gates.evaluate_findings(
                findings.all if is_examined(home.posteriors, version=record.version) else None
            ),
            gates.evaluate_plausibility(
                summarise_fit(posterior, record=record), findings=findings.after, limits=limits
            ),
            gates.evaluate_out_of_time(
                _forecast(home, posterior=posterior, champion=champion, say=say), limits=limits
            ),
            gates.evaluate_stability(
                find_refresh(home.posteriors, version=record.version),
                champion=None if champion is None else champion.version,
                limits=limits,
            ),
        ),
        version=record.version,
        champion=None if champion is None else champion.version,
        judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    keep_verdict(verdict, folder=home.posteriors)
    return verdict


def promote(home: Home, verdict: "Verdict") -> str:
    """Why the judged version is not the champion; empty when it is, which it becomes by passing.

    A posterior from before there was a registry is registered first. One that a person took back
    stays where it is, whatever the gates say, and so does one whose period has another version.
    """
    registry = open_registry(home)
    current = registry.find(CHAMPION)
    if current is not None and current.version == verdict.version:
        return ""
    if not verdict.is_passed:
        return "A gate is red."
    record = load_record(home.posteriors, version=verdict.version)
    period = date.fromisoformat(record.period) if record.period else None
    kept = registry.register(record, period=period)
    if kept.version != verdict.version:
        return f"Its period {period} has the version {kept.version}."
    for switch in registry.read_switches():
        if switch.kind == "rollback" and switch.before == kept.number:
            return f"{switch.by} rolled it back: {switch.reason} 'mmm promote' makes it champion."
    judged = [gate.name.replace("_", " ") for gate in verdict.gates if gate.outcome == "passed"]
    registry.set_alias(CHAMPION, verdict.version, by=GATE, reason=f"It passed {', '.join(judged)}.")
    return ""


def _forecast(
    home: Home, *, posterior: "Posterior", champion: FitRecord | None, say: Say
) -> "Forecasts | str | None":
    """Both forecasts of the days that the champion has not seen, why there are none, or None."""
    from mmm_orchestration.evaluation.backtest import score_fold
    from mmm_orchestration.model.posterior import load_posterior
    from mmm_orchestration.promotion.ahead import forecast_unseen

    if champion is None:
        return None

    def score(fold: "Fold", project: "Project") -> "FoldResult":
        say(f"forecasting from {fold.origin}")
        return score_fold(fold, project=project)

    return forecast_unseen(
        load_posterior(home.posteriors / champion.version),
        posterior,
        score=score,
        min_days=home.one.promotion.min_days,
    )
