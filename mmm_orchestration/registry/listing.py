"""The versions of a model with verdicts and switches, for people and programs.

Belongs here: rows, and printing them. Must not: MLflow, reading arguments.
"""

from dataclasses import asdict
from typing import TypedDict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mmm_orchestration.home import Home
from mmm_orchestration.promotion.results import find_verdict, say_verdict
from mmm_orchestration.registry.store import open_registry


class VersionRow(TypedDict):
    """One registered version; `verdict` is 'passed', 'failed' or 'not judged'."""

    number: int
    version: str
    period: str | None
    trained_through: str
    accepted_through: str
    aliases: list[str]
    verdict: str
    reasons: list[str]


class ModelsDocument(TypedDict):
    """What `mmm models --json` prints: versions newest first, switches oldest first."""

    model: str
    versions: list[VersionRow]
    switches: list[dict[str, str | int | None]]


def list_models(home: Home) -> ModelsDocument:
    """The versions of the home's one model and every switch of their aliases."""
    registry = open_registry(home)
    rows = []
    for one in registry.list():
        verdict = find_verdict(home.posteriors, version=one.version)
        rows.append(
            VersionRow(
                number=one.number,
                version=one.version,
                period=str(one.period) if one.period else None,
                trained_through=str(one.trained_through),
                accepted_through=str(one.accepted_through),
                aliases=list(one.aliases),
                verdict=say_verdict(verdict),
                reasons=list(verdict.reasons) if verdict else [],
            )
        )
    switches = [asdict(switch) for switch in registry.read_switches()]
    return ModelsDocument(model=registry.name, versions=rows, switches=switches)


def print_models(found: ModelsDocument) -> None:
    """Prints one row per version and one line per switch, for people."""
    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Number", "Version", "Period", "Trained through", "Aliases", "Verdict"):
        table.add_column(name, overflow="fold")
    for row in found["versions"]:
        cells = (
            str(row["number"]),
            row["version"],
            row["period"] or "none",
            row["trained_through"],
            ", ".join(row["aliases"]),
            row["verdict"],
        )
        table.add_row(*map(Text, cells))
    console.print(table)
    for line in say_switches(found):
        console.print(Text(line), soft_wrap=True)


def say_switches(found: ModelsDocument) -> list[str]:
    """One line per switch: when, what, who and why."""
    return [
        f"{s['at']}  {s['kind']} of {s['alias']}: {s['before'] or 'none'} -> {s['number']} by "
        f"{s['by']}: {s['reason']}" + (f" (waived: {s['waived']})" if s["waived"] else "")
        for s in found["switches"]
    ]
