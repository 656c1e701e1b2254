"""Say how well the model predicts: leave-one-out, and forecasts from earlier origins."""

import json

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("evaluate")
@click.option("--folds", type=click.IntRange(1, 20), help="Number of origins; 4 by default.")
@click.option(
    "--horizon", type=click.IntRange(1), help="Periods to forecast; eight weeks by default."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of tables.")
@model_option
@click.pass_obj
def command(
    shell: Shell, *, folds: int | None, horizon: int | None, is_json: bool, model: str | None
) -> None:
    """Say how well the model predicts: leave-one-out, and forecasts from earlier origins.

    Leave-one-out is of the posterior fitted last. For each origin the model is fitted on the
    days before it and forecasts the horizon, with media and controls known.
    """
    from mmm_orchestration.evaluating import evaluate
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.evaluation import evaluation_json, print_evaluation

    home = open_home(shell.project_file, model=model)
    found = evaluate(
        home,
        say=lambda line: click.echo(line, err=True),
        n_folds=folds,
        horizon=horizon,
    )
    if is_json:
        click.echo(json.dumps(evaluation_json(found.loo, found.forecasts), indent=2))
        return
    print_evaluation(found.loo, found.forecasts, say=click.echo)
