"""What the shared export reader accepts, quarantines and refuses."""

import codecs

import polars as pl
import pytest

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source, SourceFormat
from mmm_orchestration.sources.readers import keep_content, read_delivery
from mmm_orchestration.sources.reading import EmptyDeliveryError, Reading
from tests.sources.mutations import write_workbook

pytestmark = pytest.mark.unit

HEAD = "Day,Campaign,Currency code,Cost,Impr.\n"
GOOD = "2026-03-02,A,GBP,10.50,100\n"


def _read(
    text: str | bytes,
    *,
    kind: SourceFormat = "google_ads",
    currency: str | None = None,
    zone: str = "UTC",
) -> Reading:
    content = text if isinstance(text, bytes) else text.encode()
    source = Source(name="tested", format=kind, path="landing", currency=currency)
    return read_delivery(content, file="export.csv", source=source, project_time_zone=zone)


def _rules(reading: Reading) -> list[tuple[int, str]]:
    return reading.quarantined.select("line", "rule").rows()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-03-03,A,GBP,abc,100", "unreadable_number"),
        ("2026-03-03,A,GBP,1e400,100", "not_finite_number"),
        ("2026-03-03,A,GBP,inf,100", "not_finite_number"),
        ("2026-03-03,A,GBP,nan,100", "not_finite_number"),
        ("2026-03-03,A,GBP,1,-5", "negative_count"),
        ("2026-03-03,A,GBP,-1,5", "negative_spend"),
        ("2026-03-32,A,GBP,1,5", "unreadable_date"),
        (",A,GBP,1,5", "missing_date"),
        ("2026-03-03,,GBP,1,5", "missing_campaign"),
        ("2026-03-03,A,GBP,1", "ragged_row"),
        ("2026-03-03,A,GBP,1,5,6", "ragged_row"),
        ('2026-03-03,"A,GBP,1,5', "broken_quotes"),
        ("2026-03-02,A,GBP,10.50,100", "duplicate_row"),
        ("2026-03-02,A,GBP,10.51,100", "duplicate_key"),
        ("2026-03-03,A,USD,1,5", "mixed_currency"),
        (f"2026-03-03,{'x' * 1001},GBP,1,5", "text_too_long"),
        ("2026-03-03,A\x00,GBP,1,5", "unreadable_text"),
    ],
)
def test_bad_row_is_quarantined(row: str, rule: str) -> None:
    """One bad row is quarantined with its line and rule; the good row is accepted."""
    reading = _read(HEAD + GOOD + row + "\n", currency="GBP")
    assert _rules(reading) == [(3, rule)]
    assert reading.accepted["spend"].to_list() == [10.5]


def test_one_foreign_number_is_quarantined() -> None:
    """A German number among English ones is not read as another amount."""
    rows = "".join(f"2026-03-{i:02d},A,GBP,10.50,1\n" for i in range(1, 13))
    reading = _read(HEAD + rows + '2026-03-13,A,GBP,"1.234,56",1\n')
    assert _rules(reading) == [(14, "unreadable_number")]


def test_two_number_formats_are_refused() -> None:
    """A file half of whose amounts have decimal commas is refused."""
    with pytest.raises(SourceError, match="mixes decimal points"):
        _read(HEAD + GOOD + '2026-03-03,A,GBP,"1.234,56",1\n')


def test_out_of_period_row_is_quarantined() -> None:
    """A day outside the period the preamble states is quarantined, and is not covered."""
    above = 'Campaign report\n"March 2, 2026 - March 3, 2026"\n'
    reading = _read(above + HEAD + GOOD + "2026-03-09,A,GBP,1,1\n")
    assert _rules(reading) == [(5, "out_of_period")]
    assert str(reading.covered) == "2026-03-02..2026-03-03"


def test_dashes_are_zero_for_google_and_unknown_elsewhere() -> None:
    """Google writes two dashes for zero; a blank or another platform's dashes are unknown."""
    rows = "2026-03-02,A,GBP,--,\n"
    assert _read(HEAD + rows).accepted.select("spend", "impressions").row(0) == (0.0, None)
    other = _read(HEAD + rows, kind="amazon_ads").accepted
    assert other.select("spend", "impressions").row(0) == (None, None)


