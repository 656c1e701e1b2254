"""Run the daily chain over a range of days, then fit the model and build the report."""

from datetime import datetime

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("run")
@click.option("--from", "first", type=_DAY, help="First day; the project's start by default.")
@click.option("--to", "last", type=_DAY, help="Last day; yesterday by default.")
@click.option("--train/--no-train", "is_training", default=True, help="Fit the model afterwards.")
@model_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    first: datetime | None,
    last: datetime | None,
    is_training: bool,
    model: str | None,
) -> None:
    """Run the daily chain over a range of days, then fit the model and build the report.

    Days that did not change are not written again, so a run can always be repeated. Of several
    models each is fitted, or the one that --model names. Exit code 1 means that a
    step failed or a blocking check is red.
    """
    from mmm_orchestration.cli._running import run_project, show_report
    from mmm_orchestration.days import DayWindow
    from mmm_orchestration.home import open_home
    from mmm_orchestration.partitions import get_yesterday

    home = open_home(shell.project_file, model=model)
    start = first.date() if first else home.project.start
    end = last.date() if last else get_yesterday(home.project).last
    if end < start:
        raise click.UsageError(f"--to {end} lies before --from {start}.")
    run_project(home, window=DayWindow(start, end), is_training=is_training)
    for each in home.list_models() if is_training else []:
        show_report(each, is_json=False)
