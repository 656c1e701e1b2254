"""Suites as data."""

import dataclasses

import pytest

from mmm_orchestration.project import UNMAPPED
from mmm_orchestration.quality.suites import Suite, bind_days, build_suites
from mmm_orchestration.tables.contracts import SILVER_MEDIA
from tests.quality.frames import DAYS, make_project

pytestmark = pytest.mark.unit

SUITES = {suite.table: suite for suite in build_suites(make_project())}


def test_suites_cover_silver_before_gold() -> None:
    """Every silver table has a suite, then every gold table."""
    assert list(SUITES) == [
        "silver_media",
        "silver_outcomes",
        "silver_controls",
        "gold_media_daily",
        "gold_kpi_daily",
        "gold_controls_daily",
    ]


def test_every_column_that_may_not_be_null_is_expected() -> None:
    """The structure of a suite comes from the contract of its table."""
    names = {e.name for e in SUITES["silver_media"].expectations}
    assert {f"{c.name}_is_present" for c in SILVER_MEDIA.columns if not c.is_nullable} <= names
    assert {"key_is_unique", "spend_is_in_range", "channel_is_declared"} <= names


def test_declared_channels_and_unmapped_are_allowed() -> None:
    """A campaign without a rule stays acceptable as 'unmapped'."""
    expectation = SUITES["silver_media"].expectation("channel_is_declared")
    assert expectation.words == ("search", "social", "tv", UNMAPPED)
    assert expectation.severity == "critical"


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_every_expectation_tells_what_it_means_and_what_to_do(suite: Suite) -> None:
    """Names are snake_case and both texts are sentences; gold only warns."""
    for expectation in suite.expectations:
        assert expectation.name.isidentifier()
        assert expectation.name.islower()
        assert expectation.means.endswith(".")
        assert expectation.fix.endswith(".")
        assert expectation.severity == "warning" or suite.table.startswith("silver")


def test_a_table_the_project_lacks_has_no_suite() -> None:
    """Without controls and daily media only outcomes and the KPI are checked."""
    project = make_project()
    shop = project.source("shop")
    assert shop.table
    table = shop.table.model_copy(update={"controls": ()})
    bare = project.model_copy(
        update={"sources": (shop.model_copy(update={"table": table}),), "controls": ()}
    )
    assert [s.table for s in build_suites(bare)] == ["silver_outcomes", "gold_kpi_daily"]


def test_a_weekly_kpi_blocks_no_single_day() -> None:
    """Presence of the KPI on every day is asked of daily sources only."""
    project = make_project()
    sources = tuple(
        s.model_copy(update={"table": s.table.model_copy(update={"period": "week"})})
        if s.table
        else s
        for s in project.sources
    )
    suites = build_suites(project.model_copy(update={"sources": sources}))
    expectation = suites[1].expectation("kpi_is_present")
    assert (expectation.severity, expectation.is_daily) == ("warning", False)


def test_days_are_bound_to_the_kpi_only() -> None:
    """The days of the window become the values that must be found."""
    suite = SUITES["silver_outcomes"]
    bound = bind_days(suite.expectation("kpi_is_present"), days=DAYS[:2])
    assert bound["value_set"] == ("2024-01-01", "2024-01-02")
    other = suite.expectation("value_is_present")
    assert bind_days(other, days=DAYS[:2]) == other.arguments


def test_a_suite_refuses_two_expectations_of_one_name() -> None:
    """Names become asset checks, so they must be unique in a suite."""
    suite = SUITES["silver_media"]
    with pytest.raises(ValueError, match="names an expectation twice"):
        dataclasses.replace(suite, expectations=suite.expectations * 2)
