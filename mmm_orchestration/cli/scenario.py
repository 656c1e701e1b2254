"""Play scenarios: shifts, cuts, a new channel, a price, a competitor."""

import json
from pathlib import Path

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("scenario")
@click.argument("scenarios", nargs=-1)
@click.option("--list", "is_list", is_flag=True, help="List the scenarios that are kept.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Also write the plans as CSV, Parquet or XLSX."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of text.")
@model_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    scenarios: tuple[str, ...],
    is_list: bool,
    out: Path | None,
    is_json: bool,
    model: str | None,
) -> None:
    """Play scenarios: shifts, cuts, a new channel, a price, a competitor.

    SCENARIOS are files in YAML or JSON, or names of scenarios that were played before; all are
    answered by the posterior fitted last, compared with each other, and kept by their names.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.playing import (
        export_comparison,
        find_request,
        keep_scenario,
        list_kept,
        play_scenarios,
    )
    from mmm_orchestration.reporting.scenarios import print_scenarios, scenarios_json

    home = open_home(shell.project_file, model=model)
    if is_list or not scenarios:
        for kept in list_kept(home.scenarios):
            click.echo(f"{kept.request.name}: played with {kept.version}")
        return
    played = play_scenarios(home, [find_request(word, home=home) for word in scenarios])
    for each in played.scenarios:
        keep_scenario(each, record=played.record, folder=home.scenarios)
    if out is not None:
        export_comparison(played, path=out)
    words = {"unit": played.unit, "currency": played.currency}
    if is_json:
        told = scenarios_json(played.scenarios, version=played.record.version, **words)
        click.echo(json.dumps(told, indent=2))
        return
    print_scenarios(played.scenarios, say=click.echo, **words)
