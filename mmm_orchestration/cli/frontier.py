"""Show the best outcome of every budget, and where each channel's returns fall."""

import json
from dataclasses import asdict

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("frontier")
@click.option("--periods", type=click.IntRange(1, 104), help="How many periods of the model.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of tables.")
@model_option
@click.pass_obj
def command(shell: Shell, *, periods: int | None, is_json: bool, model: str | None) -> None:
    """Show the best outcome of every budget, and where each channel's returns fall.

    The limits are those of 'plan' in mmm.yaml, with channels free to double or to stop. For
    channels measured by reach and frequency also how often to reach people.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.planning import look_out
    from mmm_orchestration.reporting.frontier import print_outlook

    outlook = look_out(open_home(shell.project_file, model=model), periods=periods)
    if is_json:
        click.echo(json.dumps(asdict(outlook), indent=2))
        return
    print_outlook(outlook, say=click.echo)
