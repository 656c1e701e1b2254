"""What is wrong with the simulated exports, on purpose and countable.

| kind | what | what a correct reader makes of it |
|---|---|---|
| totals_line | Google's totals and Meta's un-named summary row | set aside, never summed |
| duplicated_line | a row that stands twice in one file | the second is quarantined |
| ragged_line | a row cut off in the middle, before the whole row | quarantined |
| unreadable_number | '#VALUE!' for a cost in a daily file | quarantined; restated later |
| other_currency | one row of a daily file in EUR | quarantined; restated later |
| decimal_shift | one cost of a daily file 100 times too high | accepted; restated later |
| no_impressions | spend with 0 impressions and 0 clicks | accepted, worth a warning |
| delivered_twice | the same bytes under another name | changes nothing |
| restated | spend of the last 28 days differs by up to 2 % from the daily files | the last counts |
| unmapped_campaign | a campaign that no channel rule matches | accepted as 'unmapped' |

Besides, as the platforms do it: preambles, footers, byte-order marks, UTF-16 and Windows-1252,
English, French and Dutch files from one source, decimal commas, four thousands marks, currency
symbols, quotes and commas in names, UTC reports, refunds that come after the first delivery.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mmm_orchestration.sources.simulator.styles import AdRow, Layout, join_cells

DirtKind = Literal[
    "totals_line",
    "duplicated_line",
    "ragged_line",
    "unreadable_number",
    "other_currency",
    "decimal_shift",
    "no_impressions",
    "delivered_twice",
    "restated",
    "unmapped_campaign",
]
ReportKind = Literal["history", "daily", "restating"]

UNREADABLE = "#VALUE!"
QUARANTINED: frozenset[DirtKind] = frozenset(
    {"duplicated_line", "ragged_line", "unreadable_number", "other_currency"}
)


@dataclass(frozen=True)
class Dirt:
    """Rows of one kind of dirt (files, for delivered_twice); `file` is None for many files."""

    kind: DirtKind
    source: str
    file: str | None
    n_rows: int


@dataclass(frozen=True)
class Spot:
    """Where one piece of dirt goes: the `index`-th report of its kind, counted as in a list."""

    kind: DirtKind
    source: str
    report: ReportKind
    index: int


SPOTS: tuple[Spot, ...] = (
    Spot("duplicated_line", "meta_ads", "history", 2),
    Spot("duplicated_line", "linkedin_ads", "history", 3),
    Spot("duplicated_line", "amazon_ads", "history", -2),
    Spot("ragged_line", "google_ads", "history", -2),
    Spot("ragged_line", "amazon_ads", "history", 4),
    Spot("no_impressions", "amazon_ads", "history", 5),
    Spot("delivered_twice", "microsoft_ads", "history", -3),
    Spot("unreadable_number", "google_ads", "daily", 5),
    Spot("unreadable_number", "meta_ads", "daily", 9),
    Spot("unreadable_number", "amazon_ads", "daily", 12),
    Spot("other_currency", "google_ads", "daily", 8),
    Spot("decimal_shift", "meta_ads", "daily", 15),
    Spot("delivered_twice", "shopify", "daily", 20),
)


def soil_rows(rows: Sequence[AdRow], *, kinds: Sequence[DirtKind]) -> list[AdRow]:
    """The rows with wrong values put into the first one that has spend, or the first."""
    soiled = list(rows)
    position = _first_spending(rows)
    row = soiled[position]
    if "other_currency" in kinds:
        row = replace(row, currency="EUR")
    if "decimal_shift" in kinds:
        row = replace(row, spend=round(100 * row.spend, 2))
    if "no_impressions" in kinds:
        row = replace(row, impressions=0, clicks=0)
    soiled[position] = row
    return soiled


def soil_text(
    text: str, *, layout: Layout, rows: Sequence[AdRow], kinds: Sequence[DirtKind]
) -> str:
    """The text of a report with broken lines at the row that `soil_rows` chooses."""
    lines = text.splitlines(keepends=True)
    position = _first_spending(rows)
    line = lines[layout.n_head + position]
    end = line[len(line.rstrip("\r\n")) :]
    new = [line]
    if "unreadable_number" in kinds:
        spend = rows[position].spend
        shown = next(s for s in (f"£{spend:,.2f}", f"{spend:,.2f}", f"{spend:.2f}") if s in line)
        new = [line.replace(shown, UNREADABLE, 1)]
    if "duplicated_line" in kinds:
        new.append(line)
    if "ragged_line" in kinds:
        new.insert(0, join_cells([next(csv.reader([line]))[:2]], end=end))
    lines[layout.n_head + position : layout.n_head + position + 1] = new
    return "".join(lines)


def _first_spending(rows: Sequence[AdRow]) -> int:
    return next((i for i, row in enumerate(rows) if row.spend > 0), 0)
