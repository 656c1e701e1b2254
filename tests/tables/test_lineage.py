"""Which columns a table's columns come from."""

import pytest

from mmm_orchestration.project import parse_project
from mmm_orchestration.tables.lineage import trace_lineage

pytestmark = pytest.mark.unit

PROJECT = """
project: small
time_zone: UTC
currency: EUR
start: 2024-01-01
kpi: {name: revenue, source: shop, outcome: revenue}
sources:
  - name: shop
    format: table
    path: shop.csv
    currency: EUR
    table:
      date: day
      media: [{name: tv, spend: tv_cost}]
      outcomes: [{name: revenue, column: revenue}]
      controls:
        - {name: fair, column: event, equals: fair}
        - {name: sale, column: event, equals: sale}
channels:
  - {name: tv, rules: [{source: shop}]}
"""


def test_a_column_read_twice_is_named_once() -> None:
    """Two controls from the words of one text column come from that column."""
    lineage = trace_lineage(parse_project(PROJECT))["silver_controls"]
    assert lineage["value"] == [("bronze_shop", "event")]
