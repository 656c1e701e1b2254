"""Make a plan the plan of record, or withdraw one."""

from pathlib import Path

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("approve")
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--by", required=True, help="Who approves it.")
@click.option("--reason", required=True, help="Why.")
@click.option("--withdraw", metavar="NAME", help="Withdraw this approved plan instead.")
@model_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    file: Path | None,
    by: str,
    reason: str,
    withdraw: str | None,
    model: str | None,
) -> None:
    """Make a plan the plan of record, or withdraw one.

    FILE is the JSON of 'mmm optimize', the newest that was kept by default. Approvals are only ever
    added: the newest that was not withdrawn counts.
    """
    from mmm_orchestration.approving import approve
    from mmm_orchestration.decisions import record
    from mmm_orchestration.home import open_home

    home = open_home(shell.project_file, model=model)
    if withdraw is not None:
        record.withdraw(withdraw, by=by, reason=reason, folder=home.plans)
        click.echo(f"Withdrawn: {withdraw}")
        return
    approval = approve(home, by=by, reason=reason, file=file)
    click.echo(f"Approved: {approval.name}, {approval.first} to {approval.last}")
