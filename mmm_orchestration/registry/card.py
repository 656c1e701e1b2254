"""The model card of one version: what it is, what it rests on and where it must not be trusted.

Belongs here: the facts of a card and both its forms. Must not: computing them, MLflow.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from mmm_orchestration.evaluation.loo import CAVEAT, LooResult
from mmm_orchestration.examining import FitFindings
from mmm_orchestration.files import write_whole
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.model.convergence import evaluate_convergence
from mmm_orchestration.model.priors import get_prior
from mmm_orchestration.reporting.tables import (
    convergence_table,
    findings_table,
    provenance_table,
    roi_json,
    shown_roi_table,
    to_markdown,
)
from mmm_orchestration.training import FitRecord

if TYPE_CHECKING:
    from mmm_orchestration.model.posterior import Posterior

FOLDER: Final = "cards"
LIMITS: Final = (
    "ROI is what the model attributes to a channel, given that it has the right causes; only a "
    "market test shows that it is so.",
    "Beyond the spend that was seen, response curves are the shape of the curve and not data.",
    "Days after the last one it was trained through are forecasts and were not seen.",
    "Intervals hold 94 % of the posterior draws. They know the noise of the data, not a wrong "
    "model.",
)

type Json = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What the card of one version is made of."""

    posterior: "Posterior"
    record: FitRecord
    results: RoiResults
    findings: FitFindings
    loo: LooResult

    @property
    def summary(self) -> str:
        """What the model is, in one paragraph."""
        project, data = self.posterior.project, self.posterior.data
        return (
            f"A Bayesian media mix model of {project.kpi.name} of {project.title}, at level "
            f"{project.model.level} and grain {project.model.grain}. It has {data.n_periods} "
            f"periods from {self.record.first_day} to {self.record.trained_through}; channels: "
            f"{len(data.channels)}, controls: {len(data.control_names)}. It says what each channel "
            "brought and what more spend would bring; it is not meant for single customers or for "
            "channels it has not seen."
        )

    @property
    def limits(self) -> tuple[str, ...]:
        """Where it must not be trusted: of every model, of this one, of its channels."""
        doubts = (f"{c.channel}: {c.doubt}" for c in self.results.channels if c.doubt)
        convergence = evaluate_convergence(
            self.posterior.diagnostics, gates=self.posterior.project.gates
        )
        return (*LIMITS, *convergence.reasons, *self.results.notes, *doubts)

    def to_json(self) -> dict[str, Json]:
        """The card for programs; numbers that are not finite are None."""
        project, record = self.posterior.project, self.record
        said = roi_json(self.results, self.findings.all)
        return {
            "version": record.version,
            "summary": self.summary,
            "data": {
                "first_day": record.first_day,
                "trained_through": record.trained_through,
                "accepted_through": record.accepted_through,
                "period": record.period,
                "snapshot": record.snapshot,
                "delta_versions": dict(record.delta_versions),
                "geos": list(self.posterior.data.geos),
                "controls": list(self.posterior.data.control_names),
            },
            "priors": self._list_priors(),
            "settings": project.model.model_dump(mode="json"),
            "convergence": said["convergence"],
            "fit": said["fit"],
            "evaluation": {
                "leave_one_out": {
                    k: v if isfinite(v) else None for k, v in self.loo.to_metrics().items()
                },
                "caveat": CAVEAT,
            },
            "roi": {"interval": said["interval"], "channels": _plain(said["channels"])},
            "findings": _plain(said["findings"]),
            "limits": list(self.limits),
            "provenance": {
                "results": _plain(said["provenance"]),
                "lock_hash": record.lock_hash,
                "mlflow_run": record.mlflow_run,
                "dagster_run": record.dagster_run,
                "packages": dict(self.posterior.versions),
            },
        }

    def to_markdown(self) -> str:
        """The card for people."""
        card = self.to_json()
        packages = ", ".join(f"{k} {v}" for k, v in sorted(self.posterior.versions.items()))
        limits = "\n".join(f"- {_escape(limit)}" for limit in self.limits)
        found = findings_table(self.findings.all).select("severity", "cause", "message", "fix")
        sections = {
            "Data": _facts(card["data"]),
            "Priors": to_markdown(pl.DataFrame(self._list_priors())),
            "Settings": _facts(card["settings"]),
            "Convergence": to_markdown(convergence_table(self.results)),
            "Fit": _facts(card["fit"]),
            "Evaluation": f"{_facts(self.loo.to_metrics())}\n\n{CAVEAT}",
            "ROI": to_markdown(shown_roi_table(self.results)),
            "Findings": to_markdown(found) if found.height else "None.",
            "Limits": limits,
            "Provenance": f"{to_markdown(provenance_table(self.results))}\n\n"
            f"Lock hash {self.record.lock_hash}. MLflow run {self.record.mlflow_run}. "
            f"Packages: {packages}.",
        }
        body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
        return f"# Model {self.record.version}\n\n{_escape(self.summary)}\n\n{body}\n"

    def _list_priors(self) -> list[dict[str, str | float]]:
        found = [
            (c, get_prior(self.posterior.project, channel=c)) for c in self.posterior.data.channels
        ]
        return [
            {"channel": c, "of": prior.of, "median": prior.median, "upper": prior.upper}
            for c, prior in found
        ]


def keep_card(card: ModelCard, *, folder: Path) -> tuple[Path, Path]:
    """The two files of the card below the folder of posteriors: Markdown and JSON."""
    base = folder / FOLDER
    texts = {"md": card.to_markdown(), "json": json.dumps(card.to_json(), indent=2)}
    for ending, text in texts.items():
        write_whole(base / f"{card.record.version}.{ending}", text)
    return base / f"{card.record.version}.md", base / f"{card.record.version}.json"


def _facts(values: object) -> str:
    """A Markdown table of names and values."""
    rows = dict(values) if isinstance(values, Mapping) else {}
    shown = {
        k: v if isinstance(v, str) else f"{v:.4g}" if isinstance(v, float) else json.dumps(v)
        for k, v in rows.items()
    }
    return to_markdown(pl.DataFrame({"fact": list(shown), "value": list(shown.values())}))


def _plain(value: object) -> Json:
    """The value as JSON has it."""
    plain: Json = json.loads(json.dumps(value, allow_nan=False))
    return plain


def _escape(text: str) -> str:
    """The text in which no markup is obeyed."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return text
