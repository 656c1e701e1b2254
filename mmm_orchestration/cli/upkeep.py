"""Do now what the system does by itself: mark dead runs as failed, remove what is old."""

import click

from mmm_orchestration.cli import Shell


@click.group("upkeep")
def command() -> None:
    """Do now what the system does by itself: mark dead runs as failed, remove what is old."""


@command.command("reap")
@click.pass_obj
def reap(shell: Shell) -> None:
    """Mark runs as failed whose process is gone, and free what they hold."""
    from mmm_orchestration.home import open_home
    from mmm_orchestration.runner import open_instance
    from mmm_orchestration.upkeep.reaping import reap_runs

    with open_instance(open_home(shell.project_file)) as instance:
        click.echo(str(reap_runs(instance)))
