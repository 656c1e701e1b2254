"""Say what a campaign in a file is expected to bring, period by period."""

import json
from pathlib import Path

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("simulate")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of text.")
@model_option
@click.pass_obj
def command(shell: Shell, *, file: Path, is_json: bool, model: str | None) -> None:
    """Say what a campaign in a file is expected to bring, period by period.

    FILE is CSV, Parquet or XLSX with the columns date, channel and spend, and perhaps geo: days or
    weeks after those the model was trained on. What it does not name is not spent; periods before
    its first day spend as today.
    """
    from mmm_orchestration.campaigns import simulate_campaign
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.simulation import print_simulation, simulation_json

    done = simulate_campaign(open_home(shell.project_file, model=model), file)
    words = {"unit": done.unit, "currency": done.currency}
    if is_json:
        told = simulation_json(done.simulation, version=done.record.version, **words)
        click.echo(json.dumps(told, indent=2))
        return
    print_simulation(done.simulation, say=click.echo, **words)
