"""The one entry to reading: bytes of a delivery in, accepted and quarantined rows out.

Belongs here: choosing the reader by format. Must not: knowledge of columns or cells.
"""

from collections.abc import Mapping

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source
from mmm_orchestration.sources.calendar_days import stated_window
from mmm_orchestration.sources.exports import read_export
from mmm_orchestration.sources.grid import Grid, read_text_grid
from mmm_orchestration.sources.orders import read_orders, withhold_personal
from mmm_orchestration.sources.preamble import find_period_texts
from mmm_orchestration.sources.reading import EmptyDeliveryError, Reading
from mmm_orchestration.sources.tables import read_table
from mmm_orchestration.sources.text import decode_text
from mmm_orchestration.sources.vendors import VENDORS
from mmm_orchestration.sources.vocabulary import SHOP_WORDS, Names, make_counter
from mmm_orchestration.sources.workbooks import is_workbook, read_workbook_grid

_N_NEEDED = 2


def read_delivery(content: bytes, *, file: str, source: Source, project_time_zone: str) -> Reading:
    """The rows of one delivery, every data row accepted or quarantined.

    `file` stands in messages and tells the kind of a table; `project_time_zone` turns the
    moments of orders into days. Raises SourceError when the delivery is refused as a whole,
    EmptyDeliveryError when it holds no rows.
    """
    if source.table is not None:
        return read_table(content, file=file, source=source)
    words = SHOP_WORDS if source.format == "shopify" else VENDORS[source.format].words
    grid = open_export(content, file=file, words=words)
    if source.format == "shopify":
        return read_orders(grid, source=source, file=file, time_zone=project_time_zone)
    return read_export(grid, vendor=VENDORS[source.format], source=source, file=file)


def open_export(content: bytes, *, file: str, words: Mapping[str, Names]) -> Grid:
    """The rows of an export under its header, from CSV, TSV or XLSX.

    Raises EmptyDeliveryError when there is a period and no table, SourceError when no line
    looks like a header.
    """
    count = make_counter(words)
    if is_workbook(content):
        grid = read_workbook_grid(content, file=file, count_known=count, n_needed=_N_NEEDED)
        lines: list[str] = []
    else:
        text = decode_text(content, file=file)
        grid = read_text_grid(text, count_known=count, n_needed=_N_NEEDED)
        lines = [line for line in text.split("\n")[:50] if line.strip()]
    if grid is not None:
        return grid
    period = find_period_texts(lines)
    window = stated_window(period, order="mdy") or stated_window(period, order="dmy")
    if window and len(lines) <= 20:
        raise EmptyDeliveryError(f"{file} has no rows in the period {window}")
    # The line is not shown: without a header nobody knows which of its cells are personal.
    raise SourceError(
        f"{file} has no line with the column names of this format",
        available=[by["en"][0] for by in words.values()],
        fix="Check 'format' of the source, or export the report again",
    )


def keep_content(content: bytes, *, file: str, source: Source) -> bytes:
    """What may be stored of a delivery: itself, or, for orders, its text without personal data.

    Nothing is kept of an order export that cannot be taken apart.
    """
    if source.format != "shopify":
        return content
    try:
        return withhold_personal(open_export(content, file=file, words=SHOP_WORDS))
    except SourceError:
        return b""
