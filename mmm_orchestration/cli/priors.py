"""Show what the priors say in money, or take them from a saved posterior."""

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("priors")
@click.option("--from", "version", help="Print the lines that take the priors from this posterior.")
@click.option(
    "--widen",
    type=click.FloatRange(min=1),
    default=1.5,
    show_default=True,
    help="By how much a belief is wider than the posterior it comes from.",
)
@model_option
@click.pass_obj
def command(shell: Shell, *, version: str | None, widen: float, model: str | None) -> None:
    """Show what the priors say in money, or take them from a saved posterior.

    Without options: share, contribution and ROI of every channel before any KPI is seen. Beliefs
    that no one holds are easier to see here than in a posterior. With --from: the lines of
    mmm.yaml that hand a posterior on; days that both have seen would count twice, which is a
    finding of the next fit.
    """
    from mmm_orchestration.believing import show_beliefs, write_priors
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.tables import print_beliefs

    home = open_home(shell.project_file, model=model)
    if version is not None:
        click.echo(write_priors(home, version=version, widen=widen))
        return
    print_beliefs(show_beliefs(home))
