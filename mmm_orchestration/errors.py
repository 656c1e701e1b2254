"""One family of errors, each saying what happened, what was got, what exists and the fix."""

import difflib
from collections.abc import Iterable


class MmmError(Exception):
    """Base of all errors a user can mend; its text is at most three sentences.

    The culprits stay readable as data: `what`, `got`, `available`, `fix`.
    """

    def __init__(
        self, what: str, *, got: object = None, available: Iterable[str] = (), fix: str = ""
    ) -> None:
        self.what = what.rstrip(".")
        self.got = got
        self.available = tuple(available)
        self.fix = fix.rstrip(".")
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        parts = [self.what if self.got is None else f"{self.what}, got {self.got!r}"]
        if self.available:
            shown = ", ".join(f"'{name}'" for name in self.available[:20])
            more = len(self.available) - 20
            parts.append(f"Available: {shown}" + (f" and {more} more" if more > 0 else ""))
        if self.fix:
            parts.append(self.fix)
        return ". ".join(parts) + "."


class ProjectError(MmmError):
    """mmm.yaml cannot be used as it stands."""


class SourceError(MmmError):
    """A delivery is refused as a whole: nothing of it can be accepted as daily or periodic rows."""


class ContractError(MmmError):
    """A frame does not keep the contract of the table it is meant for; nothing was written."""


class LakeError(MmmError):
    """A table of the lake cannot be opened, read or written safely."""


class QualityError(MmmError):
    """A quality suite cannot be evaluated as declared."""


class ModelError(MmmError):
    """The data or the settings do not make a model that can be fitted."""


class PosteriorError(MmmError):
    """A saved posterior is missing, altered or of another data version."""


class PlanError(MmmError):
    """A plan, its constraints or a question about the budget cannot be answered as asked."""


class DeliveryError(MmmError):
    """A message cannot be sent, or not to that place; its text holds no secret."""


class RegistryError(MmmError):
    """The model registry cannot be read, or cannot be changed as it was asked to."""


class ApiError(MmmError):
    """The REST API cannot be served as asked, or refuses a request."""


class UpkeepError(MmmError):
    """A backup, a restore or another act of upkeep is refused."""


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed word most like `name`, or None when none is close."""
    matches = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    return matches[0] if matches else None
