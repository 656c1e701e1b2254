"""`python -m benchmarks.ops.year`: operates a project for simulated days and prints what came."""

import shutil
import sys
import warnings
from pathlib import Path

import click

from benchmarks.ops.figure import write_table
from benchmarks.ops.year.measure import judge_year

FOLDER = Path(__file__).resolve().parents[3] / ".bench" / "year"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--days", "n_days", default=365, show_default=True, help="Days to operate.")
@click.option("--folder", default=FOLDER, type=click.Path(path_type=Path), show_default=True)
@click.option("--fresh", is_flag=True, help="Begin anew instead of where the folder is.")
def main(*, n_days: int, folder: Path, fresh: bool) -> None:
    """Prints the table; exit code 1 where something asked is not met."""
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    warnings.simplefilter("ignore")
    figures = judge_year(folder, days=n_days, say=lambda line: click.echo(line, err=True))
    click.echo(write_table(figures))
    if not all(figure.is_ok for figure in figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