def test_disagreeing_totals_are_told() -> None:
    """A totals row that is not the sum of the rows gives a finding and is not summed."""
    reading = _read(HEAD + GOOD + "Total: Account,--,GBP,99.00,100\n")
    assert [n.cause for n in reading.notes if n.severity == "error"] == ["totals_disagree"]
    assert reading.accepted["spend"].sum() == 10.5


def test_header_in_the_middle_is_set_aside() -> None:
    """Two exports put together are read as one, the second header is no data."""
    reading = _read(HEAD + GOOD + HEAD + GOOD.replace("A", "B"))
    assert reading.accepted.height == 2
    assert reading.set_aside.rows() == [(1, "header"), (3, "header")]


@pytest.mark.parametrize(
    ("cells", "spend"),
    [
        (("1,234.50", "7"), 1234.5),
        (("1.234,50", "7"), 1234.5),
        (("1234,5", "7"), 1234.5),
        (("1 234,50", "7"), 1234.5),
        (("1'234.50", "7"), 1234.5),
        (("£1,234", "1,000,000"), 1234.0),
        (("1.234", "1.000"), 1234.0),
        (("1,234", "7"), 1234.0),
        (("1.5E3", "7"), 1500.0),
    ],
)
def test_decimal_mark_is_told_by_the_cells(cells: tuple[str, str], spend: float) -> None:
    """Numbers are read by the convention that the cells of the file allow."""
    row = f'2026-03-02,A,GBP,"{cells[0]}","{cells[1]}"\n'
    assert _read(HEAD + row).accepted["spend"].to_list() == [spend]


@pytest.mark.parametrize(
    ("head", "mark"), [(HEAD, "."), ("Tag,Kampagne,Währung,Kosten,Impr.\n", ",")]
)
def test_ambiguous_amounts_are_refused(head: str, mark: str) -> None:
    """An amount that could be thousands or thousandths is refused when nothing settles it."""
    with pytest.raises(SourceError, match="parts thousands or decimals"):
        _read(head + f'2026-03-02,A,GBP,"1{mark}234",7\n')


@pytest.mark.parametrize(
    ("kind", "head", "rows", "days"),
    [
        (
            "linkedin_ads",
            "Start Date,Campaign Name,Currency,Total Spent",
            ["3/2/2026", "3/4/2026"],
            [2, 4],
        ),
        (
            "linkedin_ads",
            "Begindatum,Campagnenaam,Valuta,Totaal besteed",
            ["2-3-2026", "4-3-2026"],
            [2, 4],
        ),
        ("google_ads", "Tag,Kampagne,Währungscode,Kosten", ["02.03.2026", "04.03.2026"], [2, 4]),
        ("google_ads", "Day,Campaign,Currency code,Cost", ["02/03/2026", "14/03/2026"], [2, 14]),
        ("google_ads", "Day,Campaign,Currency code,Cost", ["3/2/2026", "3/14/2026"], [2, 14]),
        (
            "meta_ads",
            "Día,Campaña,Moneda,Importe gastado",
            ["2 de marzo de 2026", "20260304"],
            [2, 4],
        ),
    ],
)
def test_day_order_is_told(kind: SourceFormat, head: str, rows: list[str], days: list[int]) -> None:
    """Days are read by cells above 12, else by the language of the header and the platform."""
    text = head + "\n" + "".join(f"{d},A,EUR,1.00\n" for d in rows)
    accepted = _read(text, kind=kind).accepted
    assert accepted["date"].dt.day().to_list() == days
    assert accepted["date"].dt.month().to_list() == [3, 3]


def test_stated_period_settles_the_day_order() -> None:
    """With every part below 13 the stated period tells day from month."""
    above = "Report\n2 March 2026 - 9 March 2026\n"
    reading = _read(above + HEAD + "03/05/2026,A,GBP,1.00,1\n")
    assert str(reading.accepted["date"][0]) == "2026-03-05"


def test_ambiguous_days_are_refused() -> None:
    """Days that could be months are refused when nothing settles them."""
    with pytest.raises(SourceError, match="day from month"):
        _read(HEAD + "03/05/2026,A,GBP,1.00,1\n")


