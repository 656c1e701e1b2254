"""How much of the error is noise: least squares that are told every true response curve.

Belongs here: contributions when carry-over and saturation are known and their sizes alone are
estimated. Must not: any engine.
"""

import click
import numpy as np
import polars as pl

from benchmarks.peers.datasets import NAMES, ROOT, DataSet, open_dataset
from benchmarks.peers.job import DATE, GEO, KPI, Array
from benchmarks.peers.metrics import measure_srmse

N_WAVES = 3
WEEKS_PER_YEAR = 365.25 / 7


def estimate_sizes(dataset: DataSet) -> Array:
    """Contributions (date, geo, channel): the true series of each channel times its estimated size.

    In each geo by itself the KPI is regressed on the true series, a line, three yearly waves and
    the controls; a size is one where nothing is missed.
    """
    table = pl.read_csv(dataset.data, try_parse_dates=True)
    found = np.empty_like(dataset.truth)
    for g, geo in enumerate(dataset.geos):
        own = table.filter(pl.col(GEO) == geo).sort(DATE)
        true = dataset.truth[:, g]
        columns = [build_baseline(own.height), own.select(dataset.controls).to_numpy(), true]
        sizes = np.linalg.lstsq(np.hstack(columns), own[KPI].to_numpy(), rcond=None)[0]
        found[:, g] = true * sizes[-true.shape[1] :]
    return found


def build_baseline(n_weeks: int) -> Array:
    """A constant, a line and three yearly waves, shape (date, column)."""
    week = np.arange(n_weeks)
    turns = 2 * np.pi * np.outer(week, np.arange(1, N_WAVES + 1)) / WEEKS_PER_YEAR
    return np.column_stack([np.ones(n_weeks), week / n_weeks, np.sin(turns), np.cos(turns)])


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", "names", multiple=True, type=click.Choice(NAMES), help="Only this set.")
def main(*, names: tuple[str, ...]) -> None:
    """Prints the SRMSE of least squares that know the true curves, for each data set."""
    click.echo("| data set | SRMSE with the true curves known |\n|---|---|")
    for name in names or NAMES[:3]:
        dataset = open_dataset(name, work=ROOT / ".bench" / "peers" / "floor")
        srmse = measure_srmse(estimate_sizes(dataset), truth=dataset.truth)
        click.echo(f"| {name} {dataset.size} | {srmse:.3f} |")


if __name__ == "__main__":
    main()
