"""Say what this machine lacks and what follows from it."""

import json
from typing import TYPE_CHECKING

import click

from mmm_orchestration.cli import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from mmm_orchestration.doctor import Check

_COLOURS = {"fine": "green", "limited": "yellow", "missing": "red"}


@click.command("doctor")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON list instead of text.")
@click.pass_obj
def command(shell: Shell, *, is_json: bool) -> None:
    """Say what this machine lacks and what follows from it.

    Looks at the folder of the project file and at its lake, and, once the project has run, at how
    it is kept: backup, maintenance, room, locks, daemon, records. The exit code is 1 when
    something necessary is missing, and 0 otherwise.
    """
    from mmm_orchestration.doctor import examine_machine, is_able
    from mmm_orchestration.project import load_project

    file = shell.project_file
    lake = load_project(file).lake.uri if file.exists() else "lake"
    checks = (*examine_machine(file.absolute().parent, lake=lake), *_examine_upkeep(file))
    if is_json:
        click.echo(json.dumps([check.to_row() for check in checks], indent=2))
    else:
        for check in checks:
            click.secho(f"{check.status:8}", fg=_COLOURS[check.status], nl=False)
            click.echo(f"{check.name}: {check.found}")
            if check.follows:
                click.echo(f"{'':8}  {check.follows}")
                click.echo(f"{'':8}  to mend it: {check.mend}")
    raise SystemExit(0 if is_able(checks) else 1)


def _examine_upkeep(file: "Path") -> tuple["Check", ...]:
    """The checks of how the project is kept, none where it has not run yet."""
    from datetime import UTC, datetime

    from mmm_orchestration.home import open_home

    if not file.exists() or not ((home := open_home(file)).dagster_home / "dagster.yaml").exists():
        return ()
    from mmm_orchestration.runner import open_instance
    from mmm_orchestration.upkeep.health import examine_upkeep

    with open_instance(home) as instance:
        return examine_upkeep(home, instance=instance, now=datetime.now(UTC))
