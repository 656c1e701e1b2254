"""Bronze to silver."""

from datetime import date

import narwhals as nw
import polars as pl
import pytest

from mmm_orchestration.project import Project, parse_project
from mmm_orchestration.tables.contracts import bronze_contract
from mmm_orchestration.tables.measures import sum_measures
from mmm_orchestration.tables.schema import polars_schema
from mmm_orchestration.tables.silver import (
    build_silver_controls,
    build_silver_media,
    build_silver_outcomes,
)

pytestmark = pytest.mark.unit

DAY = date(2026, 3, 2)
PROJECT = """
project: acme
time_zone: Europe/London
currency: GBP
start: 2026-01-01
kpi: {source: shop, outcome: net_sales}
sources:
  - {name: shop, format: shopify, path: shop}
  - {name: google, format: google_ads, path: google, currency: EUR, exchange_rate: 0.8,
     tax: included, tax_rate: 0.25}
  - name: sheet
    format: table
    path: sheet.csv
    table:
      date: week
      period: week
      media: [{name: tv, spend: tv_cost, impressions: tv_views}]
      controls: [{name: launch, column: event, equals: launch}, {name: price, column: price}]
  - name: long
    format: table
    path: long.csv
    table:
      date: day
      long_media: {name: medium, spend: cost}
      outcomes: [{name: visits, column: cost, where: visits}]
channels:
  - {name: brand, rules: [{source: google, campaign: "*brand*"}]}
  - {name: other, rules: [{source: google, campaign: "shoes?"}, {source: long}]}
  - {name: tv, rules: [{source: sheet, campaign: tv}]}
"""


@pytest.fixture(scope="module")
def project() -> Project:
    """Two platforms, a weekly wide sheet and a long file."""
    return parse_project(PROJECT)


def make_bronze(project: Project, **rows: list[dict[str, object]]) -> dict[str, nw.LazyFrame]:
    """Bronze frames of all sources by name, with `rows` filled up by nulls and provenance."""
    frames = {}
    for source in project.sources:
        schema = polars_schema(bronze_contract(source))
        base = {"date": DAY, "period_days": 1, "geo": "national", "is_cancelled": False}
        given = [base | row for row in rows.get(source.name, [])]
        complete = [{name: row.get(name) for name in schema} for row in given]
        frames[source.name] = nw.from_native(pl.LazyFrame(complete, schema=schema))
    return frames


def cover(*days: tuple[str, date]) -> nw.LazyFrame:
    """The `(source, date)` that deliveries speak for."""
    schema = {"source": pl.String, "date": pl.Date}
    return nw.from_native(pl.LazyFrame(list(days), schema=schema, orient="row"))


def collect(frame: nw.LazyFrame) -> pl.DataFrame:
    """The computed frame in polars."""
    result = frame.to_native().collect()
    assert isinstance(result, pl.DataFrame)
    return result


def test_money_is_converted_and_freed_of_tax(project: Project) -> None:
    """125 euros with 25 % tax at 0.8 pounds are 80 pounds."""
    bronze = make_bronze(project, google=[{"campaign": "Brand UK", "spend": 125.0}])
    assert collect(build_silver_media(bronze, project=project))["spend"].to_list() == [80.0]


@pytest.mark.parametrize(
    ("campaign", "channel"),
    [("My BRAND | UK", "brand"), ("Shoes1", "other"), ("Shoes12", "unmapped"), ("", "unmapped")],
)
def test_the_first_matching_rule_names_the_channel(
    project: Project, campaign: str, channel: str
) -> None:
    """Patterns compare whole names without case; what matches none is kept as unmapped."""
    bronze = make_bronze(project, google=[{"campaign": campaign, "spend": 1.0}])
    assert collect(build_silver_media(bronze, project=project))["channel"].to_list() == [channel]


def test_rows_of_one_campaign_are_summed(project: Project) -> None:
    """Spend adds up; a measure that no row reports stays null and is not zero."""
    rows = [{"campaign": "brand", "spend": 100.0}, {"campaign": "brand", "spend": 25.0}]
    (row,) = collect(
        build_silver_media(make_bronze(project, google=rows), project=project)
    ).to_dicts()
    assert row["spend"] == pytest.approx(80.0)
    assert row["clicks"] is None


