"""Serve the champion's answers over HTTP, on loopback."""

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("serve")
@click.option("--host", help="Address to listen at; api.host of mmm.yaml by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; api.port by default.")
@model_option
@click.pass_obj
def command(shell: Shell, *, host: str | None, port: int | None, model: str | None) -> None:
    """Serve the champion's answers over HTTP, on loopback.

    Every question needs a key, see `mmm keys`. Another address than loopback is refused while there
    is no key. A version that is promoted meanwhile is served without a restart.
    """
    from mmm_orchestration.api.serving import serve
    from mmm_orchestration.home import open_home

    home = open_home(shell.project_file, model=model)
    serve(
        home, file=shell.project_file, host=host, port=port, say=lambda t: click.echo(t, err=True)
    )
