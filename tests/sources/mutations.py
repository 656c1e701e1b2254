"""Seeded damage to deliveries: base files of every kind, and what can happen to them.

`make_case(seed)` gives the same case for the same seed, however many are asked for.
"""

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import polars as pl
import xlsxwriter

from mmm_orchestration.project import LongMedia, Series, Source, TableLayout

TABLE = TableLayout(
    date="day",
    geo="region",
    long_media=LongMedia(name="medium", spend="spend", impressions="views"),
    outcomes=(Series(name="sales", column="sales"),),
)
SOURCES = {
    name: Source(
        name="tested",
        format=kind,
        path="landing",
        currency="GBP",
        table=TABLE if kind == "table" else None,
    )
    for name, kind in {
        "google": "google_ads",
        "meta": "meta_ads",
        "linkedin": "linkedin_ads",
        "microsoft": "microsoft_ads",
        "amazon": "amazon_ads",
        "shopify": "shopify",
        "csv": "table",
        "jsonl": "table",
        "json": "table",
        "parquet": "table",
        "xlsx": "table",
    }.items()
}
TEXT_KINDS = ("google", "meta", "linkedin", "microsoft", "amazon", "shopify", "csv")
BAD_NUMBERS = ("inf", "-inf", "nan", "1e400", "-5", "abc", "1,2,3", "12.34.56", "0x10", "1 2", "٣x")
BAD_DAYS = ("", "yesterday", "2026-13-45", "31.31.2026", "0000-00-00", "99999999", "20260230")


