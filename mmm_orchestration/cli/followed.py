"""Say how the plan of record was followed, and what it brought beside what it promised."""

from datetime import datetime

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("followed")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="As of the morning of this day; today by default.",
)
@model_option
@click.pass_obj
def command(shell: Shell, *, on: datetime | None, model: str | None) -> None:
    """Say how the plan of record was followed, and what it brought beside what it promised.

    Over the periods of the plan that are over: spend in gold beside the plan, and what the
    posterior fitted last says they brought once it was trained on them.
    """
    from zoneinfo import ZoneInfo

    from mmm_orchestration.approving import follow
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.followed import print_followed

    home = open_home(shell.project_file, model=model)
    today = (on or datetime.now(ZoneInfo(home.project.time_zone))).date()
    found = follow(home, today=today)
    print_followed(found.approval, found.rows, n_over=found.n_periods, say=click.echo)
