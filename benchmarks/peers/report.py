"""The figures of all calls as Markdown and JSON, with the ratios to the better peer.

Belongs here: tables and their words. Must not: measuring.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import psutil

from benchmarks.figure import find_processor
from benchmarks.peers.engines import OWN
from benchmarks.peers.metrics import compare_errors, compare_rates

HEADER = (
    "| data set | engine | call | s | ESS/s | worst ESS (of) | R-hat | divergences | SRMSE "
    "| memory | artefact |"
)
RULE = "|---|---|---|---|---|---|---|---|---|---|---|"
MEBI = 2**20


@dataclass(frozen=True)
class Measured:
    """One call of one engine on one data set; `failure` says why the rest is empty."""

    dataset: str
    size: str
    engine: str
    call: str
    peak_bytes: int
    failure: str = ""
    seconds: float = 0.0
    ess: float = 0.0
    ess_of: str = ""
    r_hat: float = 0.0
    n_parameters: int = 0
    n_divergences: int | None = None
    srmse: float = 0.0
    artefact_bytes: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Worst bulk ESS per second of the whole call."""
        return self.ess / self.seconds


@dataclass(frozen=True)
class Ratio:
    """The own engine against the better peer in one call; None where either has no figure."""

    dataset: str
    call: str
    rate: float | None
    srmse: float | None
    fastest: str
    most_exact: str


def compare_engines(measured: Sequence[Measured]) -> list[Ratio]:
    """One ratio for each data set and call that this engine was asked for."""
    ratios = []
    for own in (m for m in measured if m.engine == OWN):
        same = [m for m in measured if (m.dataset, m.call) == (own.dataset, own.call)]
        peers = [m for m in same if m.engine != OWN and not m.failure]
        is_usable = bool(peers) and not own.failure
        rate = compare_rates(own.rate, peers=[m.rate for m in peers]) if is_usable else None
        error = compare_errors(own.srmse, peers=[m.srmse for m in peers]) if is_usable else None
        fastest = max(peers, key=lambda m: m.rate).engine if peers else "no peer"
        most_exact = min(peers, key=lambda m: m.srmse).engine if peers else "no peer"
        ratios.append(Ratio(own.dataset, own.call, rate, error, fastest, most_exact))
    return ratios


def write_markdown(measured: Sequence[Measured], *, settings: str) -> str:
    """The table of calls, that of ratios, and the machine."""
    rows = [write_row(m) for m in measured]
    return "\n".join(
        [
            "# Beside pymc-marketing and Meridian",
            "",
            f"{describe_host()} {settings}",
            describe_versions(measured),
            "",
            HEADER,
            RULE,
            *rows,
            "",
            "| data set | call | ESS/s ÷ better peer's | SRMSE ÷ better peer's |",
            "|---|---|---|---|",
            *(write_ratio(r) for r in compare_engines(measured)),
            "",
        ]
    )


def write_row(m: Measured) -> str:
    """One line of the table of calls."""
    start = f"| {m.dataset} {m.size} | {m.engine} | {m.call} |"
    if m.failure:
        words = " ".join(m.failure.replace("|", "/").split())
        return f"{start} failed: {words} | | | | | | {m.peak_bytes / MEBI:,.0f} MiB | |"
    divergences = "not counted" if m.n_divergences is None else str(m.n_divergences)
    return (
        f"{start} {m.seconds:.1f} | {m.rate:.3g} | {m.ess:,.0f} ({m.ess_of}) | {m.r_hat:.3f} "
        f"| {divergences} | {m.srmse:.3f} | {m.peak_bytes / MEBI:,.0f} MiB "
        f"| {m.artefact_bytes / MEBI:.2f} MiB |"
    )


def write_ratio(r: Ratio) -> str:
    """One line of the table of ratios."""
    rate = "no figure" if r.rate is None else f"{r.rate:.1f} × ({r.fastest})"
    error = "no figure" if r.srmse is None else f"{r.srmse:.2f} × ({r.most_exact})"
    return f"| {r.dataset} | {r.call} | {rate} | {error} |"


def describe_host() -> str:
    """Day, processor, memory and Python in one sentence."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench-model` on {os.cpu_count()} "
        f"cores ({find_processor()}) with {memory:.0f} GiB of memory, Python "
        f"{platform.python_version()}."
    )


def describe_versions(measured: Sequence[Measured]) -> str:
    """The packages with which each engine ran."""
    found = {m.engine: m.versions for m in measured if m.versions}
    return " ".join(
        f"{engine}: {', '.join(f'{name} {number}' for name, number in versions.items())}."
        for engine, versions in found.items()
    )


def write_json(measured: Sequence[Measured], *, settings: str) -> str:
    """All figures and ratios, for later comparison."""
    return json.dumps(
        {
            "host": describe_host(),
            "settings": settings,
            "calls": [asdict(m) for m in measured],
            "ratios": [asdict(r) for r in compare_engines(measured)],
        },
        indent=2,
    )
