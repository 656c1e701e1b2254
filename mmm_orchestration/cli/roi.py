"""Print ROI and marginal ROI of every channel with their intervals."""

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("roi")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of a table.")
@model_option
@click.pass_obj
def command(shell: Shell, *, is_json: bool, model: str | None) -> None:
    """Print ROI and marginal ROI of every channel with their intervals.

    The numbers are of the posterior fitted last; one that did not converge is refused.
    """
    from mmm_orchestration.cli._running import show_report
    from mmm_orchestration.home import open_home

    show_report(open_home(shell.project_file, model=model), is_json=is_json)
