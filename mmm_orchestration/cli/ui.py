"""Start the Dagster UI and its daemon over the project, on loopback."""

import os
import signal
import sys

import click

from mmm_orchestration.cli import Shell

_QUIET = "ignore:Function `dev_command` is superseded"  # its successor is a package of its own


@click.command("ui")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@click.pass_obj
def command(shell: Shell, *, port: int) -> None:
    """Start the Dagster UI and its daemon over the project, on loopback.

    The schedules are on: yesterday at 06:00 and the trailing 28 days at 07:00 in the project's
    time zone, as long as this runs. A second one over the same Dagster home, or over the same
    records from another machine, is refused.
    """
    from functools import partial

    from mmm_orchestration.event_log import enable_batches
    from mmm_orchestration.home import DAGSTER_HOME_ENV, PROJECT_ENV, open_home
    from mmm_orchestration.runner import open_instance
    from mmm_orchestration.upkeep.daemon import take_daemon_lock
    from mmm_orchestration.upkeep.heartbeats import refuse_living_daemon

    home = open_home(shell.project_file)
    enable_batches()
    os.environ[DAGSTER_HOME_ENV] = str(home.prepare_dagster())
    # the process this one turns into keeps the lock as long as it lives
    os.set_inheritable(take_daemon_lock(home.prepare_dagster()), True)
    with open_instance(home) as instance:
        refuse_living_daemon(instance, say=partial(click.echo, err=True))
    os.environ[PROJECT_ENV] = str(shell.project_file.absolute())
    click.echo(f"http://127.0.0.1:{port}", err=True)
    module = ["-m", "mmm_orchestration.definitions"]
    serve = ["-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port), *module]
    # Started in the background of a script it would ignore interrupts, and so would its daemon,
    # which is stopped by one and would outlive it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-W", _QUIET, *serve])  # noqa: S606 - the same one
