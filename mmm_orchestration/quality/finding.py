"""A finding: something a person should know about the data, as data."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mmm_orchestration.days import DayWindow

Severity = Literal["info", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error", "critical")


@dataclass(frozen=True)
class Finding:
    """What was seen, where, how bad it is and what to do; `cause` is a stable snake_case word.

    `numbers` are the figures behind the message by name.
    """

    severity: Severity
    cause: str
    table: str
    message: str
    fix: str
    days: DayWindow | None = None
    channel: str | None = None
    n_rows: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Finding":
        """The finding that `to_row` wrote."""
        days = DayWindow.parse(row["days"]) if row["days"] else None
        numbers = json.loads(row.get("numbers") or "{}")
        return cls(**{**row, "days": days, "numbers": numbers})

    def to_row(self) -> dict[str, str | int | None]:
        """The finding as one flat row for tables and JSON; finite `numbers` are a JSON text."""
        row = asdict(self)
        row["days"] = str(self.days) if self.days else None
        finite = {k: round(float(v), 6) for k, v in self.numbers.items() if math.isfinite(v)}
        row["numbers"] = json.dumps(finite) if finite else None
        return row


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """The findings, worst first, then by table, cause and first day."""
    return sorted(
        findings,
        key=lambda f: (
            -SEVERITIES.index(f.severity),
            f.table,
            f.cause,
            str(f.days or ""),
            f.channel or "",
        ),
    )
