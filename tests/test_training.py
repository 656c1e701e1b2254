"""Gold to the data of a fit."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import ProjectError
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Project
from mmm_orchestration.tables.contracts import (
    GOLD_CONTROLS_DAILY,
    GOLD_KPI_DAILY,
    GOLD_MEDIA_DAILY,
    TableContract,
)
from mmm_orchestration.tables.schema import polars_schema
from mmm_orchestration.training import read_snapshot
from tests.model.worlds import World, make_random_world

pytestmark = pytest.mark.unit

BEFORE = dataclasses.replace(
    GOLD_KPI_DAILY,
    columns=tuple(c for c in GOLD_KPI_DAILY.columns if c.name not in {"source", "outcome"}),
    key=("date", "geo"),
)
SAID = {"source": pl.lit("sheet"), "outcome": pl.lit("sales")}


def write(lake: Lake, rows: pl.DataFrame, contract: TableContract) -> None:
    """The rows in the lake, columns that they lack without values."""
    schema = polars_schema(contract)
    lacking = [pl.lit(None, dtype=dtype).alias(n) for n, dtype in schema.items() if n not in rows]
    whole = rows.with_columns(lacking).select(list(schema)).cast(dict(schema))
    window = DayWindow(whole["date"].min(), whole["date"].max())  # type: ignore[arg-type]
    lake.write_days(whole, contract=contract, window=window)


def make_lake(world: World, folder: Path) -> Lake:
    """A lake as it was written before rows of the KPI named their outcome."""
    lake = Lake(str(folder / "lake"))
    write(lake, world.media, GOLD_MEDIA_DAILY)
    write(lake, world.controls, GOLD_CONTROLS_DAILY)
    write(lake, world.kpi, BEFORE)
    return lake


def test_a_lake_from_before_is_read_as_it_was(tmp_path: Path) -> None:
    """Rows that name no outcome hold the KPI, also beside later rows that do."""
    world = make_random_world()
    lake, expected = make_lake(world, tmp_path), world.prepare().snapshot
    assert read_snapshot(lake, project=world.project).data.snapshot == expected
    late = world.kpi.tail(10).with_columns(**SAID)
    write(lake, late, GOLD_KPI_DAILY)
    assert read_snapshot(lake, project=world.project).data.snapshot == expected


def test_another_outcome_is_not_read(tmp_path: Path) -> None:
    """Rows of an outcome that the project does not explain stay out of the fit."""
    world = make_random_world()
    lake = make_lake(world, tmp_path)
    both = [world.kpi.with_columns(**SAID | {"outcome": pl.lit(o)}) for o in ("sales", "orders")]
    write(lake, pl.concat(both), GOLD_KPI_DAILY)
    data = read_snapshot(lake, project=world.project).data
    assert np.array_equal(data.kpi, world.prepare().kpi)


def test_a_snapshot_is_of_one_model(tmp_path: Path) -> None:
    """A project of several models is refused where one is meant."""
    content = make_random_world().project.model_dump(mode="json")
    several = Project.model_validate(content | {"models": [{"name": "a"}, {"name": "b"}]})
    with pytest.raises(ProjectError, match="several models"):
        read_snapshot(Lake(str(tmp_path)), project=several)