@pytest.mark.parametrize(
    ("text", "currency", "words"),
    [
        ("Day,Campaign,Cost\n2026-03-02,A,1.00\n", None, "does not say its currency"),
        (HEAD + GOOD, "EUR", "declares EUR"),
        (HEAD + GOOD + "2026-03-03,A,USD,1,1\n", None, "several currencies"),
        ("Day,Campaign,Cost (USD)\n2026-03-02,A,1.00\n", "EUR", "is in USD"),
    ],
)
def test_currency_is_never_guessed(text: str, currency: str | None, words: str) -> None:
    """An unknown, contradicting or mixed currency is refused with the fix."""
    with pytest.raises(SourceError, match=words) as refusal:
        _read(text, currency=currency)
    assert "currency" in refusal.value.fix


def test_rows_of_another_currency_are_quarantined() -> None:
    """With a declared currency the rows in another one are quarantined."""
    reading = _read(HEAD + GOOD + "2026-03-03,A,USD,1,1\n", currency="GBP")
    assert (_rules(reading), reading.currency) == ([(3, "mixed_currency")], "GBP")


@pytest.mark.parametrize("content", [b"", b"\n\n", codecs.BOM_UTF16_LE, HEAD.encode()])
def test_empty_delivery_says_so(content: bytes) -> None:
    """Nothing, white space, or a header alone is empty, not unreadable."""
    with pytest.raises(EmptyDeliveryError, match="no rows in the period"):
        _read(content)


def test_all_rows_bad_is_refused() -> None:
    """A delivery of which no row can be accepted is refused with the rule most rows break."""
    with pytest.raises(SourceError, match=r"None of the 2 rows.*unreadable_number.*line 2"):
        _read(HEAD + "2026-03-02,A,GBP,x,1\n2026-03-03,A,GBP,y,1\n")


def test_missing_column_names_what_the_platform_calls_it() -> None:
    """A needed column that is missing is named as the platform names it."""
    with pytest.raises(SourceError, match=r"no column for spend.*'cost'"):
        _read("Day,Campaign,Currency code,Costs new\n2026-03-02,A,GBP,1\n")


def test_ga4_by_date_is_read() -> None:
    """An analytics export with a date dimension is read; its nameless total is set aside."""
    text = (
        "# Start date: 20260302\n# End date: 20260303\nDate,Session source,Sessions,Total revenue\n"
        ",,30,99.5\n20260302,google,10,40.25\n20260303,google,20,59.25\n"
    )
    reading = _read(text, kind="ga4", currency="EUR")
    assert reading.accepted["sessions"].to_list() == [10, 20]
    assert reading.accepted["revenue"].sum() == 99.5
    assert reading.accepted["dimensions"][0] == '{"Session source":"google"}'


def test_workbook_is_read_like_text() -> None:
    """A workbook with typed numbers, days and a totals row gives the rows of its CSV."""
    rows: list[list[object]] = [
        ["By Day", "Campaign name", "Campaign ID", "Cost", "Impressions", "Currency"],
        ["2026-03-02", "A", 20111111111, 1.234, 1133, "GBP"],
        ["2026-03-03", "A", 20111111111, 1595.31, 54, "GBP"],
        ["Total of 2 results", "", "", 1596.544, 1187, ""],
    ]
    reading = _read(write_workbook(rows), kind="tiktok_ads")
    assert reading.accepted["spend"].to_list() == [1.234, 1595.31]
    assert reading.accepted["campaign_id"].to_list() == ["20111111111"] * 2
    assert reading.set_aside["kind"].to_list() == ["header", "totals"]


def test_mended_utf8_loses_one_row_only() -> None:
    """An undecodable byte in a UTF-8 text costs its own row, not the encoding of the file."""
    rows = "".join(f"2026-03-0{i},Été,GBP,1,1\n" for i in range(1, 6)).encode()
    broken = HEAD.encode() + rows + b"2026-03-06,\xff,GBP,1,1\n"
    reading = _read(broken)
    assert _rules(reading) == [(7, "unreadable_text")]
    assert set(reading.accepted["campaign"]) == {"Été"}


ORDERS = (
    "Name,Email,Billing Name,Financial Status,Currency,Total,Created at,Lineitem name,"
    "Refunded Amount,Cancelled at\n"
    "#1,a@example.com,Ann,paid,GBP,20.00,2026-03-02 23:30:00 +0000,Shoe,0.00,\n"
    "#1,a@example.com,,,,,,Sock,,\n"
    "#2,b@example.com,Bob,refunded,GBP,bad,2026-03-03 10:00:00 +0000,Shoe,5.00,\n"
    "#2,b@example.com,,,,,,Sock,,\n"
    "#9,c@example.com,Cy,,,,,Sock,,\n"
    "#1,a@example.com,Ann,paid,GBP,20.00,2026-03-02 23:30:00 +0000,Shoe,0.00,\n"
)


