"""List what people should know about the data and the latest posterior, worst first."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option

_COLOURS = {"critical": "red", "error": "red", "warning": "yellow", "info": None}


@click.command("findings")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON list instead of text.")
@model_option
@click.pass_obj
def command(shell: Shell, *, is_json: bool, model: str | None) -> None:
    """List what people should know about data and posterior, worst first."""
    from mmm_orchestration.home import open_home
    from mmm_orchestration.publishing import find_all

    home = open_home(shell.project_file, model=model)
    today = datetime.now(ZoneInfo(home.project.time_zone)).date()
    findings = find_all(home.open_lake(), home=home, today=today)
    if is_json:
        click.echo(json.dumps([finding.to_row() for finding in findings], indent=2))
        return
    for finding in findings:
        click.secho(f"{finding.severity:8} ", fg=_COLOURS[finding.severity], nl=False)
        click.echo(f"{finding.message}\n         {finding.fix}")
    click.echo(f"{len(findings)} findings")
