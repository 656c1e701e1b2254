"""Find the best plan for a budget, with a certificate."""

import json
from pathlib import Path

import click

from mmm_orchestration.cli import Shell
from mmm_orchestration.cli._running import model_option


@click.command("optimize")
@click.option(
    "--request",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A question in YAML or JSON; without it that of 'plan' in mmm.yaml.",
)
@click.option("--periods", type=click.IntRange(1, 104), help="How many periods of the model.")
@click.option("--budget", type=click.FloatRange(0), help="Money over all periods, all of it spent.")
@click.option("--percent", type=click.FloatRange(0), help="The same as a per cent of today's.")
@click.option("--roi", type=click.FloatRange(0, min_open=True), help="Spend while the ROI is this.")
@click.option(
    "--marginal-roi",
    type=click.FloatRange(0, min_open=True),
    help="Spend while another unit of money brings this back.",
)
@click.option(
    "--reach", type=click.FloatRange(0, 1000), help="How far each channel may move, in per cent."
)
@click.option(
    "--objective",
    type=click.Choice(["mean", "quantile", "cvar", "beat_today"]),
    help="What is made as large as possible.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the plan as CSV, Parquet or XLSX, as the ending says.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of tables.")
@model_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    file: Path | None,
    periods: int | None,
    budget: float | None,
    percent: float | None,
    roi: float | None,
    marginal_roi: float | None,
    reach: float | None,
    objective: str | None,
    out: Path | None,
    is_json: bool,
    model: str | None,
) -> None:
    """Find the best plan for a budget, with a certificate.

    The plan begins right after the periods that the model was trained on. Without any option the
    question is that of 'plan' in mmm.yaml: thirteen periods, today's money, each channel within
    half of what it spends today. Options change single parts of it. The page and the plan as JSON
    are kept beside the reports.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.planning import (
        change_request,
        export_plan,
        keep_plan,
        plan_budget,
        read_request,
    )
    from mmm_orchestration.reporting.plan import plan_json, print_plan

    home = open_home(shell.project_file, model=model)
    request = change_request(
        read_request(file) if file else home.one.plan,
        periods=periods,
        total=budget,
        percent=percent,
        roi=roi,
        marginal_roi=marginal_roi,
        reach=reach,
        objective=objective,
    )
    planned = plan_budget(home, request=request)
    page = keep_plan(planned, folder=home.reports)
    if out is not None:
        export_plan(planned, path=out)
    if is_json:
        told = plan_json(planned.optimum, version=planned.record.version)
        click.echo(json.dumps(told, indent=2))
        return
    print_plan(planned.optimum, say=click.echo)
    click.echo(f"\nPage: {page}")
