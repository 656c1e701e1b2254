"""What several commands share: running the jobs with their progress shown, and the report."""

import json
import time

import click

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home

model_option = click.option(
    "--model", metavar="NAME", help="Which model, where mmm.yaml declares several."
)


def run_project(home: Home, *, window: DayWindow, is_training: bool) -> None:
    """Runs the daily chain and the training of the models; exits with 1 when one of them fails."""
    from mmm_orchestration.runner import Outcome, run_daily, run_train

    models = home.list_models()
    started = time.monotonic()

    def say(line: str) -> None:
        colour = "yellow" if line.startswith("warn:") else None
        click.secho(f"{time.monotonic() - started:6.1f} s  {line}", err=True, fg=colour)

    def demand(outcome: Outcome) -> None:
        if not outcome.is_success:
            for failure in outcome.failures or ("the run failed",):
                click.secho(f"failed: {failure}", err=True, fg="red")
            raise SystemExit(1)

    say(f"daily chain for {window}")
    demand(run_daily(home, window=window, say=say))
    for each in models if is_training else []:
        say(f"training {each.model}" if each.model else "training")
        demand(run_train(each, say=say))


def show_report(home: Home, *, is_json: bool) -> None:
    """Prints ROI, marginal ROI and doubts of the model's latest posterior, or all of it as JSON."""
    from rich.console import Console

    from mmm_orchestration.publishing import prepare_report
    from mmm_orchestration.reporting.tables import print_roi, roi_json

    report = prepare_report(home.open_lake(), home=home)
    if is_json:
        click.echo(json.dumps(roi_json(report.results, report.findings), indent=2))
        return
    print_roi(report.results, report.findings, Console())
    click.echo(f"\nReport: {home.reports / 'roi.html'}")
