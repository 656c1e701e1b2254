"""Prints the figures: all of them, or those named, in one Markdown table."""

from pathlib import Path

import click

from benchmarks.chain import measure_day, measure_range
from benchmarks.faults import measure_inputs, measure_kills
from benchmarks.figure import Measure, Settings, write_table
from benchmarks.model import measure_cost, measure_coverage, measure_fit, measure_growth
from benchmarks.tables import measure_ratio, measure_write
from benchmarks.whole import measure_clone, measure_demo

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
OWN_SECTION = "\n## Operating\n"  # is measured by `benchmarks.ops` and stays
MEASURES: dict[str, Measure] = {
    "clone": measure_clone,
    "demo": measure_demo,
    "range": measure_range,
    "daily": measure_day,
    "ratio": measure_ratio,
    "write": measure_write,
    "fit": measure_fit,
    "fit_cost": measure_cost,
    "fit_memory": measure_growth,
    "coverage": measure_coverage,
    "inputs": measure_inputs,
    "kills": measure_kills,
}
NAMES = click.Choice(list(MEASURES))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=NAMES)
@click.option("--skip", "skipped", multiple=True, type=NAMES, help="Leave this one out.")
@click.option("--seeds", "n_seeds", default=5, show_default=True, help="Worlds for the coverage.")
@click.option("--write", "is_written", is_flag=True, help=f"Also write {PAGE.relative_to(ROOT)}.")
def main(
    *, names: tuple[str, ...], skipped: tuple[str, ...], n_seeds: int, is_written: bool
) -> None:
    """Measures the NAMES, or everything, on this machine."""
    settings = Settings(work=ROOT / ".bench", n_seeds=n_seeds)
    figures = []
    for name in names or MEASURES:
        if name not in skipped:
            click.echo(f"measuring {name}", err=True)
            figures.append(MEASURES[name](settings))
    table = write_table(figures)
    click.echo(table)
    if is_written:
        _, mark, rest = PAGE.read_text(encoding="utf-8").partition(OWN_SECTION)
        PAGE.write_text(table + mark + rest, encoding="utf-8")


if __name__ == "__main__":
    main()
