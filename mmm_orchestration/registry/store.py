"""The registered model of one model of a project, in the MLflow that the project tracks to.

Belongs here: every call to MLflow's registry. Must not: when to promote (see `promoting`).
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.home import Home
from mmm_orchestration.registry.switches import Kind, Switch, find_earlier, read_switches
from mmm_orchestration.registry.versions import (
    ARTEFACT,
    CHALLENGER,
    ModelVersion,
    read_version,
    write_tags,
)
from mmm_orchestration.secrets import hide_users, tell_mlflow_errors
from mmm_orchestration.training import FitRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOCK_FILE: Final = ".registry.lock"
LOCK_SECONDS: Final = 60.0
_ABSENT: Final = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registry:
    """The versions of one model: `name` at `tracking_uri`, changed under the lock of `folder`."""

    name: str
    tracking_uri: str
    folder: Path

    def list(self) -> tuple[ModelVersion, ...]:
        """Every version, newest first; none where nothing was registered yet."""
        if self._is_new():
            return ()
        with _told(self):
            found = self._client.search_model_versions(f"name = '{self.name}'")
            aliases = self._read_aliases() if found else {}
        versions = []
        for one in found:
            number = int(one.version)
            names = tuple(sorted(a for a, n in aliases.items() if n == number))
            try:
                version = read_version(
                    number=number, run_id=one.run_id or "", tags=one.tags, aliases=names
                )
            except RegistryError as error:
                _log.warning("%s", error)
            else:
                versions.append(version)
        return tuple(sorted(versions, key=lambda version: -version.number))

    def find(self, alias: str) -> ModelVersion | None:
        """The version that has `alias`, None where none has."""
        from mlflow.exceptions import MlflowException

        if self._is_new():
            return None
        with _told(self):
            try:
                one = self._client.get_model_version_by_alias(self.name, alias)
            except MlflowException as error:
                if error.error_code not in _ABSENT:
                    raise
                return None
        return read_version(
            number=int(one.version),
            run_id=one.run_id or "",
            tags=one.tags,
            aliases=tuple(sorted({*one.aliases, alias})),
        )

    def get(self, version: str) -> ModelVersion:
        """The version called `version`, by its name or number; else RegistryError."""
        return self._choose(version, self.list())

    def find_period(self, period: date) -> ModelVersion | None:
        """The version that was registered for `period`, None where none was."""
        return next((one for one in self.list() if one.period == period), None)

    def register(
        self,
        record: FitRecord,
        *,
        period: date | None,
        counted_after: date | None = None,
        reason: str = "",
    ) -> ModelVersion:
        """The version of `record`, which is the challenger then.

        Registering again changes nothing. Where `period` has another version already, that one
        comes back, and `record` is not registered; its caller compares and says so.
        """
        with self.lock():
            versions = self.list()
            kept = next((one for one in versions if one.version == record.version), None)
            if kept is None and period is not None:
                kept = next((one for one in versions if one.period == period), None)
            if kept is None:
                tags = write_tags(record, period=period, counted_after=counted_after, reason=reason)
                kept = self._create(record.mlflow_run, tags=tags)
            if all(one.number <= kept.number for one in versions):
                with _told(self):
                    self._client.set_registered_model_alias(self.name, CHALLENGER, str(kept.number))
                kept = replace(kept, aliases=tuple(sorted({*kept.aliases, CHALLENGER})))
        return kept

    def set_alias(
        self,
        alias: str,
        version: str,
        *,
        by: str,
        reason: str,
        kind: Kind = "promotion",
        waived: str = "",
    ) -> Switch:
        """The switch of `alias` to `version`, put on record before it is made.

        Readers see the old version or the new one and never none. Raises RegistryError where
        nobody and no reason is named.
        """
        if not (by.strip() and reason.strip()):
            raise RegistryError(
                f"A switch of '{alias}' needs a name and a reason", fix="Add --by and --reason"
            )
        with self.lock():
            versions = self.list()
            target, made = self._choose(version, versions), read_switches(versions)
            before = next((one.number for one in versions if alias in one.aliases), None)
            switch = Switch(
                order=max((s.order for s in made), default=0) + 1,
                kind=kind,
                alias=alias,
                number=target.number,
                before=before,
                by=by.strip(),
                reason=reason.strip(),
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                waived=waived,
            )
            with _told(self):
                key, text = switch.to_tag()
                self._client.set_model_version_tag(self.name, str(target.number), key, text)
                self._client.set_registered_model_alias(self.name, alias, str(target.number))
        return switch

    def read_switches(self) -> tuple[Switch, ...]:
        """Every switch of an alias on record, oldest first."""
        return read_switches(self.list())

    def find_before(self, alias: str) -> ModelVersion | None:
        """The version that had `alias` before the one that has it now, None without one."""
        versions = self.list()
        current = next((one for one in versions if alias in one.aliases), None)
        if current is None:
            return None
        earlier = find_earlier(read_switches(versions), alias=alias, current=current.number)
        return next((one for one in versions if one.number == earlier), None)

    def download(self, version: ModelVersion, name: str, *, to: Path) -> Path:
        """The file `name` of the version's MLflow run, below the folder `to`."""
        from mlflow.exceptions import MlflowException

        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        try:
            return Path(self._client.download_artifacts(version.run_id, name, str(to)))
        except (MlflowException, OSError) as error:
            raise RegistryError(
                f"'{name}' of version {version.version} cannot be fetched from MLflow",
                got=hide_users(str(error)),
                fix="Restore the artefacts of its run, or promote another version",
            ) from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """A block that one process and thread of this home is in at a time for the model."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / LOCK_FILE, timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            raise RegistryError(
                f"Another process holds the registry of '{self.name}' for a minute already",
                fix="Wait for it to end, then try again",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _choose(self, version: str, versions: Sequence[ModelVersion]) -> ModelVersion:
        for one in versions:
            if version in {one.version, str(one.number)}:
                return one
        raise RegistryError(
            f"Model '{self.name}' has no registered version '{version}'",
            available=[one.version for one in versions],
            fix="See 'mmm models'",
        )

    @cached_property
    def _client(self) -> "MlflowClient":
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)

    def _is_new(self) -> bool:
        """Whether the local file of MLflow does not exist, which asking would take seconds for."""
        path = self.tracking_uri.removeprefix("sqlite:///")
        return path != self.tracking_uri and not Path(path).exists()

    def _read_aliases(self) -> dict[str, int]:
        known = self._client.get_registered_model(self.name)
        return {alias: int(number) for alias, number in known.aliases.items()}

    def _create(self, run_id: str, *, tags: dict[str, str]) -> ModelVersion:
        """The version whose artefact is the posterior of the MLflow run."""
        from mlflow.exceptions import MlflowException

        with _told(self):
            try:
                self._client.create_registered_model(self.name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            run = self._client.get_run(run_id)
            made = self._client.create_model_version(
                self.name,
                source=f"{run.info.artifact_uri}/{ARTEFACT}",
                run_id=run_id,
                tags=tags,
            )
        return read_version(number=int(made.version), run_id=run_id, tags=tags, aliases=())


def _told(registry: Registry) -> AbstractContextManager[None]:
    """A block in which an error of MLflow becomes a RegistryError."""
    return tell_mlflow_errors(
        f"MLflow refused to read or change the registered model '{registry.name}'"
    )


def open_registry(home: Home) -> Registry:
    """The registry of the home's one model; nothing is read or made yet."""
    one = home.one
    name = f"{one.project}.{one.model_name}" if one.model_name else one.project
    return Registry(name=name, tracking_uri=home.mlflow_uri, folder=home.posteriors)
