"""What is doubtful about the data and the posterior of one fit: found, kept and read again.

Belongs here: the file of findings beside a posterior. Must not: the examinations (see
`diagnosis`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration.errors import ModelError
from mmm_orchestration.files import write_whole
from mmm_orchestration.quality.finding import Finding, sort_findings

if TYPE_CHECKING:
    from mmm_orchestration.model.data import ModelData
    from mmm_orchestration.model.posterior import Posterior
    from mmm_orchestration.project import Project

FOLDER = "findings"


@dataclass(frozen=True)
class FitFindings:
    """Findings on the data before a fit, and on the posterior after it, each worst first."""

    before: tuple[Finding, ...]
    after: tuple[Finding, ...]

    @property
    def all(self) -> tuple[Finding, ...]:
        """Both, worst first."""
        return tuple(sort_findings([*self.before, *self.after]))

    @property
    def critical(self) -> tuple[Finding, ...]:
        """Those that block whatever is built from the posterior."""
        return tuple(f for f in self.all if f.severity == "critical")


def examine_before(
    data: "ModelData", *, project: "Project", say: Callable[[str], None]
) -> tuple[Finding, ...]:
    """The findings on the data of a fit; all beyond information are said before it starts.

    Raises ModelError at a critical one, so that no fit is spent on what nothing may be built from.
    """
    from mmm_orchestration.diagnosis.before import examine_data

    found = examine_data(data, project=project)
    for finding in found:
        if finding.severity != "info":
            say(f"{finding.severity}: {finding.message} {finding.fix}")
    critical = FitFindings(before=found, after=()).critical
    if critical:
        raise ModelError(
            f"The finding '{critical[0].cause}' on the data is critical, so nothing was fitted: "
            f"{critical[0].message}",
            fix=critical[0].fix,
        )
    return found


def examine_after(posterior: "Posterior", *, before: tuple[Finding, ...]) -> FitFindings:
    """The findings on a posterior, with those made before its fit."""
    from mmm_orchestration.diagnosis.after import examine_posterior

    return FitFindings(before=before, after=examine_posterior(posterior))


def keep_findings(findings: FitFindings, *, folder: Path, version: str) -> Path:
    """The file of the findings of the posterior `version` below `folder`, whole or not at all."""
    rows = {
        "before": [finding.to_row() for finding in findings.before],
        "after": [finding.to_row() for finding in findings.after],
    }
    return write_whole(folder / FOLDER / f"{version}.json", json.dumps(rows, indent=2))


def is_examined(folder: Path, *, version: str) -> bool:
    """Whether the posterior `version` was examined, so that having no finding means something."""
    return (folder / FOLDER / f"{version}.json").is_file()


def load_findings(folder: Path, *, version: str) -> FitFindings:
    """The findings kept of the posterior `version`; none where it was never examined."""
    file = folder / FOLDER / f"{version}.json"
    if not file.is_file():
        return FitFindings(before=(), after=())
    rows = json.loads(file.read_text(encoding="utf-8"))
    before, after = (tuple(map(Finding.from_row, rows[when])) for when in ("before", "after"))
    return FitFindings(before=before, after=after)
