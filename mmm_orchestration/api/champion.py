"""A champion in memory: what questions are put to, and the answers that never change.

Belongs here: loading one version whole, checked. Must not: which version it is (see `shelf`), HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mmm_orchestration.api.answers import (
    write_contributions,
    write_curves,
    write_roi,
    write_summary,
)
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.errors import PosteriorError
from mmm_orchestration.examining import load_findings
from mmm_orchestration.home import Home
from mmm_orchestration.insight.recent import summarise_recent
from mmm_orchestration.model.posterior import Posterior, load_posterior
from mmm_orchestration.project import Project
from mmm_orchestration.publishing import summarise_kept
from mmm_orchestration.refresh.results import find_refresh
from mmm_orchestration.training import FitRecord, load_record


@dataclass(frozen=True, eq=False)
class Champion:
    """One version of the model of `home`; `answers` are whole bodies by the name of their route."""

    home: Home
    record: FitRecord
    posterior: Posterior
    model: FrozenModel
    answers: Mapping[str, bytes]
    loaded_at: str

    @property
    def project(self) -> Project:
        """The project that the version was fitted for."""
        return self.posterior.project

    @property
    def unit(self) -> str:
        """What the KPI counts, the currency where it is money."""
        return self.project.kpi.unit or self.project.currency


def load_champion(home: Home, *, version: str, snapshot: str) -> Champion:
    """The version with every answer that needs no question, from files that agree with their sums.

    Raises PosteriorError where one is missing, altered, or of other data than `snapshot`.
    """
    record = load_record(home.posteriors, version=version)
    posterior = load_posterior(home.posteriors / version)
    if not posterior.data.snapshot == record.snapshot == snapshot:
        raise PosteriorError(
            f"The data of posterior {version} are not those that the registry names",
            fix="Restore it from a backup, or promote another version",
        )
    results = summarise_kept(home, posterior=posterior, record=record)
    findings = load_findings(home.posteriors, version=version).all
    name = home.one.model_name
    return Champion(
        home=home,
        record=record,
        posterior=posterior,
        model=freeze(posterior),
        answers={
            "roi": write_roi(results, findings=findings, name=name),
            "contributions": write_contributions(results, name=name),
            "curves": write_curves(results, name=name),
            "summary": write_summary(
                summarise_recent(posterior),
                results=results,
                findings=findings,
                refresh=find_refresh(home.posteriors, version=version),
                name=name,
            ),
        },
        loaded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
