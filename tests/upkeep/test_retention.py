"""What is old and not in use goes; the newest state of every asset stays."""

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home
from mmm_orchestration.runner import (
    open_instance,
    run_daily,
    run_maintenance,
)
from mmm_orchestration.upkeep.maintenance import care_for
from mmm_orchestration.upkeep.retention import remove_leftovers, remove_old
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project whose first day was run twice, and cared for."""
    home = write_small_project(tmp_path_factory.mktemp("old"), first=FIRST, n_days=1)
    for _ in range(2):
        assert run_daily(home, window=DayWindow(FIRST, FIRST), say=lambda _: None).is_success
    assert run_maintenance(home, say=lambda _: None).is_success
    return home


def count_evaluations(home: Home, *, run_id: str) -> int:
    """How many evaluations of checks Dagster keeps of the run."""
    path = home.dagster_home / "history" / "runs" / "index.db"
    query = "SELECT count(*) FROM asset_check_executions WHERE run_id = ?"
    with closing(sqlite3.connect(path)) as index:
        (n,) = index.execute(query, (run_id,)).fetchone()
    return int(n)


def test_only_what_is_not_in_use_goes(home: Home) -> None:
    """In a year the first of two runs of a day goes with its events, and the second stays."""
    later = datetime.now(UTC) + timedelta(days=400)
    with open_instance(home) as instance:
        newest, first = instance.get_runs(dg.RunsFilter(job_name="daily"))
        key = dg.AssetKey("gold_kpi_daily")
        logs = home.dagster_home / "storage"
        for run_id in (first.run_id, newest.run_id):
            (logs / run_id / "compute_logs").mkdir(parents=True, exist_ok=True)
            (logs / run_id / "compute_logs" / "step.out").write_text("said")
        dry = remove_old(home, instance=instance, now=later, is_dry=True)
        assert dry.runs == (first.run_id,)
        assert (logs / first.run_id).exists()
        assert instance.get_run_by_id(first.run_id) is not None
        assert count_evaluations(home, run_id=first.run_id) > 0
        removed = remove_old(home, instance=instance, now=later)
        assert replace(removed, n_bytes=0) == dry
        assert count_evaluations(home, run_id=first.run_id) == 0
        assert count_evaluations(home, run_id=newest.run_id) > 0
        assert instance.get_run_by_id(first.run_id) is None
        assert instance.get_run_by_id(newest.run_id) is not None
        assert instance.get_materialized_partitions(key) == {FIRST.isoformat()}
        assert instance.get_latest_materialization_event(key) is not None
    assert not list((home.dagster_home / "history" / "runs").glob(f"{first.run_id}*"))
    assert not (logs / first.run_id).exists()
    assert (logs / newest.run_id / "compute_logs" / "step.out").exists()


def test_old_reports_go_and_the_newest_page_stays(home: Home) -> None:
    """A page of one version is removed when it is old; that without a version never is."""
    home.reports.mkdir(exist_ok=True)
    for name in ("roi.html", "roi_2026-01-01-abc.html"):
        (home.reports / name).write_text("page")
    later = datetime.now(UTC) + timedelta(days=400)
    with open_instance(home) as instance:
        removed = remove_old(home, instance=instance, now=later)
    assert removed.reports == ("roi_2026-01-01-abc.html",)
    assert [path.name for path in home.reports.iterdir()] == ["roi.html"]


def test_only_old_drafts_are_leftovers(home: Home) -> None:
    """A draft of this minute belongs to somebody; one of two days ago to a crash."""
    home.reports.mkdir(exist_ok=True)
    old, new = home.reports / ".old.html", home.reports / ".new.html"
    staged = Path(home.lake_uri) / "gold_kpi_daily" / "part.parquet#1"
    for path in (old, new, staged):
        path.write_text("half")
    for path in (old, staged):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    assert set(remove_leftovers(home)) == {".old.html", "part.parquet#1"}
    assert new.exists()


def test_a_draft_that_is_moved_meanwhile_is_no_leftover(home: Home) -> None:
    """It is listed and is gone when it is looked at, as a link to nothing is."""
    home.reports.mkdir(exist_ok=True)
    link = home.reports / ".gone.html"
    link.symlink_to(home.reports / "nothing")
    assert ".gone.html" not in remove_leftovers(home)
    link.unlink()


def test_small_files_are_joined_and_damage_is_told(home: Home) -> None:
    """Compacting changes no row and keeps checksums; a flipped byte is told and left alone."""
    lake = home.open_lake()
    care_for(lake)
    assert all(not each.damage for each in care_for(lake))
    rows = lake.read("gold_kpi_daily").collect()
    file = next((Path(home.lake_uri) / "gold_kpi_daily").rglob("*.parquet"))
    active = pl.scan_parquet(file).collect_schema().names()
    assert set(active) >= set(rows.columns) - {"month"}
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    damaged = [each for each in care_for(home.open_lake()) if each.damage]
    assert [each.table for each in damaged] == ["gold_kpi_daily"]
    said: list[str] = []
    run_maintenance(home, say=said.append)
    assert any(line.startswith("error: maintenance.tables_are_whole: gold_kpi") for line in said)