def test_orders_become_days_of_the_project() -> None:
    """The day of an order is the day in the project's time zone, the moment stays in UTC."""
    rows = _read(ORDERS, kind="shopify", zone="Europe/Berlin").accepted
    assert [str(d) for d in rows["date"]] == ["2026-03-03", "2026-03-03"]
    assert rows["created_at"].dt.hour().to_list() == [23, 23]
    assert rows["total"].to_list() == [20.0, None]


def test_order_lines_share_the_fate_of_their_order() -> None:
    """Lines of a rejected order, lines without an order and repeated orders are quarantined."""
    reading = _read(ORDERS, kind="shopify")
    rules = ["unreadable_number", "orphan_line", "orphan_line", "duplicate_row"]
    assert reading.quarantined["rule"].to_list() == rules
    assert not reading.quarantined["raw"].str.contains("@|Ann|Bob").any()


def test_kept_orders_read_the_same_without_personal_data() -> None:
    """What is stored of an order export holds no person and reads the same, line by line."""
    content = (ORDERS + "#3,d@example.com,Dee\n").encode()
    source = Source(name="tested", format="shopify", path="landing")
    kept = keep_content(content, file="orders.csv", source=source)
    first, second = _read(content, kind="shopify"), _read(kept, kind="shopify")
    assert b"@" not in kept
    assert b"Ann" not in kept
    assert first.accepted.equals(second.accepted)
    assert first.quarantined.drop("raw", "detail").equals(second.quarantined.drop("raw", "detail"))


def test_one_day_periods_are_days() -> None:
    """Rows that start and end on the same day are daily rows without a day column."""
    head = "Reporting starts,Reporting ends,Campaign name,Amount spent (GBP)\n"
    reading = _read(
        head + "2026-03-02,2026-03-02,A,1.00\n2026-03-03,2026-03-03,A,2.00\n", kind="meta_ads"
    )
    assert reading.accepted["date"].dt.day().to_list() == [2, 3]
    assert str(reading.covered) == "2026-03-02..2026-03-03"


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (
            "google_ads",
            "Week,Campaign,Currency code,Cost\n2026-03-02,A,GBP,1\n",
            "no day column but 'Week'",
        ),
        (
            "linkedin_ads",
            "Start Date,Campaign Name,Currency,Total Spent\n3/1/2026,A,GBP,1\n4/1/2026,A,GBP,1\n",
            "monthly totals booked on one day",
        ),
        ("tiktok_ads", "first line,second\n1,2\n", "no line with the column names"),
    ],
)
def test_other_periods_are_refused(kind: SourceFormat, text: str, words: str) -> None:
    """Weekly and monthly totals, and files of no known format, are refused in words."""
    with pytest.raises(SourceError, match=words):
        _read(text, kind=kind)


def test_a_lost_day_is_told() -> None:
    """A day all of whose rows are quarantined gives a finding with the day."""
    reading = _read(HEAD + GOOD + "2026-03-03,A,GBP,x,1\n")
    assert [str(n.days) for n in reading.notes if n.cause == "day_lost"] == ["2026-03-03"]


def test_fuller_header_below_hides_no_rows() -> None:
    """Rows above a second header with more columns stay rows of the first export."""
    reading = _read("Day,Campaign,Currency code,Cost\n2026-03-02,A,GBP,1\n" + HEAD + GOOD)
    assert reading.accepted["line"].to_list() == [2]
    assert [rule for _, rule in _rules(reading)] == ["ragged_row", "ragged_row"]


def test_order_ids_part_rows() -> None:
    """Rows that differ in a numeric id or a text column are no duplicates."""
    head = "Day,Campaign,Ad group ID,Device,Currency code,Cost\n"
    rows = "2026-03-02,A,1,phone,GBP,1\n2026-03-02,A,2,phone,GBP,1\n2026-03-02,A,2,tv,GBP,1\n"
    reading = _read(head + rows)
    assert reading.accepted.height == 3
    assert reading.accepted.select(pl.col("dimensions").n_unique()).item() == 3