def test_weekly_media_keep_their_period(project: Project) -> None:
    """A weekly row stays one row of seven days."""
    bronze = make_bronze(
        project, sheet=[{"period_days": 7, "tv_cost": 700.0, "tv_views": 9.0, "event": "na"}]
    )
    (row,) = collect(build_silver_media(bronze, project=project)).to_dicts()
    assert (row["period_days"], row["channel"], row["spend"]) == (7, "tv", 700.0)


def test_rows_of_a_long_file_that_are_outcomes_are_no_media(project: Project) -> None:
    """The row named by `where` is an outcome; the others are media."""
    rows = [{"medium": "radio", "cost": 10.0}, {"medium": "visits", "cost": 300.0}]
    bronze = make_bronze(project, long=rows)
    assert collect(build_silver_media(bronze, project=project))["campaign"].to_list() == ["radio"]
    outcomes = collect(build_silver_outcomes(bronze, project=project, covered=cover()))
    assert outcomes.filter(outcome="visits")["value"].to_list() == [300.0]


def test_words_become_indicators(project: Project) -> None:
    """`equals` gives 1 where the column holds the word and 0 elsewhere."""
    rows = [
        {"date": date(2026, 3, 2), "event": "launch", "price": 3.0},
        {"date": date(2026, 3, 9), "event": "na", "price": None},
    ]
    controls = collect(build_silver_controls(make_bronze(project, sheet=rows), project=project))
    assert controls.filter(control="launch").sort("date")["value"].to_list() == [1.0, 0.0]
    assert controls.filter(control="price").height == 1


def test_order_totals_stand_on_the_first_line_only(project: Project) -> None:
    """Two lines of one order are one order; refunds leave, voided orders count nowhere."""
    rows = [
        {"order_name": "#1", "financial_status": "paid", "total": 50.0, "refunded": 20.0},
        {"order_name": "#1", "financial_status": None, "total": None},
        {"order_name": "#2", "financial_status": "voided", "total": 99.0, "refunded": 0.0},
        {
            "order_name": "#3",
            "financial_status": "refunded",
            "total": 30.0,
            "refunded": 30.0,
            "is_cancelled": True,
        },
    ]
    outcomes = collect(
        build_silver_outcomes(
            make_bronze(project, shop=rows), project=project, covered=cover(("shop", DAY))
        )
    )
    values = dict(outcomes.select("outcome", "value").iter_rows())
    assert values == {"gross_sales": 80.0, "refunds": 50.0, "net_sales": 30.0, "orders": 1.0}


def test_a_covered_day_without_orders_is_zero(project: Project) -> None:
    """The delivery says that nothing was sold; a day nobody covers stays missing."""
    covered = cover(("shop", DAY), ("google", date(2026, 3, 3)))
    silver = build_silver_outcomes(make_bronze(project), project=project, covered=covered)
    sold = collect(silver).filter(source="shop", outcome="net_sales")
    assert sold.select("date", "value").rows() == [(DAY, 0.0)]


def test_frequency_is_weighted_by_reach() -> None:
    """Rows of one campaign add up to gross reach and the frequency of all who were reached."""
    rows = [("a", 100.0, 2.0), ("a", 300.0, 4.0), ("b", 0.0, 0.0), ("c", None, None)]
    frame = pl.LazyFrame(
        [{"campaign": c, "reach": reach, "frequency": times} for c, reach, times in rows],
        schema={"campaign": pl.String, "reach": pl.Float64, "frequency": pl.Float64},
    ).with_columns(pl.lit(1.0).alias(m) for m in ("spend", "impressions", "clicks"))
    summed = sum_measures(nw.from_native(frame), key=("campaign",)).to_native().collect()
    found = summed.sort("campaign").select("campaign", "reach", "frequency").rows()
    assert found == [("a", 400.0, 3.5), ("b", 0.0, None), ("c", None, None)]
