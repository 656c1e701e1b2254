"""The demo's files, read back in order of arrival, give the world's spend and KPI exactly."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mmm_orchestration.project import Source, load_project
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.sources.reading import Reading
from mmm_orchestration.sources.simulator import DemoFiles, write_demo
from mmm_orchestration.sources.simulator.dirt import DirtKind

pytestmark = pytest.mark.unit

RULES: dict[str, DirtKind] = {
    "duplicate_row": "duplicated_line",
    "ragged_row": "ragged_line",
    "unreadable_number": "unreadable_number",
    "mixed_currency": "other_currency",
}


@dataclass(frozen=True)
class ReadSource:
    """What is known of a source after its last delivery, and every reading by file name."""

    rows: pl.DataFrame
    readings: dict[str, Reading]


def _read_source(demo: DemoFiles, source: Source) -> ReadSource:
    """Each delivery replaces the days it covers; bytes seen before change nothing."""
    seen: set[str] = set()
    readings: dict[str, Reading] = {}
    rows: pl.DataFrame | None = None
    for path in demo.deliveries:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.parent.name != source.name or digest in seen:
            continue
        seen.add(digest)
        reading = read_delivery(
            path.read_bytes(), file=path.name, source=source, project_time_zone="Europe/London"
        )
        readings[path.name] = reading
        covered = pl.col("date").is_between(reading.covered.first, reading.covered.last)
        kept = [] if rows is None else [rows.filter(~covered)]
        rows = pl.concat([*kept, reading.accepted])
    assert rows is not None
    return ReadSource(rows, readings)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """One year of the demo project, with every language, encoding and piece of dirt."""
    return write_demo(tmp_path_factory.mktemp("demo"), seed=1, last=date(2026, 11, 21), years=1)


@pytest.fixture(scope="module")
def sources(demo: DemoFiles) -> dict[str, ReadSource]:
    """Every source of the demo as it is known after the last delivery."""
    project = load_project(demo.project_file)
    return {s.name: _read_source(demo, s) for s in project.sources}


def test_spend_of_the_platforms_is_the_worlds(
    demo: DemoFiles, sources: dict[str, ReadSource]
) -> None:
    """Every campaign's spend of every day is the world's, to the penny."""
    keys = ["date", "source", "campaign"]
    read = pl.concat(
        s.rows.select("date", pl.lit(name).alias("source"), "campaign", "spend")
        for name, s in sources.items()
        if name.endswith("_ads")
    )
    world = demo.world.campaigns.filter(pl.col("channel") != "tv").select(read.columns)
    assert_frame_equal(read.sort(keys), world.sort(keys), check_exact=True)


def test_net_sales_of_the_shop_are_the_kpi(demo: DemoFiles, sources: dict[str, ReadSource]) -> None:
    """Totals less refunds of the orders of a day in London are the KPI to the penny."""
    net = pl.col("total").fill_null(0).sum() - pl.col("refunded").fill_null(0).sum()
    daily = sources["shopify"].rows.group_by("date").agg(net.round(2).alias("kpi")).sort("date")
    assert_frame_equal(daily, demo.world.kpi, check_exact=True)


def test_weekly_sheet_sums_the_world(demo: DemoFiles, sources: dict[str, ReadSource]) -> None:
    """TV spend and impressions of complete weeks are the sums of the world's days."""
    rows = sources["trading"].rows.sort("date")
    assert set(rows["period_days"]) == {7}
    days = demo.world.campaigns.filter(
        pl.col("channel") == "tv", pl.col("date").dt.truncate("1w").is_in(rows["date"].implode())
    )
    assert rows["TV spend GBP"].sum() == pytest.approx(days["spend"].sum())
    assert rows["TV impressions"].sum() == days["impressions"].sum()


def test_quarantine_holds_the_dirt_and_nothing_else(
    demo: DemoFiles, sources: dict[str, ReadSource]
) -> None:
    """Each quarantined row is a stated piece of dirt, with its rule and in its file."""
    found = Counter(
        (RULES.get(rule, rule), file)
        for source in sources.values()
        for file, reading in source.readings.items()
        for rule in reading.quarantined["rule"]
    )
    stated = {(d.kind, d.file): d.n_rows for d in demo.dirt if d.kind in RULES.values()}
    assert found == stated


def test_totals_lines_are_set_aside(demo: DemoFiles, sources: dict[str, ReadSource]) -> None:
    """As many lines as stated are recognised as totals of the rows."""
    found = {
        file: n
        for source in sources.values()
        for file, reading in source.readings.items()
        if (n := reading.set_aside.filter(pl.col("kind") == "totals").height)
    }
    assert found == {d.file: d.n_rows for d in demo.dirt if d.kind == "totals_line"}
