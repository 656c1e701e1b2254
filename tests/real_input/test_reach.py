"""A panel of 20 geos with a channel measured by reach and frequency, from file to arrays."""

from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.prepare import prepare_model_data
from mmm_orchestration.project import Project, parse_project
from mmm_orchestration.sources.deliveries import bronze_rows
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.tables.contracts import GOLD_CONTROLS_DAILY
from mmm_orchestration.tables.gold import build_gold_kpi_daily, build_gold_media_daily
from mmm_orchestration.tables.schema import polars_schema
from mmm_orchestration.tables.silver import build_silver_media, build_silver_outcomes

pytestmark = pytest.mark.unit

PROJECT = """
project: reach
time_zone: America/New_York
currency: USD
start: 2021-01-25
kpi: {source: sheet, outcome: conversions, kind: units, unit: conversions}
sources:
  - name: sheet
    format: table
    path: sheet.csv
    currency: USD
    tax: excluded
    table:
      date: time
      period: week
      geo: geo
      outcomes: [{name: conversions, column: conversions}]
      media:
        - {name: tv, spend: Channel0_spend}
        - {name: video, spend: Channel3_spend, reach: Channel3_reach, frequency: Channel3_frequency}
channels:
  - {name: tv, rules: [{source: sheet, campaign: tv}]}
  - {name: video, exposure: reach, rules: [{source: sheet, campaign: video}]}
model: {level: %s}
"""


@pytest.fixture(scope="module")
def file(shared_data: Path) -> Path:
    """The panel with reach and frequency."""
    return shared_data / "geo_panel_meridian" / "geo_media_rf.csv"


def build_gold(file: Path, *, project: Project) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Gold media and KPI of the file, all days accepted."""
    (source,) = project.sources
    reading = read_delivery(
        file.read_bytes(), file=file.name, source=source, project_time_zone=project.time_zone
    )
    bronze = bronze_rows(reading, file=file.name, delivery="x").lazy()
    days = nw.from_native(bronze.select("date").unique())
    none = pl.LazyFrame(schema={"date": pl.Date, "geo": pl.String, "channel": pl.String})
    frames = {source.name: nw.from_native(bronze)}
    covered = days.with_columns(source=nw.lit(source.name))
    media = build_silver_media(frames, project=project)
    outcomes = build_silver_outcomes(frames, project=project, covered=covered)
    gold = build_gold_media_daily(media, accepted=days, expected=nw.from_native(none))
    kpi = build_gold_kpi_daily(outcomes, accepted=days, project=project)
    return gold.to_native().collect(), kpi.to_native().collect()


def prepare(file: Path, *, level: str) -> ModelData:
    """The arrays of the file, nationally or by geo."""
    project = parse_project(PROJECT % level)
    media, kpi = build_gold(file, project=project)
    controls = pl.DataFrame(schema=polars_schema(GOLD_CONTROLS_DAILY))
    return prepare_model_data(media=media, kpi=kpi, controls=controls, project=project)


def test_national_frequency_is_weighted_by_reach(file: Path) -> None:
    """Reach adds up over geos, and frequency is contacts over people reached."""
    data = prepare(file, level="national")
    contacts = pl.col("Channel3_reach") * pl.col("Channel3_frequency")
    weeks = (
        pl.read_csv(file)
        .group_by("time")
        .agg(pl.col("Channel3_reach").sum(), contacts=contacts.sum())
        .sort("time")
    )
    assert data.has_frequency.tolist() == [False, True]
    reach = weeks["Channel3_reach"].to_numpy()
    assert data.exposure[:, 0, 1] == pytest.approx(reach)
    wanted = np.divide(
        weeks["contacts"].to_numpy(), reach, out=np.ones_like(reach), where=reach > 0
    )
    assert data.frequency[:, 0, 1] == pytest.approx(wanted)
    assert any(note.startswith("The reach of channel 'video' is gross") for note in data.notes)


def test_frequency_by_geo_is_that_of_the_file(file: Path) -> None:
    """Each geo keeps its own frequency, which is one where nobody was reached."""
    data = prepare(file, level="geo")
    rows = pl.read_csv(file).filter(geo=data.geos[3]).sort("time")
    reached = rows["Channel3_reach"].to_numpy() > 0
    assert not reached.all()
    found = data.frequency[:, 3, 1]
    assert found[reached] == pytest.approx(rows["Channel3_frequency"].to_numpy()[reached])
    assert found[~reached].tolist() == [1.0] * int((~reached).sum())


def test_reach_without_frequency_is_refused(file: Path) -> None:
    """People reached an unknown number of times cannot be modelled by reach."""
    project = parse_project(PROJECT % "national")
    media, kpi = build_gold(file, project=project)
    media = media.with_columns(frequency=pl.lit(None, pl.Float64))
    controls = pl.DataFrame(schema=polars_schema(GOLD_CONTROLS_DAILY))
    with pytest.raises(ModelError, match="'video' has no frequency"):
        prepare_model_data(media=media, kpi=kpi, controls=controls, project=project)
