"""What is measured and on which machine, as one Markdown table."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = ("dagster", "deltalake", "great-expectations", "nutpie", "polars", "pymc", "pytensor")


@dataclass(frozen=True)
class Figure:
    """One line of the table: what it is, what was asked, what came out and how."""

    name: str
    target: str
    measured: str
    how: str


@dataclass(frozen=True)
class Settings:
    """Where the work files lie and how many worlds are simulated for the coverage."""

    work: Path
    n_seeds: int


type Measure = Callable[[Settings], Figure]


def write_table(figures: Sequence[Figure]) -> str:
    """The figures and the machine in Markdown."""
    rows = [
        "| figure | target | measured | how |",
        "|---|---|---|---|",
        *(f"| {f.name} | {f.target} | {f.measured} | {f.how} |" for f in figures),
    ]
    return "\n".join(["# Benchmarks", "", describe_machine(), "", *rows, ""])


def describe_machine() -> str:
    """Day, processor, memory and versions in two sentences."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench` on {os.cpu_count()} cores "
        f"({find_processor()}) with {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.machine()}.\nPython {platform.python_version()}, {packages}."
    )


@cache
def find_processor() -> str:
    """The processor's model as the system names it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown processor"
