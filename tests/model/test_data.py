"""Gold tables to the modelled arrays."""

import dataclasses
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.errors import ModelError

from .worlds import START, World, frame_kpi, make_random_world, make_world

pytestmark = pytest.mark.unit

WEEKS = [START + timedelta(weeks=i) for i in range(40)]
DAYS = [START + timedelta(days=i) for i in range(7 * 40)]


def make_daily(grain: str = "week", first: int = 0, last: int = 280) -> World:
    """One channel that spends 1 a day and a KPI that counts days."""
    days = DAYS[first:last]
    return make_world(
        spend={"tv": [1.0] * len(days)},
        kpi=[float(i) for i in range(first, last)],
        dates=days,
        controls={"price": [float(d.weekday()) for d in days]},
        period_days=1,
        extra=f"model: {{grain: {grain}}}",
    )


def replace_media(world: World, media: pl.DataFrame) -> World:
    """The world with other media."""
    return dataclasses.replace(world, media=media)


def test_daily_rows_become_weeks() -> None:
    """Spend and KPI are summed over a week and controls averaged."""
    data = dataclasses.replace(make_daily(), controls=make_daily().controls).prepare()
    assert data.period_days == 7
    assert data.spend[:, 0, 0].tolist() == [7.0] * 40
    assert data.kpi[1, 0] == sum(range(7, 14))


def test_incomplete_first_and_last_weeks_are_left_out_and_said() -> None:
    """A range that starts on a Wednesday and ends on a Tuesday loses its two broken weeks."""
    data = make_daily(first=2, last=275).prepare()
    assert data.periods[0] == np.datetime64("2022-01-10")
    assert data.n_periods == 38
    assert [note.split(" are ")[0] for note in data.notes[:2]] == [
        "Days before 2022-01-10",
        "Days after 2022-10-02",
    ]


def test_weekly_rows_keep_their_own_weekday() -> None:
    """Rows that begin on Sunday override the declared Monday."""
    world = make_world(
        spend={"tv": range(1, 41)},
        kpi=range(40),
        dates=[d - timedelta(days=1) for d in WEEKS],
    )
    assert world.prepare().periods[0].item().weekday() == 6


def test_weekly_rows_on_two_calendars_are_refused() -> None:
    """Weekly sources that begin on different weekdays are named with them."""
    world = make_random_world()
    kpi = world.kpi.with_columns(date=pl.col("date") + pl.duration(days=2))
    with pytest.raises(ModelError, match=r"The KPI on wednesday.*"):
        dataclasses.replace(world, kpi=kpi).prepare()


def test_weekly_rows_cannot_be_modelled_by_day() -> None:
    """Grain 'day' names the series that are weekly."""
    world = make_random_world(extra="model: {grain: day}")
    with pytest.raises(ModelError, match="Channel 'radio'"):
        world.prepare()


def test_a_gap_names_its_periods() -> None:
    """A week missing inside the range is an error with its date."""
    world = make_random_world()
    gap = WEEKS[10]
    with pytest.raises(ModelError, match=f"The KPI is not complete on 1 weeks from {gap}"):
        dataclasses.replace(world, kpi=world.kpi.filter(pl.col("date") != gap)).prepare()


def test_geos_are_summed_and_controls_averaged() -> None:
    """Two equal geos double media and KPI and leave the controls."""
    world = make_random_world()
    twice = World(
        *(
            pl.concat([frame, frame.with_columns(geo=pl.lit("other"))])
            for frame in (world.media, world.kpi, world.controls)
        ),
        project=world.project,
    ).prepare()
    once = world.prepare()
    assert np.allclose(twice.kpi, 2 * once.kpi)
    assert np.allclose(twice.exposure, 2 * once.exposure)
    assert np.allclose(twice.controls, once.controls)


def test_a_geo_missing_in_one_period_is_a_gap() -> None:
    """A sum over fewer geos than elsewhere is never taken for a low week."""
    world = make_random_world()
    other = world.kpi.with_columns(geo=pl.lit("other")).filter(pl.col("date") != WEEKS[5])
    with pytest.raises(ModelError, match=str(WEEKS[5])):
        dataclasses.replace(world, kpi=pl.concat([world.kpi, other])).prepare()


def test_a_declared_channel_without_rows_is_refused() -> None:
    """The error names the channel and those that exist."""
    world = make_random_world()
    with pytest.raises(ModelError, match=r"'tv' has no media rows.*'radio'"):
        replace_media(world, world.media.filter(pl.col("channel") != "tv")).prepare()


def test_a_control_without_value_is_refused() -> None:
    """A null control names the control and the date."""
    world = make_random_world()
    is_bad = pl.col("date") == WEEKS[3]
    controls = world.controls.with_columns(value=pl.when(~is_bad).then("value"))
    with pytest.raises(ModelError, match=str(WEEKS[3])):
        dataclasses.replace(world, controls=controls).prepare()


