"""One registered version and the tags that it is kept as.

Belongs here: tags to values and back. Must not: MLflow calls (see `store`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.training import FitRecord

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
ARTEFACT: Final = "posterior"

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


@dataclass(frozen=True)
class ModelVersion:
    """A version in the registry; `number` is MLflow's, `version` names the saved posterior.

    `period` is the period it was fitted for, None where it was fitted on all accepted days.
    """

    number: int
    version: str
    period: date | None
    trained_through: date
    aliases: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def accepted_through(self) -> date:
        """The newest accepted day that the fit read."""
        return date.fromisoformat(self.tags["accepted_through"])

    @property
    def counted_after(self) -> date:
        """The day after which accepted days are counted towards the next periods."""
        kept = self.tags.get("counted_after")
        return date.fromisoformat(kept) if kept else self.accepted_through

    @property
    def run_id(self) -> str:
        """The MLflow run whose artefact the version is."""
        return self.tags["mlflow_run"]


def check_version_name(name: str) -> str:
    """`name`, when it can only name a folder; what comes from a server is not trusted to."""
    if not _NAME.fullmatch(name):
        raise RegistryError("A version has letters, digits, '.', '_' and '-' only", got=name)
    return name


def write_tags(
    record: FitRecord, *, period: date | None, counted_after: date | None
) -> dict[str, str]:
    """The tags of the version that `record` describes."""
    tags = {
        "version": check_version_name(record.version),
        "period": str(period) if period else "",
        "counted_after": str(counted_after) if counted_after else "",
        "trained_through": record.trained_through,
        "accepted_through": record.accepted_through,
        "snapshot": record.snapshot,
        "code_version": record.code_version,
        "lock_hash": record.lock_hash,
        "seed": "" if record.seed is None else str(record.seed),
        "mlflow_run": record.mlflow_run,
    }
    return {key: value for key, value in tags.items() if value}


def read_version(
    *, number: int, run_id: str, tags: Mapping[str, str], aliases: tuple[str, ...]
) -> ModelVersion:
    """The version that the tags describe.

    Raises RegistryError where they are not those of a version that was registered here.
    """
    try:
        period = tags.get("period")
        version = ModelVersion(
            number=number,
            version=check_version_name(tags["version"]),
            period=date.fromisoformat(period) if period else None,
            trained_through=date.fromisoformat(tags["trained_through"]),
            aliases=aliases,
            tags=MappingProxyType({**tags, "mlflow_run": run_id}),
        )
        _ = (version.accepted_through, version.counted_after)
    except (KeyError, ValueError, RegistryError) as error:
        raise RegistryError(
            f"Version {number} of the registered model was not registered by this system: {error}",
            fix="Delete it in MLflow, or take its alias away",
        ) from error
    return version
