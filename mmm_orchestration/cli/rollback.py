"""Give the champion back to the version that had it before."""

import getpass

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("rollback")
@click.option("--by", metavar="NAME", help="Who decides; the user of this machine by default.")
@click.option("--reason", metavar="TEXT", default="rolled back by hand", help="Why.")
@model_option
@click.pass_obj
def command(shell: Shell, *, by: str | None, reason: str, model: str | None) -> None:
    """Give the champion back to the version that had it before.

    Rolling back twice goes back twice. Who, when and why stay on record.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.registry.promoting import rollback

    home = open_home(shell.project_file, model=model)
    switch = rollback(home, by=by or getpass.getuser(), reason=reason)
    click.echo(f"Version {switch.number} is the champion again; before it was {switch.before}.")
