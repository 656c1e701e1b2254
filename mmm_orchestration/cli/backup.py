"""Write lake, registry, Dagster home and results into one file, while they are in use."""

from pathlib import Path

import click

from mmm_orchestration.cli import Shell


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(shell: Shell, *, target: Path) -> None:
    """Write lake, registry, Dagster home and results into one tar file TARGET.

    Runs may go on meanwhile: each table is taken at a version that was committed, each database
    at one moment. Every file has its SHA-256 in the archive.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.upkeep.backup import back_up

    made = back_up(open_home(shell.project_file), target=target)
    size = made.path.stat().st_size / 1e6
    n_files, n_tables = len(made.manifest.files), len(made.manifest.versions)
    click.echo(f"{made.path}: {n_files} files of {n_tables} tables and more, {size:,.1f} MB")
    for sentence in made.left_out:
        click.echo(sentence)
