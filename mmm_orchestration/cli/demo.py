"""Simulate three years of messy exports, run the whole chain and end with an ROI report."""

from datetime import datetime
from pathlib import Path

import click

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where the demo project is written.",
)
@click.option("--seed", type=click.IntRange(0), default=2026, show_default=True)
@click.option("--years", type=click.IntRange(2, 10), default=3, show_default=True)
@click.option("--to", "last", type=_DAY, help="Last simulated day; yesterday by default.")
@click.option("--write-only", is_flag=True, help="Write the exports and mmm.yaml, run nothing.")
def command(
    *, folder: Path, seed: int, years: int, last: datetime | None, write_only: bool
) -> None:
    """Simulate three years of messy exports, run the whole chain and end with an ROI report.

    The truth lies apart in FOLDER/truth and is compared with in the report. A folder that holds
    a demo already is used as it is.
    """
    from mmm_orchestration.cli._running import run_project, show_report
    from mmm_orchestration.days import DayWindow
    from mmm_orchestration.home import FILE_NAME, open_home
    from mmm_orchestration.sources.simulator import read_last_day, write_demo

    if (folder / FILE_NAME).exists():
        click.echo(f"Using the demo in {folder}; delete the folder for a new one.", err=True)
    else:
        write_demo(folder, seed=seed, last=last.date() if last else None, years=years)
        click.echo(f"Wrote exports, mmm.yaml and, apart, the truth to {folder}.", err=True)
    if write_only:
        return
    home = open_home(folder / FILE_NAME)
    window = DayWindow(home.project.start, read_last_day(folder))
    run_project(home, window=window, is_training=True)
    for each in home.list_models():
        show_report(each, is_json=False)
