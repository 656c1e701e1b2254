"""The plan of record: what was approved, by whom, and what it promised.

Belongs here: approvals and their file. Must not: what came of a plan (see `followed`).

Approvals are only ever added. The newest that was not withdrawn and whose horizon holds a day is
the plan of record of that day.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from mmm_orchestration.errors import PlanError
from mmm_orchestration.files import write_whole

FOLDER: Final = "approved"


@dataclass(frozen=True)
class PlannedCell:
    """Money of one period, geo and channel."""

    period: date
    geo: str
    channel: str
    spend: float


@dataclass(frozen=True)
class Promise:
    """What a plan was said to bring, KPI units: the median with the ends of its 94 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Approval:
    """One approved plan.

    `promised` is the gain beyond the plan of that day, `brings` what all of it was said to bring,
    by channel in `channels`. `model_version` and `snapshot` name the posterior and its data.
    """

    by: str
    reason: str
    at: str
    model_version: str
    snapshot: str
    currency: str
    unit: str
    first: date
    period_days: int
    n_periods: int
    cells: tuple[PlannedCell, ...]
    promised: Promise
    brings: Promise
    channels: Mapping[str, Promise]
    withdrawn_by: str = ""
    withdrawn_because: str = ""

    @property
    def last(self) -> date:
        """Last day of the horizon."""
        return self.first + timedelta(days=self.n_periods * self.period_days - 1)

    @property
    def total(self) -> float:
        """All of the money."""
        return sum(cell.spend for cell in self.cells)

    @property
    def name(self) -> str:
        """The name of its file: when it was approved, and the first letters of its content."""
        row = {k: v for k, v in _to_row(self).items() if not k.startswith("withdrawn")}
        # a whole amount reads back as 10.0 and was 10
        content = json.dumps(json.loads(json.dumps(row), parse_int=float), sort_keys=True)
        stamp = self.at[:19].replace(":", "").replace("-", "").replace("T", "-")
        return f"{stamp}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


_APPROVAL: Final = TypeAdapter(Approval)


def keep_approval(approval: Approval, *, folder: Path) -> Path:
    """The file of the approval below `folder`; raises PlanError where nobody is named or says why.

    An approval that is there is not written again.
    """
    for what, value in (("who", approval.by), ("why", approval.reason)):
        if not value.strip():
            raise PlanError(f"An approval says {what}", fix="Give '--by' and '--reason'")
    path = folder / FOLDER / f"{approval.name}.json"
    if path.exists():
        raise PlanError("This plan is approved already", got=approval.name)
    return write_whole(path, json.dumps(_to_row(approval), indent=2))


def list_approvals(folder: Path) -> tuple[Approval, ...]:
    """All approvals, newest first.

    Raises PlanError for a file that is none, or that was altered since it was written.
    """
    found = [_read(path) for path in sorted((folder / FOLDER).glob("*.json"), reverse=True)]
    return tuple(found)


def find_plan_of_record(folder: Path, *, day: date) -> Approval | None:
    """The newest approval that holds `day` and was not withdrawn, None where there is none."""
    return next(
        (
            each
            for each in list_approvals(folder)
            if not each.withdrawn_by and each.first <= day <= each.last
        ),
        None,
    )


def withdraw(name: str, *, by: str, reason: str, folder: Path) -> Approval:
    """The approval `name`, from now on withdrawn; raises PlanError where there is none."""
    path = folder / FOLDER / f"{name}.json"
    known = [p.stem for p in (folder / FOLDER).glob("*.json")]
    if name not in known:
        raise PlanError(f"There is no approved plan '{name}'", available=sorted(known))
    if not by.strip() or not reason.strip():
        raise PlanError("A withdrawal says who and why", fix="Give '--by' and '--reason'")
    row = _to_row(_read(path)) | {"withdrawn_by": by, "withdrawn_because": reason}
    write_whole(path, json.dumps(row, indent=2))
    return _read(path)


def _read(path: Path) -> Approval:
    try:
        approval = _APPROVAL.validate_json(path.read_bytes())
    except ValidationError as error:
        raise PlanError(f"{path} is no approved plan", fix="Restore the file") from error
    if approval.name != path.stem:
        raise PlanError(f"{path} was altered since it was approved", fix="Restore the file")
    return approval


def _to_row(approval: Approval) -> dict[str, object]:
    row: dict[str, object] = json.loads(json.dumps(asdict(approval), default=str))
    return row
