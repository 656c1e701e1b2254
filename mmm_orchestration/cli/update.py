"""Update the champion by the days since its fit, without a fit."""

import json

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("update")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of a table.")
@model_option
@click.pass_obj
def command(shell: Shell, *, is_json: bool, model: str | None) -> None:
    """Update the champion by the days since its fit, by weighing its draws.

    It takes seconds. Where the new days lie outside of what the draws expect, the update is refused
    and a refit is due; the exit code is 1 then. An update is no version of the model.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.scorecard import print_update
    from mmm_orchestration.updating import keep_update, update_champion
    from mmm_orchestration.watching import demand_champion

    home = open_home(shell.project_file, model=model)
    report = update_champion(home.open_lake(), home=home, champion=demand_champion(home))
    path = keep_update(report, home=home)
    if is_json:
        click.echo(json.dumps(report.to_document(), indent=2))
    else:
        print_update(report.sentence, report.to_frame(), say=click.echo)
        click.echo(f"Kept in {path}")
    if not report.update.is_accepted:
        raise SystemExit(1)
