"""A finding: something a person should know about the data, as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mmm_orchestration.days import DayWindow

Severity = Literal["info", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error", "critical")


@dataclass(frozen=True)
class Finding:
    """What was seen, where, how bad it is and what to do; `cause` is a stable snake_case word."""

    severity: Severity
    cause: str
    table: str
    message: str
    fix: str
    days: DayWindow | None = None
    channel: str | None = None
    n_rows: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Finding":
        """The finding that `to_row` wrote."""
        days = DayWindow.parse(row["days"]) if row["days"] else None
        return cls(**{**row, "days": days})

    def to_row(self) -> dict[str, str | int | None]:
        """The finding as one flat row for tables and JSON."""
        row = asdict(self)
        row["days"] = str(self.days) if self.days else None
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
