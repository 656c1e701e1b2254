"""The rows of the geos that a model is of."""

import dataclasses

import polars as pl
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.project import Project

from .test_panel import make_panel
from .worlds import World

pytestmark = pytest.mark.unit


def choose(world: World, *geos: str, level: str = "national") -> World:
    """The world with one model, of the geos."""
    content = world.project.model_dump(mode="json")
    content |= {"models": [{"name": "one", "geos": geos}], "model": {"level": level}}
    return dataclasses.replace(world, project=Project.model_validate(content).for_model("one"))


def test_a_model_of_one_geo_sees_no_other() -> None:
    """KPI and exposure are those of the geo, which is a third of the whole."""
    whole, north = make_panel(extra="").prepare(), choose(make_panel(), "north").prepare()
    assert north.kpi == pytest.approx(whole.kpi / 3)
    assert north.exposure == pytest.approx(whole.exposure / 3)
    assert choose(make_panel(), "south", level="geo").prepare().geos == ("south",)


def test_national_media_count_in_part() -> None:
    """A geo has the part of national media that it has of the KPI, which is said."""
    world = make_panel()
    national = world.media.group_by(pl.exclude("geo", "spend"), maintain_order=True).agg(
        pl.col("spend").sum(), geo=pl.lit("national")
    )
    shared = dataclasses.replace(world, media=national.select(world.media.columns))
    data = choose(shared, "south").prepare()
    assert data.exposure == pytest.approx(choose(world, "south").prepare().exposure)
    assert any("66.7% of it count" in note for note in data.notes)


def test_a_geo_that_is_not_there_is_refused() -> None:
    """The error lists the geos of the KPI and the nearest."""
    with pytest.raises(ModelError, match=r"no geo 'noth'. Available: 'north', 'south'.*'north'"):
        choose(make_panel(), "noth").prepare()
