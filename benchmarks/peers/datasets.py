"""The data sets: two published ones and two larger simulated ones, as files for every engine.

Belongs here: which sets there are, their files and their truth. Must not: how a world comes
about (see `worlds`).
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.peers.job import DATE, GEO, KPI, Array
from benchmarks.peers.worlds import Panel, Shape, simulate_panel

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT.parent / "shared" / "data" / "benchmark_param_recovery"
PUBLISHED_NAMES = ("small_business", "growing_business")
SHAPES = {
    "medium": Shape(weeks=156, geos=8, channels=8, seed=20_260_156),
    "enterprise": Shape(weeks=208, geos=50, channels=30, seed=20_260_208),
}
NAMES = (*PUBLISHED_NAMES, *SHAPES)
_TRUE = "contribution_"


@dataclass(frozen=True, eq=False)
class DataSet:
    """One file and its truth.

    `data` is a CSV with one row per `(date, geo)`: spend in `channels`, `controls`, and the KPI.
    `truth` (date, geo, channel) are the true contributions; no engine sees them.
    """

    name: str
    data: Path
    geos: tuple[str, ...]
    channels: tuple[str, ...]
    controls: tuple[str, ...]
    truth: Array

    @property
    def size(self) -> str:
        """Weeks × geos × channels."""
        return " × ".join(map(str, self.truth.shape))


def open_dataset(name: str, *, work: Path) -> DataSet:
    """The data set, its file written below `work`; FileNotFoundError without the published one."""
    if name in SHAPES:
        table, truth = _tabulate(simulate_panel(SHAPES[name]))
    else:
        table, truth = _read_published(name)
    folder = work / name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    table.write_csv(folder / "data.csv")
    channels = _list_columns(table, prefix="x")
    geos = table[GEO].unique(maintain_order=True).to_list()
    true = truth.sort(DATE, GEO).select(f"{_TRUE}{c}" for c in channels).to_numpy()
    order = [sorted(geos).index(geo) for geo in geos]
    return DataSet(
        name=name,
        data=folder / "data.csv",
        geos=tuple(geos),
        channels=channels,
        controls=_list_columns(table, prefix="c"),
        truth=true.reshape(-1, len(geos), len(channels))[:, order],
    )


def _read_published(name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The published table without the columns that are answers, and its true contributions."""
    if not PUBLISHED.is_dir():
        raise FileNotFoundError(f"{name} is read from {PUBLISHED}, which is absent")
    table = pl.read_csv(PUBLISHED / f"{name}.csv").select(pl.exclude("^.*_effect$"))
    return table, pl.read_csv(PUBLISHED / f"{name}_TRUTH_contributions.csv")


def _tabulate(panel: Panel) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A simulated world as the two tables in which the published ones come."""
    n_weeks, n_geos, n_channels = panel.spend.shape
    place = {
        DATE: np.repeat([day.isoformat() for day in panel.dates], n_geos),
        GEO: np.tile(panel.geos, n_weeks),
    }
    names = [f"x{i + 1}_channel-{i + 1}" for i in range(n_channels)]
    table = {
        **place,
        **_spread(panel.spend, names=names),
        **_spread(panel.controls, names=[f"c{i + 1}" for i in range(panel.controls.shape[-1])]),
        KPI: panel.sales.ravel(),
    }
    truth = _spread(panel.contribution, names=[_TRUE + name for name in names])
    return pl.DataFrame(table), pl.DataFrame({**place, **truth})


def _spread(values: Array, *, names: Sequence[str]) -> dict[str, Array]:
    """The columns of an array (date, geo, column) by name."""
    return {name: values[:, :, i].ravel() for i, name in enumerate(names)}


def _list_columns(table: pl.DataFrame, *, prefix: str) -> tuple[str, ...]:
    """Columns such as x1_search or c2, in their order."""
    numbered = [c for c in table.columns if c.startswith(prefix) and c[len(prefix)].isdigit()]
    return tuple(numbered)
