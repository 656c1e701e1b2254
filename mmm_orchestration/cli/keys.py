"""Make, list and revoke keys of the REST API."""

import click

from mmm_orchestration.cli import Shell


@click.group("keys")
def command() -> None:
    """Make, list and revoke keys of the REST API.

    `mmm keys new NAME --scope read --scope plan` shows a key once; only a salted hash of it is kept
    beside mmm.yaml. `mmm keys list` names the keys, `mmm keys revoke NAME` ends one, also for a
    server that runs.
    """


@command.command("new")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "plan", "approve"]),
    default=("read",),
    show_default=True,
    help="What it may do: read results, ask for plans and scenarios, approve plans.",
)
@click.pass_obj
def new(shell: Shell, *, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and show it once."""
    from mmm_orchestration.api.keys import make_key
    from mmm_orchestration.home import open_home

    secret = make_key(open_home(shell.project_file), name=name, scopes=scopes)
    click.echo("Shown once, and kept nowhere:", err=True)
    click.echo(secret)


@command.command("list")
@click.pass_obj
def show(shell: Shell) -> None:
    """List the keys by name, with what they may do."""
    from mmm_orchestration.api.keys import load_keys
    from mmm_orchestration.home import open_home

    for key in load_keys(open_home(shell.project_file)):
        click.echo(f"{key.name}: {', '.join(key.scopes)}; {key.made or 'of the environment'}")


@command.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke(shell: Shell, *, name: str) -> None:
    """End a key."""
    from mmm_orchestration.api.keys import revoke_key
    from mmm_orchestration.home import open_home

    revoke_key(open_home(shell.project_file), name=name)
    click.echo(f"Revoked: {name}")
