"""The daily chain over real files, a real lake and a real Dagster instance."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home
from mmm_orchestration.inspection import find_in_lake
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.partitions import tag_range
from mmm_orchestration.runner import Outcome, open_instance, run_daily

from .small_project import spend_of, write_google_day, write_shop_day, write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
WINDOW = DayWindow(FIRST, FIRST + timedelta(days=13))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project whose fourteen days have run; tests that change it work on a copy."""
    home = write_small_project(
        tmp_path_factory.mktemp("history"), first=FIRST, n_days=14, has_bad_rows=True
    )
    assert run_chain(home, WINDOW).is_success
    return home


@pytest.fixture
def copied(history: Home, tmp_path: Path) -> Home:
    """A copy of the project and its lake that a test may change."""
    base = tmp_path / "copied"
    shutil.copytree(history.base, base)
    return Home(project=history.project, base=base)


def run_chain(home: Home, window: DayWindow) -> Outcome:
    """One run of the job 'daily'."""
    return run_daily(home, window=window, say=lambda _: None)


def read(home: Home, table: str) -> pl.DataFrame:
    """A table as it is now."""
    return Lake(home.lake_uri).read(table).collect()


def read_events(home: Home, table: str) -> dict[str, dg.MetadataValue]:
    """The metadata of the newest materialisation of a table."""
    with open_instance(home) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(table))
    assert event is not None
    assert event.asset_materialization is not None
    return dict(event.asset_materialization.metadata)


def test_every_accepted_day_is_in_gold(history: Home) -> None:
    """A range run brings each day and each declared channel to gold."""
    media = read(history, "gold_media_daily")
    assert media.height == 14 * 3
    assert read(history, "gold_kpi_daily")["date"].n_unique() == 14
    total = media.filter(channel="search")["spend"].sum()
    assert total == pytest.approx(sum(round(spend_of(d, campaign=0), 2) for d in WINDOW.days()))


def test_accepted_and_quarantined_rows_are_the_input(history: Home) -> None:
    """No row is lost: the register counts what bronze and quarantine hold."""
    register = read(history, "deliveries")
    assert register["n_input"].sum() == 14 * (3 + 1 + 1)
    assert register["n_accepted"].sum() == sum(
        read(history, f"bronze_{name}").height for name in ("google_ads", "meta_ads", "shop")
    )
    quarantine = read(history, "quarantine")
    assert register["n_quarantined"].sum() == quarantine.height == 14
    assert set(quarantine["rule"]) == {"unreadable_number"}


def test_a_run_can_be_repeated(copied: Home) -> None:
    """The same days again write nothing: all Delta versions stay."""
    tables = ("bronze_google_ads", "silver_media", "gold_media_daily", "deliveries")
    before = {name: Lake(copied.lake_uri).version(name) for name in tables}
    assert run_chain(copied, WINDOW).is_success
    assert {name: Lake(copied.lake_uri).version(name) for name in tables} == before


def test_a_delivery_under_another_name_changes_nothing(copied: Home) -> None:
    """Identity is content: the same bytes again are the same delivery."""
    landing = copied.base / "landing" / "shop"
    shutil.copy(landing / f"shop_{FIRST}.csv", landing / "again.csv")
    before = read(copied, "deliveries").height
    assert run_chain(copied, DayWindow(FIRST, FIRST)).is_success
    assert read(copied, "deliveries").height == before


def test_a_later_delivery_restates_its_days(copied: Home) -> None:
    """The later delivery wins its day in all tables, and the change is registered."""
    write_shop_day(copied.base, FIRST, revenue="777.25", correction=1)
    assert run_chain(copied, DayWindow(FIRST, FIRST)).is_success
    kpi = read(copied, "gold_kpi_daily").filter(date=FIRST)
    assert kpi["kpi"].to_list() == [777.25]
    (change,) = read(copied, "restatements").to_dicts()
    assert (change["table"], change["date"], change["after"]) == ("silver_outcomes", FIRST, 777.25)


def test_an_empty_delivery_deletes_no_day(copied: Home) -> None:
    """A later file without rows leaves the table as it is and is registered as empty."""
    landing = copied.base / "landing" / "shop"
    (landing / "zz_empty.csv").write_text("day,revenue,price\n", encoding="utf-8")
    before = read(copied, "bronze_shop")
    run_chain(copied, DayWindow(FIRST, FIRST))
    assert read(copied, "bronze_shop").sort("date").equals(before.sort("date"))
    assert read(copied, "deliveries").filter(file="zz_empty.csv")["status"].to_list() != ["read"]


def test_a_refused_file_is_red_and_blocks_nothing_else(copied: Home) -> None:
    """A file nobody can read turns its check red; days that are there stay accepted."""
    (copied.base / "landing" / "shop" / "noise.csv").write_bytes(b"\x00\x01\x02 nothing")
    outcome = run_chain(copied, DayWindow(FIRST, FIRST))
    assert outcome.is_success
    with open_instance(copied) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("bronze_shop"), "deliveries_are_readable")
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.status.value == "FAILED"


def test_a_day_whose_rows_are_all_quarantined_is_not_zero(copied: Home) -> None:
    """A later delivery that loses a whole day to quarantine keeps that day out of gold."""
    day = WINDOW.last + timedelta(days=1)
    path = write_google_day(copied.base, day)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('GBP,"', 'GBP,"x'), encoding="utf-8")
    write_shop_day(copied.base, day)
    assert not run_chain(copied, DayWindow(day, day)).is_success
    assert read(copied, "gold_kpi_daily").filter(date=day).is_empty()


def test_the_ui_is_told_what_was_written(history: Home) -> None:
    """A materialisation carries Delta version, row counts and the place of the table."""
    metadata = read_events(history, "gold_media_daily")
    assert metadata["rows_of_run"].value == 42
    assert metadata["delta_version"].value == Lake(history.lake_uri).version("gold_media_daily")
    assert str(metadata["dagster/uri"].value).endswith("gold_media_daily")


def test_every_asset_describes_itself(history: Home) -> None:
    """Each asset has description, group, owner and kinds; each table its schema and lineage."""
    graph = build_defs(home=history).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description
        assert node.group_name != "default"
        assert node.owners
        assert node.kinds
    table = graph.get(dg.AssetKey("silver_media")).metadata
    assert "dagster/column_schema" in table
    assert "dagster/column_lineage" in table


def test_every_check_says_what_to_do(history: Home) -> None:
    """No check is without a description."""
    graph = build_defs(home=history).resolve_asset_graph()
    silent = [k for k in graph.asset_check_keys if not graph.get_check_spec(k).description]
    assert silent == []


def test_findings_name_the_quarantined_rows(history: Home) -> None:
    """The rows that were set aside are among the findings."""
    findings = find_in_lake(
        Lake(history.lake_uri), project=history.project, today=WINDOW.last + timedelta(days=1)
    )
    assert "quarantined_rows" in {finding.cause for finding in findings}


def test_planned_checks_do_not_stay_planned(history: Home) -> None:
    """After a range run each check has one evaluation and none that is still planned."""
    with open_instance(history) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("silver_outcomes"), "days_are_accepted")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
    assert [record.status.value for record in records] == ["SUCCEEDED"]


def test_a_range_is_one_run_with_an_event_for_each_day(history: Home) -> None:
    """Every partition of the range is materialised by the single run."""
    with open_instance(history) as instance:
        days = instance.get_materialized_partitions(dg.AssetKey("silver_media"))
        runs = instance.get_runs(dg.RunsFilter(tags=tag_range(WINDOW)))
    assert days == {day.isoformat() for day in WINDOW.days()}
    assert len(runs) == 1
