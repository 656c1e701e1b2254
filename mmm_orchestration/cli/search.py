"""Look for the settings that predict best, within a time budget."""

import json

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("search")
@click.option(
    "--budget", type=click.FloatRange(min=30), default=600, show_default=True, help="Seconds."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of a table.")
@model_option
@click.pass_obj
def command(shell: Shell, *, budget: float, is_json: bool, model: str | None) -> None:
    """Look for the settings that predict best, within a time budget.

    Tries trends, seasons, carry-over and saturation with short fits, scored by leave-one-out, and
    shows the lines of mmm.yaml that set the best. Tries are kept in searches/ beside mmm.yaml, so
    that a second search goes on where the first ended. mmm.yaml is not changed.
    """
    from mmm_orchestration.evaluating import search_project
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.evaluation import print_search, search_json

    home = open_home(shell.project_file, model=model)
    found = search_project(home, budget=budget, say=lambda line: click.echo(line, err=True))
    if is_json:
        click.echo(json.dumps(search_json(found), indent=2))
        return
    print_search(found, say=click.echo, model=home.one.model_name)
