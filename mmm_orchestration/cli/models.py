"""List the registered versions of a model, their verdicts and who made which one champion."""

import json

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("models")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of a table.")
@model_option
@click.pass_obj
def command(shell: Shell, *, is_json: bool, model: str | None) -> None:
    """List the registered versions of a model, their verdicts and who made which one champion.

    Newest first. `challenger` is the newest version, `champion` the one that was promoted.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.registry.listing import list_models, print_models

    found = list_models(open_home(shell.project_file, model=model))
    if is_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found["versions"]:
        click.echo(f"Model '{found['model']}' has no registered version yet.")
        return
    print_models(found)