def test_missing_exposure_is_not_zero_unless_the_delivery_covers_the_day() -> None:
    """A null of a reported row is refused; of a day without a row it is zero."""
    world = make_random_world()
    is_hole = (pl.col("date") == WEEKS[3]) & (pl.col("channel") == "tv")
    holed = world.media.with_columns(spend=pl.when(~is_hole).then("spend"))
    with pytest.raises(ModelError, match="missing is not zero"):
        replace_media(world, holed).prepare()
    covered = holed.with_columns(is_reported=~is_hole)
    assert replace_media(world, covered).prepare().exposure[3, 0, 0] == 0


def test_unmapped_campaigns_are_said_and_not_modelled() -> None:
    """The note carries their spend."""
    world = make_random_world()
    extra = world.media.head(2).with_columns(channel=pl.lit("unmapped"), spend=pl.lit(50.0))
    data = replace_media(world, pl.concat([world.media, extra])).prepare()
    assert data.channels == ("tv", "radio")
    assert "spend 100.00" in data.notes[0]


def test_a_channel_that_is_never_on_is_left_out() -> None:
    """Its effect cannot be estimated, which a note says."""
    world = make_random_world()
    off = pl.when(pl.col("channel") != "tv").then("spend").otherwise(0.0)
    data = replace_media(world, world.media.with_columns(spend=off)).prepare()
    assert data.channels == ("radio",)
    assert data.notes == ("Channel 'tv' is left out: it was never on in the modelled range.",)


def test_a_control_that_never_changes_is_left_out() -> None:
    """A constant has no effect apart from the intercept."""
    world = make_random_world()
    still = world.controls.with_columns(
        value=pl.when(pl.col("control") == "control_0").then(1.0).otherwise("value")
    )
    assert dataclasses.replace(world, controls=still).prepare().control_names == ("control_1",)


def test_impressions_without_spend_give_nan_spend() -> None:
    """A channel whose exposure is impressions and that has no spend keeps a nan column."""
    world = make_random_world()
    channels = [c.model_copy(update={"exposure": "impressions"}) for c in world.project.channels]
    project = world.project.model_copy(update={"channels": tuple(channels)})
    media = world.media.with_columns(impressions="spend", spend=pl.lit(None, pl.Float64))
    data = dataclasses.replace(world, media=media, project=project).prepare()
    assert not data.has_spend.any()
    assert data.notes[0] == "Channel 'tv' has no spend, so it has no ROI."


def test_too_few_periods_are_refused() -> None:
    """Fewer periods than parameters make no model."""
    with pytest.raises(ModelError, match="11 periods are too few for 2 channels"):
        make_random_world(n_periods=11).prepare()


def test_a_kpi_that_never_changes_is_refused() -> None:
    """There is nothing to explain."""
    world = make_random_world()
    kpi = frame_kpi([5.0] * 60, dates=[START + timedelta(weeks=i) for i in range(60)])
    with pytest.raises(ModelError, match="must vary"):
        dataclasses.replace(world, kpi=kpi).prepare()


@pytest.mark.parametrize("name", ["kpi", "exposure", "spend", "controls"])
def test_the_snapshot_changes_with_every_observed_value(name: str) -> None:
    """One changed value of any array is another snapshot."""
    data = make_random_world().prepare()
    changed = getattr(data, name).copy()
    changed.flat[0] += 1e-9
    assert dataclasses.replace(data, **{name: changed}).snapshot != data.snapshot


def test_the_snapshot_does_not_depend_on_row_order() -> None:
    """The same rows in another order are the same data."""
    world = make_random_world()
    shuffled = replace_media(world, world.media.sample(fraction=1, shuffle=True, seed=1))
    assert shuffled.prepare().snapshot == world.prepare().snapshot


def test_many_geos_add_up_to_the_same_bits_in_any_row_order() -> None:
    """Sums over geos do not depend on the order of rows, which a group-by leaves open."""
    world = make_random_world()
    geos = [
        world.media.with_columns(pl.lit(f"geo_{i}").alias("geo"), pl.col("spend") / (i + 0.7))
        for i in range(40)
    ]
    snapshots = {
        replace_media(world, pl.concat(geos).sample(fraction=1, shuffle=True, seed=seed))
        .prepare()
        .snapshot
        for seed in range(5)
    }
    assert len(snapshots) == 1


def test_a_channel_that_begins_late_cuts_the_range() -> None:
    """Weeks before the channel's source begins are left out, not filled with zero."""
    world = make_random_world()
    late = (pl.col("channel") == "tv") & (pl.col("date") < date(2022, 2, 7))
    data = replace_media(world, world.media.filter(~late)).prepare()
    assert data.periods[0] == np.datetime64("2022-02-07")
    assert data.notes[0].endswith("Channel 'tv' is complete only from then.")
