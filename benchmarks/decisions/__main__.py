"""Prints how fast and how good plans are, row by row; exit code 1 where one is missed."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks.ops.figure import Figure, write_table

FOLDER = Path(__file__).resolve().parents[2] / ".bench" / "decisions"
NAMES = ("speed", "api", "peers", "regret")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="This row alone.")
def main(*, only: tuple[str, ...]) -> None:
    """Measures every row, or those asked for, on this machine."""
    figures = list[Figure]()
    for name in only or NAMES:
        if find_spec(f"benchmarks.decisions.{name}"):
            click.echo(f"measuring {name}", err=True)
            figures += import_module(f"benchmarks.decisions.{name}").measure(FOLDER)
    click.echo(write_table(figures, command="make bench-decisions"))
    if not figures or not all(figure.is_ok for figure in figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
