"""The tables without Dagster: bronze to gold, and one write."""

import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from benchmarks.figure import Figure, Settings
from benchmarks.history import clear_folder, load_history
from mmm_orchestration.days import DayWindow
from mmm_orchestration.inspection import list_gold, list_silver
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Project
from mmm_orchestration.refine import write_gold, write_silver
from mmm_orchestration.tables.contracts import SILVER_MEDIA

N_WRITES = 20
N_SINKS = 3


def measure_ratio(settings: Settings) -> Figure:
    """Bronze to gold over three years against copying bronze with polars."""
    history = load_history(settings.work)
    project, folder = history.home.project, clear_folder(settings.work / "ratio")
    for name in ["deliveries", *(f"bronze_{source.name}" for source in project.sources)]:
        shutil.copytree(Path(history.home.lake_uri) / name, folder / "lake" / name)
    files = list_files(folder / "lake")
    copied = min(measure_seconds(lambda: copy_rows(files, folder / "copy")) for _ in range(N_SINKS))
    lake = Lake(folder / "lake")
    built = measure_seconds(lambda: refine(lake, project=project, window=history.window))
    n_bytes = sum(path.stat().st_size for paths in files.values() for path in paths)
    return Figure(
        "Bronze to gold against a bare copy",
        "stated as a ratio",
        f"{built / copied:.1f} × ({built:.2f} s against {copied:.2f} s)",
        f"all silver and gold tables, accepted and committed, against polars scan and sink of the "
        f"same {n_bytes / 1e6:.1f} MB of bronze; one process, best copy of {N_SINKS}",
    )


def list_files(lake: Path) -> dict[str, list[Path]]:
    """The data files of the newest version of every bronze table."""
    tables = [path for path in sorted(lake.iterdir()) if path.name.startswith("bronze_")]
    return {table.name: find_active(table) for table in tables}


def find_active(table: Path) -> list[Path]:
    """The data files of the newest version of one table."""
    return [Path(uri.removeprefix("file://")) for uri in DeltaTable(str(table)).file_uris()]


def copy_rows(files: dict[str, list[Path]], target: Path) -> None:
    """Every table scanned and written again as one Parquet file."""
    target.mkdir(exist_ok=True)
    for name, paths in files.items():
        rows = pl.scan_parquet(paths, hive_partitioning=False)
        rows.sink_parquet(target / f"{name}.parquet")


def refine(lake: Lake, *, project: Project, window: DayWindow) -> None:
    """Silver and gold of the window."""
    for contract in list_silver(project):
        write_silver(lake, contract=contract, project=project, window=window)
    for contract in list_gold(project):
        write_gold(lake, contract=contract, project=project, window=window)


def measure_write(settings: Settings) -> Figure:
    """One day written to a table of three years."""
    history = load_history(settings.work)
    folder = clear_folder(settings.work / "write")
    name = SILVER_MEDIA.name
    shutil.copytree(Path(history.home.lake_uri) / name, folder / name)
    lake, day = Lake(folder), DayWindow(history.window.last, history.window.last)
    rows = lake.read(name, contract=SILVER_MEDIA, window=day).collect()

    def write(number: int) -> None:
        changed = rows.with_columns(pl.col("spend") + number)
        lake.write_days(changed, contract=SILVER_MEDIA, window=day)

    seconds = [measure_seconds(partial(write, number)) for number in range(1, N_WRITES + 1)]
    return Figure(
        "One day written to the lake",
        "",
        f"{1000 * statistics.median(seconds):.0f} ms",
        f"a restated day of `{name}` of three years, gate to manifest with its sync; median of "
        f"{N_WRITES}",
    )


def measure_seconds(act: Callable[[], None]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
