"""One fit in MLflow: parameters, metrics, figures, files and the Delta versions.

Belongs here: what a run records. Must not: opening or closing the run (see `resources`).
"""

from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration.examining import FitFindings
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.registry.card import ModelCard, keep_card
from mmm_orchestration.registry.restoring import KEPT, RECORD_FILE
from mmm_orchestration.registry.versions import ARTEFACT
from mmm_orchestration.reporting.figures import draw_contributions, draw_fit, draw_roi
from mmm_orchestration.training import FitRecord

if TYPE_CHECKING:
    from mmm_orchestration.evaluation.loo import LooResult
    from mmm_orchestration.model.posterior import Posterior


def record_fit(
    posterior: "Posterior",
    *,
    record: FitRecord,
    results: RoiResults,
    findings: FitFindings,
    folder: Path,
) -> None:
    """Logs the fit, its card and the saved posterior below `folder` to the open MLflow run."""
    import mlflow

    from mmm_orchestration.evaluation.loo import compute_loo

    loo = compute_loo(posterior)
    card = ModelCard(
        posterior=posterior, record=record, results=results, findings=findings, loo=loo
    )
    mlflow.log_params(list_parameters(posterior, record=record))
    mlflow.log_metrics(list_metrics(posterior, results=results, loo=loo))
    mlflow.set_tags({"model_version": record.version, "code_version": record.code_version})
    for name, draw in (
        ("roi", draw_roi),
        ("contributions", draw_contributions),
        ("fit", draw_fit),
    ):
        mlflow.log_figure(draw(results), f"figures/{name}.png")
    for file in keep_card(card, folder=folder):
        mlflow.log_artifact(str(file), artifact_path="card")
    rows = [finding.to_row() for finding in findings.all]
    mlflow.log_dict({"findings": rows}, f"{KEPT}/findings.json")
    mlflow.log_dict(asdict(record), f"{KEPT}/{RECORD_FILE}")
    mlflow.log_artifacts(str(folder / record.version), artifact_path=ARTEFACT)


def list_parameters(posterior: "Posterior", *, record: FitRecord) -> dict[str, object]:
    """What went into the fit by name: settings, data, Delta versions, seed, code and packages."""
    model, data = posterior.project.model, posterior.data
    return {
        **model.sampler.model_dump(),
        **model.model_dump(exclude={"sampler", "default_prior"}),
        "channels": ",".join(data.channels),
        "controls": ",".join(data.control_names),
        "n_periods": data.n_periods,
        "first_day": record.first_day,
        "trained_through": record.trained_through,
        "accepted_through": record.accepted_through,
        "period": record.period,
        "snapshot": record.snapshot,
        "code_version": record.code_version,
        "lock_hash": record.lock_hash,
        **{f"delta_version.{name}": v for name, v in record.delta_versions.items()},
        **{f"package.{name}": version for name, version in posterior.versions.items()},
    }


def list_metrics(
    posterior: "Posterior", *, results: RoiResults, loo: "LooResult"
) -> dict[str, float]:
    """What came of the fit by name, finite numbers alone: MLflow keeps nan as if it were one.

    R-hat, ESS and divergences of the worst unknown; R², MAPE, wMAPE, RMSE, CRPS and coverage of
    the days it was trained on; leave-one-out; ROI with the ends of its 94 % interval.
    """
    roi = {
        f"roi{end}.{c.channel}": value
        for c in results.channels
        if c.roi
        for end, value in (("", c.roi.median), ("_low", c.roi.low), ("_high", c.roi.high))
    }
    found = {**posterior.diagnostics.to_metrics(), **asdict(results.fit), **loo.to_metrics(), **roi}
    return {name: value for name, value in found.items() if isfinite(value)}
