"""One row of the operating table: what is asked, what was reached, and whether that is enough."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figure import describe_machine


@dataclass(frozen=True)
class Figure:
    """One line of the table; `how` says in words what was done."""

    name: str
    asked: str
    reached: str
    is_ok: bool
    how: str


def write_table(figures: Sequence[Figure]) -> str:
    """The machine and the figures in Markdown."""
    rows = [
        f"| {f.name} | {f.asked} | {f.reached} | {'yes' if f.is_ok else '**no**'} | {f.how} |"
        for f in figures
    ]
    head = ["| what | asked | reached | ok | how |", "|---|---|---|---|---|"]
    machine = describe_machine().replace("make bench`", "make bench-ops`")
    return "\n".join([machine, "", *head, *rows, ""])
