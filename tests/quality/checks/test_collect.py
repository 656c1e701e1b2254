"""All plain checks together."""

from datetime import timedelta

import polars as pl
import pytest

from mmm_orchestration.quality.checks.collect import collect_findings
from mmm_orchestration.quality.finding import SEVERITIES, Finding
from tests.quality.frames import (
    DAYS,
    LAST,
    make_deliveries,
    make_gold_media_daily,
    make_project,
    make_quarantine,
    make_silver_controls,
    make_silver_media,
    make_silver_outcomes,
    plant,
)

pytestmark = pytest.mark.unit

PROJECT = make_project()
TODAY = LAST + timedelta(days=1)


def make_tables() -> dict[str, pl.DataFrame]:
    """Every table of a project in which nothing is odd."""
    return {
        "silver_media": make_silver_media(),
        "silver_outcomes": make_silver_outcomes(),
        "silver_controls": make_silver_controls(),
        "gold_media_daily": make_gold_media_daily(),
        "deliveries": make_deliveries(),
        "quarantine": make_quarantine(),
    }


def test_a_clean_project_has_no_findings() -> None:
    """Every check is silent on clean tables."""
    assert collect_findings(make_tables(), project=PROJECT, today=TODAY) == []


def test_no_tables_give_no_findings() -> None:
    """Before anything has landed there is nothing to say."""
    assert collect_findings({}, project=PROJECT, today=TODAY) == []


def test_tables_without_rows_only_lack_their_sources() -> None:
    """Tables without rows break no check; every required source is told as absent."""
    empty = {name: frame.clear() for name, frame in make_tables().items()}
    found = collect_findings(empty, project=PROJECT, today=TODAY)
    assert {f.cause for f in found} == {"stale_source"}
    assert len(found) == 4


def test_lazy_tables_give_the_same() -> None:
    """Lazy frames are collected."""
    media = plant(make_silver_media(), DAYS[9], by="source", equals="meta", spend=20_000.0)
    eager = {**make_tables(), "silver_media": media}
    lazy = {name: frame.lazy() for name, frame in eager.items()}
    found = collect_findings(eager, project=PROJECT, today=TODAY)
    assert [f.cause for f in found] == ["scale_outlier"]
    assert collect_findings(lazy, project=PROJECT, today=TODAY) == found


def test_findings_come_worst_first_with_notes() -> None:
    """Findings of all checks and notes are in one order, and each can be a row."""
    tables = make_tables()
    tables["quarantine"] = make_quarantine(("google", "a.csv", 3, "duplicate_row"))
    tables["deliveries"] = make_deliveries().with_columns(currency=pl.lit("USD"))
    note = Finding("info", "totals_row", "bronze_google", "A totals row was set aside.", "Nothing.")
    found = collect_findings(tables, project=PROJECT, today=TODAY, notes=[note])
    ranks = [SEVERITIES.index(f.severity) for f in found]
    assert ranks == sorted(ranks, reverse=True)
    assert found[-1] == note
    assert {f.cause for f in found} >= {"no_exchange_rate", "duplicate_rows"}
    assert all(f.to_row()["fix"] for f in found)
