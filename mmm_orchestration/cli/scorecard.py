"""Show how the champion's forecasts fared, by week or quarter."""

import json
from typing import Literal

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("scorecard")
@click.option(
    "--by",
    type=click.Choice(["week", "quarter"]),
    default="week",
    show_default=True,
    help="Over which periods the scores are.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of tables.")
@model_option
@click.pass_obj
def command(
    shell: Shell, *, by: Literal["week", "quarter"], is_json: bool, model: str | None
) -> None:
    """Show how the champion's forecasts fared, by week or quarter, and what its monitors say.

    A forecast is the last one made before its period was known. Scores that end in 'given' are of
    the same posterior once the exposure of the period had come.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.scorecard import print_scorecard, scorecard_json
    from mmm_orchestration.watching import read_scorecard

    home = open_home(shell.project_file, model=model)
    card = read_scorecard(home.open_lake(), home=home)
    if is_json:
        click.echo(json.dumps(scorecard_json(card, by=by), indent=2))
        return
    print_scorecard(card, by=by, say=click.echo)
