"""Put a backup back, once every file of it is proved to be what was written."""

from pathlib import Path

import click

from mmm_orchestration.cli import Shell


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", "is_forced", is_flag=True, help="Set aside what is there already.")
@click.pass_obj
def command(shell: Shell, *, source: Path, is_forced: bool) -> None:
    """Put the backup SOURCE back into the folder of --project.

    Nothing is touched before all of it is checked. With --force what is there already is kept
    beside the restored, under a name that ends in '.before-' and the time.
    """
    from mmm_orchestration.upkeep.backup import restore

    done = restore(source, project_file=shell.project_file, is_forced=is_forced)
    click.echo(f"Restored {len(done.files)} files as of {done.made_at}.")
    click.echo("Run the daily chain over the days since then: mmm run --no-train")
