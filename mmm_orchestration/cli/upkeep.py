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


@command.command("prune")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would go, and remove nothing.")
@click.pass_obj
def prune(shell: Shell, *, is_dry: bool) -> None:
    """Remove runs, reports and posteriors that are older than mmm.yaml keeps them and unused."""
    from datetime import UTC, datetime

    from mmm_orchestration.home import open_home
    from mmm_orchestration.runner import open_instance
    from mmm_orchestration.upkeep.retention import remove_old

    home = open_home(shell.project_file)
    with open_instance(home) as instance:
        removed = remove_old(home, instance=instance, now=datetime.now(UTC), is_dry=is_dry)
    click.echo(str(removed))
    for name in (*removed.runs, *removed.reports, *removed.posteriors):
        click.echo(f"{'would remove' if is_dry else 'removed'} {name}")
