"""Show one's own numbers beside those of the field, and what the programme is worth."""

import json
from dataclasses import asdict

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option

MONEY = click.FloatRange(min=0)
PART = click.FloatRange(0, 1)


@click.command("value")
@click.option("--as", "kinds", multiple=True, metavar="CHANNEL=KIND", help="What a channel is.")
@click.option("--margin", type=PART, help="Part of the KPI's money that is profit.")
@click.option("--people", type=MONEY, default=0.0, help="Cost of people, a year.")
@click.option("--tools", type=MONEY, default=0.0, help="Cost of tools, a year.")
@click.option("--compute", type=MONEY, default=0.0, help="Cost of computing, a year.")
@click.option("--tests", type=MONEY, default=0.0, help="Profit that market tests cost, a year.")
@click.option("--setup", type=MONEY, default=0.0, help="Cost of setting it up, once.")
@click.option("--gain", type=(float, float, float), help="What a plan brings: median, low, high.")
@click.option("--plans", type=click.FloatRange(min=0, min_open=True), help="Plans a year.")
@click.option("--followed", type=PART, default=0.6, show_default=True, help="How often followed.")
@click.option("--realised", type=PART, default=0.5, show_default=True, help="What comes true.")
@click.option("--years", type=click.IntRange(1, 10), default=3, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of text.")
@model_option
@click.pass_obj
def command(
    shell: Shell,
    /,
    *,
    kinds: tuple[str, ...],
    margin: float | None,
    gain: tuple[float, float, float] | None,
    plans: float | None,
    is_json: bool,
    model: str | None,
    **costs: float,
) -> None:
    """Show one's own numbers beside those of the field, and what the programme is worth.

    ROI, the share of media, elasticity and carry-over stand beside published figures of the same
    kind and measure, each with its source and its weakness. With --margin also profit, and the
    return of the programme itself: what its plans bring less what it costs.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.reporting.value import print_field, print_programme
    from mmm_orchestration.valuing import evaluate, look_at_field, read_kinds

    home = open_home(shell.project_file, model=model)
    field = look_at_field(home, kinds=read_kinds(kinds), margin=margin)
    settings = {**costs, "margin": margin}
    valued = None if margin is None else evaluate(home, settings=settings, gain=gain, plans=plans)
    if is_json:
        told: dict[str, object] = {
            "kinds": dict(field.kinds),
            "field": [asdict(row) for row in field.placed],
        }
        if valued is not None:
            told |= {
                "programme": valued.programme.model_dump(),
                "gain_from": valued.said,
                "return": asdict(valued.brought),
            }
        click.echo(json.dumps(told, indent=2))
        return
    names = [channel.channel for channel in field.results.channels]
    print_field(field.placed, kinds=field.kinds, channels=names, say=click.echo)
    click.echo("")
    if valued is None:
        click.echo("Give --margin and costs for the return of the programme itself.")
        return
    print_programme(
        valued.programme,
        valued.brought,
        currency=home.project.currency,
        gain_from=valued.said,
        say=click.echo,
    )
