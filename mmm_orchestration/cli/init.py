"""Write a commented mmm.yaml for one data file, each guess with its reason."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmm_orchestration.errors import ProjectError

if TYPE_CHECKING:
    from mmm_orchestration.project import KpiKind, Period
    from mmm_orchestration.starter.proposal import Proposal


@click.command("init", epilog="COL is a column of FILE. Whatever a flag says is not guessed.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--currency", metavar="CODE", help="Currency of the money, for example EUR.")
@click.option("--time-zone", metavar="ZONE", help="Time zone, for example Europe/Berlin.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where mmm.yaml is written.  [default: this folder]",
)
@click.option("--name", help="Name of the project.  [default: from FILE]")
@click.option("--date", metavar="COL", help="The date.")
@click.option("--date-format", metavar="FORMAT", help="How it is written, for example %d.%m.%Y.")
@click.option(
    "--period", type=click.Choice(["day", "week", "month"]), help="What one row stands for."
)
@click.option("--geo", metavar="COL", help="The region of a row.")
@click.option("--medium", metavar="COL", help="The medium of a row, in a long file.")
@click.option("--kpi", metavar="COL", help="What the model explains.")
@click.option("--kpi-kind", type=click.Choice(["revenue", "units"]), help="Money, or a count.")
@click.option("--value-per-unit", type=float, help="Money that one unit of the KPI is worth.")
@click.option("--spend", metavar="COL", multiple=True, help="Spend of a medium. Repeatable.")
@click.option("--exposure", metavar="COL", multiple=True, help="Impressions or clicks. Repeatable.")
@click.option("--control", metavar="COL", multiple=True, help="A control. Repeatable.")
@click.option("--ignore", metavar="COL", multiple=True, help="Leave a column out. Repeatable.")
@click.option("--force", is_flag=True, help="Replace an existing mmm.yaml.")
def command(
    file: Path,
    *,
    currency: str | None,
    time_zone: str | None,
    folder: Path,
    name: str | None,
    date: str | None,
    date_format: str | None,
    period: "Period | None",
    geo: str | None,
    medium: str | None,
    kpi: str | None,
    kpi_kind: "KpiKind | None",
    value_per_unit: float | None,
    spend: tuple[str, ...],
    exposure: tuple[str, ...],
    control: tuple[str, ...],
    ignore: tuple[str, ...],
    force: bool,
) -> None:
    """Write a commented mmm.yaml for FILE, each guess with its reason.

    FILE is one table with its column names in the first line: CSV, TSV, XLSX, Parquet or JSON,
    with one row per date, per date and region, or per date and medium. It stays where it is.
    Currency and time zone are never guessed.
    """
    from mmm_orchestration.starter import Choices, start_project

    choices = Choices(
        currency=_require(currency, flag="--currency", example="EUR"),
        time_zone=_require(time_zone, flag="--time-zone", example="Europe/Berlin"),
        name=name,
        date=date,
        date_format=date_format,
        period=period,
        geo=geo,
        medium=medium,
        kpi=kpi,
        kpi_kind=kpi_kind,
        value_per_unit=value_per_unit,
        spend=spend,
        exposure=exposure,
        control=control,
        ignore=ignore,
    )
    started = start_project(file, folder=folder, choices=choices, is_replacing=force)
    _show(started.proposal)
    click.secho(f"Wrote {started.path}; every guess stands there with its reason.", fg="green")


def _require(value: str | None, *, flag: str, example: str) -> str:
    """The value, asked for where a person can answer."""
    if value is not None:
        return value
    if sys.stdin.isatty():
        answer: str = click.prompt(f"{flag.lstrip('-')}, for example {example}")
        return answer
    raise ProjectError(f"{flag} is missing and is never guessed", fix=f"Add {flag} {example}")


def _show(proposal: "Proposal") -> None:
    media = ", ".join(medium.name for medium in proposal.media)
    controls = ", ".join(control.name for control in proposal.controls) or "none"
    n_out = len(proposal.ignored)
    period = proposal.dates.period
    click.echo(f"date      {proposal.dates.column}, one {period} per step")
    click.echo(f"KPI       {proposal.kpi.series.column}, {proposal.kpi.kind}")
    click.echo(f"media     {media}")
    click.echo(f"controls  {controls}")
    if proposal.spare_controls:
        click.echo(f"          {len(proposal.spare_controls)} more are ready, and commented out")
    if n_out:
        click.echo(f"left out  {n_out} column{'s' * (n_out != 1)}")
