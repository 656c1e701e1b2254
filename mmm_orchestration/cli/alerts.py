"""List what is wrong now and what people are still to be told, or send a test message."""

import json
from datetime import UTC, datetime

import click

from mmm_orchestration.cli import Shell

_COLOURS = {"critical": "red", "error": "red", "warning": "yellow", "info": None}


@click.group("alerts", invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def command(context: click.Context, *, is_json: bool) -> None:
    """List what is wrong now and what people are still to be told, or send a test message.

    `mmm alerts test` sends a test message to every target of mmm.yaml. Exit code 1 means that a
    message did not get through, or still waits.
    """
    if context.invoked_subcommand is not None:
        return
    from mmm_orchestration.alerting.status import read_status
    from mmm_orchestration.home import open_home

    shell: Shell = context.obj
    status = read_status(open_home(shell.project_file), now=datetime.now(UTC))
    if is_json:
        click.echo(json.dumps(status.to_row(), indent=2))
    else:
        for problem in status.problems:
            click.secho(f"{problem.severity:8} ", fg=_COLOURS[problem.severity], nl=False)
            click.echo(f"{problem.what}\n         {problem.where}\n         {problem.fix}")
        n_open = len(status.problems)
        click.echo(f"{n_open} open {'problem' if n_open == 1 else 'problems'}")
        for line in status.waiting:
            click.secho(line, fg="yellow")
        for line in status.notes:
            click.echo(line)
    raise SystemExit(int(bool(status.waiting)))


@command.command("test")
@click.pass_context
def send_test_messages(context: click.Context) -> None:
    """Send a test message to every target."""
    from mmm_orchestration.alerting.status import try_targets
    from mmm_orchestration.home import open_home

    shell: Shell = context.obj
    results = try_targets(open_home(shell.project_file), now=datetime.now(UTC))
    for result in results:
        if result.error:
            click.secho(f"{result.target}: {result.error}", fg="red", err=True)
        else:
            click.echo(f"{result.target}: it took the message")
    raise SystemExit(int(any(result.error for result in results)))
