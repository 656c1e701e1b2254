"""The readers against real export files and what is expected of each."""

import json
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source, SourceFormat
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.sources.reading import EmptyDeliveryError, Reading, reading_schema
from mmm_orchestration.tables.contracts import bronze_contract

pytestmark = pytest.mark.unit

FORMATS: dict[str, SourceFormat] = {
    "google": "google_ads",
    "meta": "meta_ads",
    "linkedin": "linkedin_ads",
    "microsoft": "microsoft_ads",
    "tiktok": "tiktok_ads",
    "amazon": "amazon_ads",
    "ga4": "ga4",
    "shopify": "shopify",
}
READ = (
    "amazon_sponsored_brands.csv",
    "google_ads_campagnes_fr_cp1252.csv",
    "google_ads_campaign_en.csv",
    "google_ads_campaign_excel_utf16.csv",
    "linkedin_campagneprestaties_nl.csv",
    "linkedin_campaign_performance_en_utf16.csv",
    "meta_ads_daily_en.csv",
    "meta_ads_diario_es.csv",
    "meta_ads_jour_fr.csv",
    "microsoft_ads_campaign.csv",
    "tiktok_ads_by_day.csv",
)
REFUSED = {
    "google_ads_no_day_column.csv": "period total only for 2026-03-02..2026-03-15",
    "meta_ads_period_summary.csv": "no Day column and its rows start and end on different days",
    "linkedin_aggregate_trap_utf16.csv": "a whole-period total booked on one day",
    "linkedin_empty_utf16.csv": "no rows in the period",
    "ga4_traffic_acquisition.csv": "cannot be read as a time series",
}


def _read(shared_data: Path, file: str) -> Reading:
    content = (shared_data / "ad_platform_exports" / file).read_bytes()
    source = Source(name="tested", format=FORMATS[file.split("_", maxsplit=1)[0]], path="landing")
    return read_delivery(content, file=file, source=source, project_time_zone="Europe/London")


def _expected(shared_data: Path) -> dict[str, dict[str, object]]:
    text = (shared_data / "ad_platform_exports" / "EXPECTED.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def test_every_file_is_expected(shared_data: Path) -> None:
    """Every export file is either read, refused or an order export in these tests."""
    assert set(_expected(shared_data)) == {*READ, *REFUSED, "shopify_orders_export.csv"}


@pytest.mark.parametrize("file", READ)
def test_media_export_is_exact(shared_data: Path, file: str) -> None:
    """Totals, rows, campaigns, days and currency are those expected, to the cent."""
    expected, reading = _expected(shared_data)[file], _read(shared_data, file)
    rows = reading.accepted
    days = DayWindow(rows["date"].min(), rows["date"].max())  # type: ignore[arg-type]
    assert round(rows["spend"].sum(), 2) == expected["spend_total"]
    assert rows["impressions"].sum() == expected["impressions"]
    assert (rows.height, rows["campaign"].n_unique()) == (42, expected["campaigns"])
    assert str(days) == f"{expected['first_day']}..{expected['last_day']}" == str(reading.covered)
    assert reading.currency == expected["currency"]
    assert rows["currency"].unique().to_list() == [expected["currency"]]
    assert reading.quarantined.is_empty()
    if rows["clicks"].null_count() == 0:
        assert rows["clicks"].sum() == expected["clicks"]


@pytest.mark.parametrize("file", READ)
def test_media_export_keeps_the_contract(shared_data: Path, file: str) -> None:
    """Accepted rows have exactly the bronze columns and types but file and delivery."""
    source = Source(name="tested", format=FORMATS[file.split("_", maxsplit=1)[0]], path="landing")
    assert _read(shared_data, file).accepted.schema == reading_schema(bronze_contract(source))


@pytest.mark.parametrize("file", ["meta_ads_daily_en.csv", "meta_ads_jour_fr.csv"])
def test_a_measure_without_column_is_unknown(shared_data: Path, file: str) -> None:
    """Clicks that the export does not have are null and told, not zero."""
    reading = _read(shared_data, file)
    assert reading.accepted["clicks"].null_count() == 42
    assert "column_absent" in {n.cause for n in reading.notes}


@pytest.mark.parametrize("file", list(REFUSED))
def test_export_without_daily_rows_is_refused(shared_data: Path, file: str) -> None:
    """A total over a period is refused in words that say so."""
    with pytest.raises(SourceError, match=REFUSED[file]) as refusal:
        _read(shared_data, file)
    assert isinstance(refusal.value, EmptyDeliveryError) == ("empty" in file)


@pytest.mark.parametrize(
    ("file", "n_totals"),
    [
        ("google_ads_campaign_en.csv", 2),
        ("meta_ads_daily_en.csv", 1),
        ("meta_ads_diario_es.csv", 1),
    ],
)
def test_totals_are_set_aside_and_agree(shared_data: Path, file: str, n_totals: int) -> None:
    """Totals rows are no data, and agree with the sum of the rows."""
    reading = _read(shared_data, file)
    assert reading.set_aside.filter(pl.col("kind") == "totals").height == n_totals
    assert "totals_disagree" not in {n.cause for n in reading.notes}


@pytest.mark.parametrize(
    ("file", "zone"),
    [
        ("linkedin_campaign_performance_en_utf16.csv", "UTC"),
        ("linkedin_campagneprestaties_nl.csv", "UTC"),
        ("microsoft_ads_campaign.csv", "(GMT+00:00) Greenwich Mean Time"),
        ("google_ads_campaign_en.csv", None),
    ],
)
def test_time_zone_is_read(shared_data: Path, file: str, zone: str | None) -> None:
    """The time zone is the one written in the file, or unknown."""
    assert _read(shared_data, file).time_zone == zone


def test_orders_are_exact_and_anonymous(shared_data: Path) -> None:
    """Orders, gross total and refunds are those expected, and no e-mail address is kept."""
    expected = _expected(shared_data)["shopify_orders_export.csv"]
    reading = _read(shared_data, "shopify_orders_export.csv")
    rows = reading.accepted
    assert (rows.height, rows["order_name"].n_unique()) == (84, expected["orders"])
    assert round(rows["total"].sum(), 2) == expected["gross_total"]
    assert rows.filter(pl.col("refunded") > 0).height == expected["refunded_orders"]
    assert "@" not in rows.write_csv()
    assert rows["date"].null_count() == 0
