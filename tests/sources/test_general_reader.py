"""The general reader on tables the user describes."""

import io
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import LongMedia, MediaSeries, Series, Source, TableLayout
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.sources.reading import Reading, reading_schema
from mmm_orchestration.tables.contracts import bronze_contract
from tests.sources.mutations import write_workbook

pytestmark = pytest.mark.unit

WIDE = TableLayout(
    date="day",
    media=(MediaSeries(name="tv", spend="tv"),),
    outcomes=(Series(name="sales", column="sales"),),
)
RECORDS: list[dict[str, object]] = [
    {"day": "2026-03-02", "tv": 1.5, "sales": 10, "more": "x"},
    {"day": "2026-03-03", "tv": None, "sales": 1234.25, "more": "y"},
]


def _read(content: str | bytes, layout: TableLayout, *, currency: str | None = "EUR") -> Reading:
    source = Source(name="tested", format="table", path="x", currency=currency, table=layout)
    data = content if isinstance(content, bytes) else content.encode()
    reading = read_delivery(data, file="table", source=source, project_time_zone="UTC")
    assert reading.accepted.schema == reading_schema(bronze_contract(source))
    return reading


def _as_parquet(records: list[dict[str, object]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(records).with_columns(pl.col("day").str.to_date()).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pl.DataFrame(RECORDS).write_csv().encode(),
        pl.DataFrame(RECORDS).write_csv(separator="\t").encode("utf-16"),
        pl.DataFrame(RECORDS).write_csv(separator=";").encode("utf-8-sig"),
        json.dumps(RECORDS).encode(),
        "\n".join(map(json.dumps, RECORDS)).encode(),
        _as_parquet(RECORDS),
        write_workbook([list(RECORDS[0]), *([*r.values()] for r in RECORDS)]),
    ],
    ids=["csv", "tsv", "semicolon", "json", "lines", "parquet", "xlsx"],
)
def test_every_kind_of_file_gives_the_same_rows(content: bytes) -> None:
    """CSV, TSV, JSON, JSON lines, Parquet and XLSX of one table are read alike."""
    reading = _read(content, WIDE)
    assert reading.accepted["date"].to_list() == [date(2026, 3, 2), date(2026, 3, 3)]
    assert reading.accepted["tv"].to_list() == [1.5, None]
    assert reading.accepted["sales"].to_list() == [10, 1234.25]
    assert [n.cause for n in reading.notes] == ["columns_ignored"]


def test_missing_column_names_the_nearest() -> None:
    """A declared column that is missing is refused with the nearest name."""
    with pytest.raises(SourceError, match=r"no column 'sales'.*Did you mean 'sale'"):
        _read("day,tv,sale\n2026-03-02,1,2\n", WIDE)


def test_spend_without_currency_is_refused() -> None:
    """Spend columns without a declared currency are refused with the fix."""
    with pytest.raises(SourceError, match="Declare 'currency'"):
        _read("day,tv,sales\n2026-03-02,1,2\n", WIDE, currency=None)


def test_declared_formats_are_kept_to() -> None:
    """Only the declared date format and decimal mark are read; other rows are quarantined."""
    layout = WIDE.model_copy(update={"date_format": "%d.%m.%Y", "decimal": ","})
    text = "day;tv;sales\n02.03.2026;1,5;1.234,25\n2026-03-03;1,5;1\n04.03.2026;1.5;1\n"
    reading = _read(text, layout)
    assert reading.accepted.select("tv", "sales").rows() == [(1.5, 1234.25)]
    assert reading.quarantined["rule"].to_list() == ["unreadable_date", "unreadable_number"]


@pytest.mark.parametrize("word", ["", "NA", "na", "N/A", "null"])
def test_words_for_nothing_are_null(word: str) -> None:
    """A blank and the usual words for a missing number are unknown, not zero."""
    assert _read(f"day,tv,sales\n2026-03-02,{word},2\n", WIDE).accepted["tv"][0] is None


def test_weeks_are_on_one_grid() -> None:
    """A week that starts on another week day is quarantined; the last week is covered whole."""
    layout = WIDE.model_copy(update={"period": "week"})
    text = "day,tv,sales\n2026-03-02,1,2\n2026-03-09,1,2\n2026-03-15,1,2\n"
    reading = _read(text, layout)
    assert reading.quarantined.select("line", "rule").rows() == [(4, "off_grid_date")]
    assert reading.accepted["period_days"].to_list() == [7, 7]
    assert str(_read(text[: text.index("2026-03-15")], layout).covered) == "2026-03-02..2026-03-15"