@dataclass(frozen=True)
class Draft:
    """A text delivery before it is written: lines above, header, rows as cells, and marks."""

    above: tuple[str, ...]
    header: list[str]
    rows: list[list[str]]
    delimiter: str
    money: int
    day: int
    name: int
    encoding: str = "utf-8"
    n_rows: int | None = None
    spends: frozenset[float] = field(default_factory=frozenset)

    def render(self) -> str:
        """The delivery as text; a row of one cell that starts with NUL is written as it is."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=self.delimiter, lineterminator="\n")
        for line in self.above:
            buffer.write(line + "\n")
        for row in [self.header, *self.rows]:
            if len(row) == 1 and row[0].startswith("\x00"):
                buffer.write(row[0][1:] + "\n")
            else:
                writer.writerow(row)
        return buffer.getvalue()


@dataclass(frozen=True)
class Case:
    """A damaged delivery; `n_rows` and `spends` say what is known of its data rows."""

    name: str
    file: str
    content: bytes
    source: Source
    n_rows: int | None = None
    spends: frozenset[float] | None = None


def make_cases(first: int, count: int) -> Iterator[Case]:
    """The cases of the seeds `first` to `first + count - 1`."""
    return (make_case(seed) for seed in range(first, first + count))


def make_case(seed: int) -> Case:
    """The damaged delivery of one seed."""
    rng = random.Random(seed)  # noqa: S311 - damage, not secrets
    kind = rng.choice(list(SOURCES))
    if kind not in TEXT_KINDS:
        return _damage_records(kind, rng=rng)
    draft = make_draft(kind, rng=rng)
    names = []
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        name = rng.choice(list(_ON_ROWS))
        draft = _ON_ROWS[name](draft, rng)
        names.append(name)
    if "repeated_key" in names and len(names) > 1:
        # The repeat stands where the first of its key was lost to other damage.
        draft = replace(draft, spends=draft.spends | {77777.77})
    content = _encode(draft.render(), draft.encoding)
    case = Case("+".join([kind, *names]), f"{kind}.csv", content, SOURCES[kind])
    if rng.random() < 0.3:
        name = rng.choice(list(_ON_BYTES))
        damaged = _ON_BYTES[name](content, rng)
        return replace(case, name=f"{case.name}+{name}", content=damaged)
    return replace(case, n_rows=draft.n_rows, spends=draft.spends)


def make_draft(kind: str, *, rng: random.Random) -> Draft:
    """A sound text delivery of `kind`, rows with distinct days and names."""
    n_days, names = rng.randint(3, 12), ["Brand | UK", 'PMax – Été "Sale"', "Generic, Shoes"]
    first = date(2026, 3, 2)
    items = [(first + timedelta(days=i), n) for i in range(n_days) for n in names]
    spends = [round(rng.uniform(1000, 9000), 2) + 0.005 for _ in items]
    spends = [float(f"{s:.2f}") for s in spends]
    last = items[-1][0]
    rows = [
        _row(kind, day, name, f"{s:.2f}", i)
        for i, ((day, name), s) in enumerate(zip(items, spends, strict=True))
    ]
    above = {
        "google": (
            "Campaign report",
            f'"{first:%B} {first.day}, 2026 - {last:%B} {last.day}, 2026"',
        ),
        "linkedin": (
            "Campaign Performance Report (in UTC)",
            f"Report Start: {first:%B} {first.day}, 2026, 12:00 AM",
            f"Report End: {last:%B} {last.day}, 2026, 11:59 PM",
            "",
        ),
    }.get(kind, ())
    header = _HEADERS[kind]
    return Draft(
        above=above,
        header=list(header),
        rows=rows,
        delimiter="\t" if kind == "linkedin" else ",",
        money=next(i for i, h in enumerate(header) if h in _MONEY),
        day=next(i for i, h in enumerate(header) if h in _DAYS),
        name=next(i for i, h in enumerate(header) if h in _NAMES),
        encoding="utf-16" if kind == "linkedin" else "utf-8",
        n_rows=len(rows),
        spends=frozenset(spends),
    )


_HEADERS = {
    "google": ("Day", "Campaign", "Campaign type", "Currency code", "Cost", "Impr.", "Clicks"),
    "meta": ("Day", "Campaign name", "Amount spent (GBP)", "Impressions", "Reach"),
    "linkedin": ("Start Date (in UTC)", "Campaign Name", "Currency", "Total Spent", "Impressions"),
    "microsoft": (
        "Gregorian date",
        "Campaign name",
        "Impressions",
        "Clicks",
        "Spend",
        "Currency code",
    ),
    "amazon": ("Date", "Campaign Name", "Currency", "Impressions", "Clicks", "Spend"),
    "shopify": (
        "Name",
        "Email",
        "Financial Status",
        "Currency",
        "Total",
        "Created at",
        "Refunded Amount",
    ),
    "csv": ("day", "region", "medium", "spend", "views", "sales", "remark"),
}
_MONEY = {"Cost", "Amount spent (GBP)", "Total Spent", "Spend", "Total", "spend"}
_DAYS = {"Day", "Start Date (in UTC)", "Gregorian date", "Date", "Created at", "day"}
_NAMES = {"Campaign", "Campaign name", "Campaign Name", "Financial Status", "medium"}


def _row(kind: str, day: date, name: str, spend: str, i: int) -> list[str]:
    american = f"{day.month}/{day.day}/{day.year}"
    return {
        "google": [f"{day}", name, "Search", "GBP", spend, f"{1000 + i:,}", "54"],
        "meta": [f"{day}", name, spend, f"{1000 + i}", "12"],
        "linkedin": [american, name, "GBP", spend, f"{1000 + i}"],
        "microsoft": [american, name, f"{1000 + i}", "54", spend, "GBP"],
        "amazon": [
            f"{day:%b} {day:%d}, {day.year}",
            name,
            "GBP",
            f"{1000 + i}",
            "54",
            f"£{float(spend):,.2f}",
        ],
        "shopify": [
            f"#{1000 + i}",
            f"buyer{i}@example.com",
            "paid",
            "GBP",
            spend,
            f"{day} 10:00:00 +0000",
            "0.00",
        ],
        "csv": [f"{day}", "north", name, spend, f"{1000 + i}", f"{9000 + day.day}", "x"],
    }[kind]


def _change(draft: Draft, rng: random.Random, change: Callable[[list[str]], list[str]]) -> Draft:
    rows = list(draft.rows)
    whole = [i for i, row in enumerate(rows) if _is_whole(row)]
    if not whole:
        return draft
    at = rng.choice(whole)
    rows[at] = change(list(rows[at]))
    return replace(draft, rows=rows)


def _is_whole(row: list[str]) -> bool:
    """Whether the row is cells, not a line that is written as it is."""
    return not row[0].startswith("\x00")


def _set(row: list[str], at: int, value: str) -> list[str]:
    if at < len(row):
        row[at] = value
    return row


def _repeat(draft: Draft, rng: random.Random, spend: str | None) -> Draft:
    row = list(rng.choice([r for r in draft.rows if _is_whole(r)] or draft.rows))
    row = row if spend is None else _set(row, draft.money, spend)
    return replace(
        draft, rows=[*draft.rows, row], n_rows=None if draft.n_rows is None else draft.n_rows + 1
    )


def _write_comma(draft: Draft, rng: random.Random) -> Draft:
    """A German number; it may only be read where no other row contradicts it."""
    draft = _change(draft, rng, lambda row: _set(row, draft.money, "1.234,56"))
    n_whole = sum(map(_is_whole, draft.rows))
    return draft if n_whole > 1 else replace(draft, spends=frozenset({1234.56}))


def _keep_one(draft: Draft, rng: random.Random) -> Draft:
    rows = [r for r in draft.rows if _is_whole(r)] or draft.rows
    n_rows = None if draft.n_rows is None else 1
    return replace(draft, rows=[rng.choice(rows)], n_rows=n_rows)


def _insert(draft: Draft, rng: random.Random, row: list[str]) -> Draft:
    at = rng.randrange(1, len(draft.rows) + 1)
    return replace(draft, rows=[*draft.rows[:at], row, *draft.rows[at:]])


def _rename(draft: Draft, rng: random.Random) -> Draft:
    header = list(draft.header)
    at = rng.randrange(len(header))
    header[at] += " new"
    # Renamed dimensions, names of orders and days may change what counts as a row or repeats.
    return replace(draft, header=header, n_rows=None)


def _remove_column(draft: Draft, rng: random.Random) -> Draft:
    at = rng.randrange(len(draft.header))
    return replace(draft, header=draft.header[:at] + draft.header[at + 1 :])


def _remove_column_everywhere(draft: Draft, rng: random.Random) -> Draft:
    at = rng.randrange(len(draft.header))
    rows = [r[:at] + r[at + 1 :] if _is_whole(r) else r for r in draft.rows]
    gone = replace(draft, header=draft.header[:at] + draft.header[at + 1 :], rows=rows, n_rows=None)
    return replace(gone, spends=frozenset()) if at == draft.money else gone


_ON_ROWS: dict[str, Callable[[Draft, random.Random], Draft]] = {
    "short_row": lambda d, r: _change(d, r, lambda row: row[:-1] if len(row) > 2 else row),
    "long_row": lambda d, r: _change(d, r, lambda row: [*row, "more"]),
    "bad_number": lambda d, r: _change(d, r, lambda row: _set(row, d.money, r.choice(BAD_NUMBERS))),
    "comma_number": _write_comma,
    "bad_day": lambda d, r: _change(d, r, lambda row: _set(row, d.day, r.choice(BAD_DAYS))),
    "no_name": lambda d, r: _change(d, r, lambda row: _set(row, d.name, "")),
    "other_currency": lambda d, r: _change(
        d, r, lambda row: ["USD" if c == "GBP" else c for c in row]
    ),
    "long_text": lambda d, r: _change(d, r, lambda row: _set(row, d.name, "x" * 1_000_000)),
    "long_text_5000": lambda d, r: _change(d, r, lambda row: _set(row, d.name, "x" * 5000)),
    "nul": lambda d, r: _change(d, r, lambda row: _set(row, d.name, "a\x00b")),
    "nested_quotes": lambda d, r: _change(d, r, lambda row: _set(row, d.name, 'a ""b"" "c')),
    "open_quote": lambda d, r: _change(
        d, r, lambda row: ["\x00" + d.delimiter.join(['"' + row[0], *row[1:]])]
    ),
    "stray_quote": lambda d, r: _change(
        d, r, lambda row: ["\x00" + d.delimiter.join([f'"{row[0]}"x', *row[1:]])]
    ),
    "line_end_in_cell": lambda d, r: _change(d, r, lambda row: _set(row, d.name, "two\nlines")),
    "mark_inside": lambda d, r: _change(d, r, lambda row: _set(row, 0, "\ufeff" + row[0])),
    "repeated_row": lambda d, r: _repeat(d, r, None),
    "repeated_key": lambda d, r: _repeat(d, r, "77777.77"),
    "header_again": lambda d, r: _insert(d, r, ["\x00" + d.delimiter.join(d.header)]),
    "blank_line": lambda d, r: _insert(d, r, ["\x00"]),
    "blank_cells": lambda d, r: _insert(d, r, ["\x00" + d.delimiter * (len(d.header) - 1)]),
    "renamed_column": _rename,
    "header_cell_lost": _remove_column,
    "column_lost": _remove_column_everywhere,
    "in_utf16": lambda d, r: replace(d, encoding="utf-16"),
    "in_cp1252": lambda d, r: replace(d, encoding="cp1252"),
    "in_utf8_marked": lambda d, r: replace(d, encoding="utf-8-sig"),
    "one_row": _keep_one,
}
_ON_BYTES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": lambda b, r: b[: r.randrange(len(b))],
    "flipped": lambda b, r: _flip(b, r, 5),
    "flipped_much": lambda b, r: _flip(b, r, 300),
    "garbage": lambda b, r: r.randbytes(r.choice((1, 100, 5000))),
    "garbage_end": lambda b, r: b + r.randbytes(200),
    "empty": lambda b, r: r.choice((b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe", b"   \r\n\r\n")),
    "twice": lambda b, r: b + b,
    "zeros": lambda b, r: b + bytes(500),
    "carriage_returns": lambda b, r: b.replace(b"\n", b"\r"),
    "header_only": lambda b, r: b.split(b"\n", 1)[0],
    "wrong_kind": lambda b, r: (
        r.choice((b"PK\x03\x04", b"PAR1", b"%PDF-1.7", b"\x1f\x8b", b"[")) + b
    ),
}


def _flip(content: bytes, rng: random.Random, count: int) -> bytes:
    damaged = bytearray(content)
    for _ in range(count if damaged else 0):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def _encode(text: str, encoding: str) -> bytes:
    return text.encode(encoding, errors="replace")


def _damage_records(kind: str, *, rng: random.Random) -> Case:
    """A JSON, Parquet or XLSX delivery with bad values, then perhaps damaged bytes."""
    draft = make_draft("csv", rng=rng)
    records: list[dict[str, object]] = [
        dict(zip(draft.header, [*r[:3], float(r[3]), int(r[4]), int(r[5]), r[6]], strict=True))
        for r in draft.rows
    ]
    for _ in range(rng.choice((0, 1, 2))):
        wrong = rng.choice((None, float("inf"), float("nan"), -1.0, 1e308))
        records[rng.randrange(len(records))]["spend"] = wrong
    spends = draft.spends | {1e308}
    content = _WRITE[kind](records)
    case = Case(kind, f"table.{kind}", content, SOURCES[kind], draft.n_rows, spends)
    if rng.random() < 0.6:
        name = rng.choice(("cut", "flipped", "flipped_much", "garbage", "zeros", "empty"))
        damaged = _ON_BYTES[name](content, rng)
        return Case(f"{kind}+{name}", case.file, damaged, case.source)
    return case


def _write_json(records: list[dict[str, object]]) -> bytes:
    return json.dumps(records).encode()


def _write_lines(records: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(r) for r in records).encode()


def _write_parquet(records: list[dict[str, object]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(records, infer_schema_length=None).write_parquet(buffer)
    return buffer.getvalue()


def write_workbook(rows: list[list[object]]) -> bytes:
    """The rows as an XLSX file; numbers that are not finite become text."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                is_odd = (isinstance(value, float) and abs(value) > 1e300) or value != value  # noqa: PLR0124
                sheet.write(i, j, str(value) if is_odd else value)
    return buffer.getvalue()


def _write_xlsx(records: list[dict[str, object]]) -> bytes:
    return write_workbook([list(records[0]), *([*r.values()] for r in records)])


_WRITE: dict[str, Callable[[list[dict[str, object]]], bytes]] = {
    "json": _write_json,
    "jsonl": _write_lines,
    "parquet": _write_parquet,
    "xlsx": _write_xlsx,
}
