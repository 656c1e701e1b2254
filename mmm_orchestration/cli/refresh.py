"""Say how the numbers moved since the champion, and why."""

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("refresh")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of tables.")
@model_option
@click.pass_obj
def command(shell: Shell, *, is_json: bool, model: str | None) -> None:
    """Say how the numbers moved since the champion, and why.

    Fits the model again with one thing changed at a time, and twice more with other seeds, so it
    takes a few fits. Afterwards the gates judge the challenger; nothing is promoted.
    """
    from rich.console import Console

    from mmm_orchestration.home import open_home
    from mmm_orchestration.promoting import judge
    from mmm_orchestration.refresh.results import dump_refresh
    from mmm_orchestration.refreshing import PAGE, refresh
    from mmm_orchestration.reporting.refresh import print_refresh, print_verdict

    home = open_home(shell.project_file, model=model)

    def say(line: str) -> None:
        click.echo(line, err=True)

    report = refresh(home, say=say)
    if report is None:
        click.echo("There is no champion beside the challenger, so nothing moved.", err=True)
        return
    verdict = judge(home, say=say)
    if is_json:
        click.echo(dump_refresh(report))
        return
    console = Console()
    print_refresh(report, console)
    print_verdict(verdict, console)
    click.echo(f"\nReport: {home.reports / PAGE}")