def test_months_have_their_own_length() -> None:
    """A month stands for its days, and must start on the first."""
    layout = WIDE.model_copy(update={"period": "month"})
    reading = _read("day,tv,sales\n2024-02-01,1,2\n2024-03-01,1,2\n2024-04-02,1,2\n", layout)
    assert reading.accepted["period_days"].to_list() == [29, 31]
    assert reading.quarantined["rule"].to_list() == ["off_grid_date"]


def test_repeated_keys_are_quarantined() -> None:
    """The first row of a date and geo stays; an equal one and a different one are told apart."""
    layout = WIDE.model_copy(update={"geo": "geo"})
    rows = ("2026-03-02,N,1,2", "2026-03-02,S,1,2", "2026-03-02,N,1,2", "2026-03-02,S,3,2")
    reading = _read("day,geo,tv,sales\n" + "\n".join(rows), layout)
    assert reading.quarantined["rule"].to_list() == ["duplicate_row", "duplicate_key"]


def test_long_rows_must_agree_on_the_outcome() -> None:
    """In a long table the outcome repeats over the rows of a date; one that differs is told."""
    layout = TableLayout(
        date="day",
        long_media=LongMedia(name="medium", spend="spend"),
        outcomes=(Series(name="sales", column="sales"),),
    )
    rows = ("2026-03-02,tv,1,10", "2026-03-02,radio,1,", "2026-03-02,print,1,11")
    reading = _read("day,medium,spend,sales\n" + "\n".join(rows), layout)
    assert reading.quarantined.select("line", "rule").rows() == [(4, "outcome_disagrees")]


def test_broken_json_line_costs_one_row() -> None:
    """A JSON line that cannot be parsed is quarantined with its line number."""
    lines = "\n".join(map(json.dumps, RECORDS)) + '\n{"day": '
    assert _read(lines, WIDE).quarantined.select("line", "rule").rows() == [(3, "unreadable_line")]


def test_robyn_table_is_exact(shared_data: Path) -> None:
    """All weeks, spends and the event words of the public weekly table are read."""
    path = shared_data / "weekly_national_robyn" / "dt_simulated_weekly.csv"
    names = ("tv_S", "ooh_S", "print_S", "search_S", "facebook_S")
    layout = TableLayout(
        date="DATE",
        period="week",
        media=tuple(MediaSeries(name=n, spend=n) for n in names),
        outcomes=(Series(name="revenue", column="revenue"),),
        controls=(
            Series(name="rivals", column="competitor_sales_B"),
            Series(name="event", column="events", equals="event1"),
        ),
    )
    rows = _read(path.read_bytes(), layout).accepted
    truth = pl.read_csv(path)
    assert rows.height == 208
    assert all(rows[n].sum() == pytest.approx(truth[n].sum(), rel=1e-12) for n in names)
    assert rows["events"].to_list() == truth["events"].to_list()


PUBLIC = {
    "weekly_national_two_channels/mmm_example.csv": ("date_week", None, ("y", "event_1"), 179),
    "retail_messy_wide/data.csv": ("wk_strt_dt", None, ("sales", "va_pub_0.15"), 209),
    "geo_panel_meridian/geo_all_channels.csv": ("time", "geo", ("conversions", "Promo"), 6240),
}


@pytest.mark.parametrize("file", list(PUBLIC))
def test_public_tables_are_exact(shared_data: Path, file: str) -> None:
    """Every row of the public tables is accepted with the sums of the file."""
    day, geo, columns, n_rows = PUBLIC[file]
    content = (shared_data / file).read_bytes()
    outcomes = [{"name": f"series{i}", "column": c} for i, c in enumerate(columns)]
    layout = TableLayout.model_validate(
        {"date": day, "geo": geo, "period": "week", "outcomes": outcomes}
    )
    reading, truth = _read(content, layout, currency=None), pl.read_csv(content)
    assert (reading.accepted.height, reading.quarantined.height) == (n_rows, 0)
    for column in columns:
        assert reading.accepted[column].sum() == pytest.approx(truth[column].sum(), rel=1e-12)
