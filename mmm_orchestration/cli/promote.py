"""Make a registered version the champion."""

import getpass

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("promote")
@click.argument("version")
@click.option("--waive", "is_waived", is_flag=True, help="Promote what did not pass the gate.")
@click.option("--by", metavar="NAME", help="Who decides; the user of this machine by default.")
@click.option("--reason", metavar="TEXT", default="", help="Why.")
@model_option
@click.pass_obj
def command(
    shell: Shell, *, version: str, is_waived: bool, by: str | None, reason: str, model: str | None
) -> None:
    """Make VERSION, a name or number of `mmm models`, the champion.

    A version that has not passed the promotion gate needs --waive with --by and --reason. Who,
    when, why and what was waived stay on record.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.registry.promoting import promote

    home = open_home(shell.project_file, model=model)
    who = by or ("" if is_waived else getpass.getuser())
    switch = promote(home, version=version, by=who, reason=reason, is_waived=is_waived)
    before = switch.before or "none"
    click.echo(f"Version {switch.number} is the champion now; before it was {before}.")
