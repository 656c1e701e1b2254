"""One fit in MLflow: parameters, metrics, figures, files and the Delta versions.

Belongs here: what a run records. Must not: opening or closing the run (see `resources`).
"""

from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.reporting.figures import draw_contributions, draw_fit, draw_roi
from mmm_orchestration.training import FitRecord

if TYPE_CHECKING:
    from mmm_orchestration.model.posterior import Posterior


def record_fit(
    posterior: "Posterior",
    *,
    record: FitRecord,
    results: RoiResults,
    folder: Path,
) -> None:
    """Logs the fit and the files of the saved posterior to the MLflow run that is open."""
    import mlflow

    from mmm_orchestration.evaluation.loo import compute_loo

    model, data = posterior.project.model, posterior.data
    mlflow.log_params(
        {
            **model.sampler.model_dump(),
            **model.model_dump(exclude={"sampler", "default_prior"}),
            "channels": ",".join(data.channels),
            "controls": ",".join(data.control_names),
            "n_periods": data.n_periods,
            "first_day": record.first_day,
            "trained_through": record.trained_through,
            "snapshot": record.snapshot,
            **{f"delta_version.{name}": v for name, v in record.delta_versions.items()},
            **{f"package.{name}": version for name, version in posterior.versions.items()},
        }
    )
    mlflow.log_metrics(
        {
            **posterior.diagnostics.to_metrics(),
            **{k: v for k, v in asdict(results.fit).items() if isfinite(v)},
            **{k: v for k, v in compute_loo(posterior).to_metrics().items() if isfinite(v)},
            **{f"roi.{c.channel}": c.roi.median for c in results.channels if c.roi},
        }
    )
    mlflow.set_tags({"model_version": record.version, "code_version": record.code_version})
    for name, draw in (
        ("roi", draw_roi),
        ("contributions", draw_contributions),
        ("fit", draw_fit),
    ):
        mlflow.log_figure(draw(results), f"figures/{name}.png")
    mlflow.log_artifacts(str(folder / record.version), artifact_path="posterior")
