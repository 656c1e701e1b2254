"""Prints what operating must hold to, row by row; exit code 1 where one is missed."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks.ops.figure import Figure, write_table

ROOT = Path(__file__).resolve().parents[2]
# Each module has `measure(folder) -> tuple[Figure, ...]`; the longest is last.
NAMES = ("evaluations", "kills", "aliases", "secrets", "attribution", "year")


def list_names() -> tuple[str, ...]:
    """The rows that are there to be measured."""
    return tuple(name for name in NAMES if find_spec(f"benchmarks.ops.{name}"))


def measure_row(name: str, *, work: Path) -> tuple[Figure, ...]:
    """The figures of the module; whatever it raises is a figure that is missed."""
    try:
        figures: tuple[Figure, ...] = import_module(f"benchmarks.ops.{name}").measure(work / name)
    except Exception as error:  # noqa: BLE001 - the other rows are still measured
        said = f"{type(error).__name__}: {error}".replace("|", "/").splitlines()[0]
        return (Figure(name, "an answer", said, False, "it ended with an error"),)
    return figures


def choose(names: Sequence[str], *, only: Sequence[str], skipped: Sequence[str]) -> list[str]:
    """The rows that are asked for, in their order."""
    return [name for name in names if (not only or name in only) and name not in skipped]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="This row alone.")
@click.option("--skip", "skipped", multiple=True, type=click.Choice(NAMES), help="Not this row.")
def main(*, only: tuple[str, ...], skipped: tuple[str, ...]) -> None:
    """Measures every row, or those asked for, on this machine."""
    figures = list[Figure]()
    for name in choose(list_names(), only=only, skipped=skipped):
        click.echo(f"measuring {name}", err=True)
        figures += measure_row(name, work=ROOT / ".bench" / "ops")
    click.echo(write_table(figures))
    if not figures or not all(figure.is_ok for figure in figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
