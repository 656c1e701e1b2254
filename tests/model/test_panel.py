"""Gold tables by geo to the arrays of a panel."""

import dataclasses
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.parts import find_typical_exposure, prepare_parts

from .worlds import START, World, make_random_world

pytestmark = pytest.mark.unit

GEOS = {"north": 1.0, "south": 2.0}


def make_panel(extra: str = "model: {level: geo}") -> World:
    """The random world in two geos, all of it twice as large in the south."""
    world = make_random_world(extra=extra)
    return World(
        media=pl.concat(
            world.media.with_columns(geo=pl.lit(geo), spend=pl.col("spend") * size)
            for geo, size in GEOS.items()
        ),
        kpi=pl.concat(
            world.kpi.with_columns(geo=pl.lit(geo), kpi=pl.col("kpi") * size)
            for geo, size in GEOS.items()
        ),
        controls=pl.concat(world.controls.with_columns(geo=pl.lit(geo)) for geo in GEOS),
        project=world.project,
    )


def week(number: int) -> date:
    """The first day of a week of the world."""
    return START + timedelta(weeks=number)


def cut(frame: pl.DataFrame, *, geo: str, before: date) -> pl.DataFrame:
    """The frame without the rows of a geo before a day."""
    return frame.filter((pl.col("geo") != geo) | (pl.col("date") >= before))


def test_every_geo_has_its_own_column() -> None:
    """KPI, exposure, spend and controls keep their geo, in the order of the names."""
    data = make_panel().prepare()
    assert data.geos == ("north", "south")
    assert data.kpi.shape == (60, 2)
    assert data.exposure.shape == data.spend.shape == (60, 2, 2)
    assert data.exposure[:, 1] == pytest.approx(2 * data.exposure[:, 0])
    assert data.notes == ()


def test_a_geo_twice_as_large_has_twice_the_typical_exposure() -> None:
    """In typical exposures both geos are alike, and the weights follow their size."""
    data = make_panel().prepare()
    parts = prepare_parts(data, project=make_panel().project)
    scale = find_typical_exposure(data)
    assert scale[1] == pytest.approx(2 * scale[0])
    assert parts.exposure[0] == pytest.approx(parts.exposure[1])
    assert parts.weight.sum() == pytest.approx(1)
    assert parts.weight[1, 0] == pytest.approx(2 * parts.weight[0, 0])


def test_a_geo_that_opens_later_is_not_observed_before() -> None:
    """Its KPI is nan until then, its exposure zero, and a note says how much is missing."""
    world = make_panel()
    late = World(
        media=cut(world.media, geo="south", before=week(20)),
        kpi=cut(world.kpi, geo="south", before=week(20)),
        controls=world.controls,
        project=world.project,
    )
    data = late.prepare()
    assert data.is_observed.sum(axis=0).tolist() == [60, 40]
    assert (data.exposure[:20, 1] == 0).all()
    assert data.notes[0].startswith("20 of 120 periods of geos have no KPI, most in 'south'")


def test_periods_without_media_are_left_out_and_said() -> None:
    """A hole in the media of one geo takes those periods of that geo out, and no others."""
    world = make_panel()
    is_hole = (pl.col("geo") == "north") & (pl.col("channel") == "tv") & (pl.col("date") == week(9))
    data = dataclasses.replace(world, media=world.media.filter(~is_hole)).prepare()
    assert np.argwhere(~data.is_observed).tolist() == [[9, 0]]
    assert "1 periods of geos have a KPI but lack media or controls" in data.notes[0]


def test_a_channel_without_rows_in_a_geo_is_never_on_there() -> None:
    """The geo is modelled all the same."""
    world = make_panel()
    media = world.media.filter((pl.col("geo") != "north") | (pl.col("channel") != "tv"))
    data = dataclasses.replace(world, media=media).prepare()
    assert data.is_observed.all()
    assert (data.exposure[:, 0, 0] == 0).all()


def test_national_media_are_shared_out_by_kpi() -> None:
    """What is bought for the country goes to geos in proportion to their KPI; nothing is lost."""
    world = make_panel()
    tv = pl.col("channel") == "tv"
    national = make_random_world().media.filter(tv)
    media = pl.concat([world.media.filter(~tv), national])
    data = dataclasses.replace(world, media=media).prepare()
    assert data.exposure[:, 1, 0] == pytest.approx(2 * data.exposure[:, 0, 0])
    assert data.exposure[:, :, 0].sum() == pytest.approx(national["spend"].sum())


def test_national_controls_count_for_every_geo() -> None:
    """A control without geos has its value in each of them."""
    world = make_panel()
    data = dataclasses.replace(world, controls=make_random_world().controls).prepare()
    assert np.array_equal(data.controls[:, 0], data.controls[:, 1])


def test_media_before_the_first_kpi_are_history() -> None:
    """Exposure of the weeks before the KPI begins is kept, oldest first."""
    world = make_panel()
    whole = world.prepare()
    data = dataclasses.replace(world, kpi=world.kpi.filter(pl.col("date") >= week(10))).prepare()
    assert data.periods[0].item() == week(10)
    assert np.array_equal(data.history, whole.exposure[2:10])


def test_national_history_is_kept_too() -> None:
    """The sum over geos of the weeks before the KPI begins is the history of the country."""
    world = make_panel(extra="")
    whole = world.prepare()
    data = dataclasses.replace(world, kpi=world.kpi.filter(pl.col("date") >= week(3))).prepare()
    assert np.array_equal(data.history[5:], whole.exposure[:3])
    assert (data.history[:5] == 0).all()


def test_a_panel_without_any_whole_period_is_refused() -> None:
    """Media and KPI that never meet make no model."""
    world = make_panel()
    kpi = world.kpi.filter(pl.col("date") < week(5))
    media = world.media.filter(pl.col("date") >= week(5))
    with pytest.raises(ModelError, match="No period of any geo"):
        dataclasses.replace(world, kpi=kpi, media=media).prepare()
