"""Cells to days: month names in seven languages, and whether the day or the month comes first.

Belongs here: the written forms of a date. Must not: periods, time zones of rows.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError

DayOrder = Literal["dmy", "mdy"]

FIRST_YEAR, LAST_YEAR = 1990, 2100
_MIXED_SHARE = 0.1
_MONTHS: tuple[tuple[str, ...], ...] = (
    (
        "jan",
        "january",
        "janv",
        "janvier",
        "januar",
        "enero",
        "ene",
        "gennaio",
        "gen",
        "januari",
        "janeiro",
    ),
    (
        "feb",
        "february",
        "fevr",
        "fevrier",
        "februar",
        "febrero",
        "febbraio",
        "februari",
        "fevereiro",
        "fev",
    ),
    ("mar", "march", "mars", "marz", "maerz", "marzo", "maart", "mrt", "marco"),
    ("apr", "april", "avr", "avril", "abril", "abr", "aprile"),
    ("may", "mai", "mayo", "maggio", "mag", "mei", "maio"),
    ("jun", "june", "juin", "juni", "junio", "giugno", "giu", "junho"),
    ("jul", "july", "juil", "juillet", "juli", "julio", "luglio", "lug", "julho"),
    ("aug", "august", "aout", "agosto", "ago", "augustus"),
    ("sep", "sept", "september", "septembre", "septiembre", "settembre", "set", "setembro"),
    ("oct", "october", "octobre", "okt", "oktober", "octubre", "ottobre", "ott", "outubro", "out"),
    ("nov", "november", "novembre", "noviembre", "novembro"),
    ("dec", "december", "decembre", "dez", "dezember", "diciembre", "dic", "dicembre", "dezembro"),
)
_MONTH_OF = {name: i + 1 for i, names in enumerate(_MONTHS) for name in names}
_ISO = r"(?P<iy>\d{4})[-/.](?P<im>\d{1,2})[-/.](?P<id>\d{1,2})"
_PACKED = r"(?P<py>\d{4})(?P<pm>\d{2})(?P<pd>\d{2})"
_NUMERIC = r"(?P<n1>\d{1,2})[-/.](?P<n2>\d{1,2})[-/.](?P<ny>\d{4})"
_DAY_FIRST = r"(?P<dd>\d{1,2})(?:\.|er|º|o)? (?:de )?(?P<dm>[a-z]+)\.?,? (?:de )?(?P<dy>\d{4})"
_MONTH_FIRST = r"(?P<md>[a-z]+)\.? (?P<mday>\d{1,2}),? (?P<my>\d{4})"
_ANY = re.compile(
    rf"(?<!\d)(?:{_ISO}|{_NUMERIC}|{_DAY_FIRST}|{_PACKED})(?!\d)|{_MONTH_FIRST}(?!\d)"
)
_MIDNIGHT = re.compile(r"[t ]00:00(?::00(?:\.0+)?)?z?$")


@dataclass(frozen=True)
class OrderHints:
    """What may settle the order of day and month when the cells cannot.

    `period` holds the texts of the stated period; `usual` is the order the platform writes in
    the header's language, None where it writes both.
    """

    period: tuple[str, ...] = ()
    usual: DayOrder | None = None


def parse_day(text: str, *, order: DayOrder) -> date | None:
    """The day written in `text` and nothing else, or None."""
    plain = _MIDNIGHT.sub("", _fold(text))
    match = _ANY.fullmatch(plain)
    return _to_day(match, order=order) if match else None


def find_days(text: str, *, order: DayOrder) -> list[date]:
    """Every day written inside `text`, in its order."""
    days = (_to_day(m, order=order) for m in _ANY.finditer(_fold(text)))
    return [d for d in days if d is not None]


def parse_days(cells: pl.Series, *, order: DayOrder) -> pl.Series:
    """Date values of the cells, null where blank or unreadable; typed days stay as they are."""
    if cells.dtype == pl.Date:
        return cells
    if isinstance(cells.dtype, pl.Datetime):
        return cells.dt.date()
    texts = cells.cast(pl.String)
    words = texts.drop_nulls().unique().to_list()
    days = pl.Series([parse_day(w, order=order) for w in words], dtype=pl.Date)
    if not words:
        return pl.Series(cells.name, [None] * len(cells), dtype=pl.Date)
    return texts.replace_strict(words, days, default=None, return_dtype=pl.Date)


def decide_order(cells: pl.Series, *, hints: OrderHints, file: str) -> DayOrder:
    """Whether numeric days put the day or the month first, from all cells of the column.

    Settled by a part above 12, else by the stated period, else by the platform's habit. Raises
    SourceError when nothing settles it or when both orders occur.
    """
    if cells.dtype != pl.String:
        return "dmy"
    counts = Counter(cells.drop_nulls().to_list())
    numeric = {t: n for t, n in counts.items() if re.match(_NUMERIC, t)}
    for text in hints.period:
        numeric.update({m.group(): 1 for m in re.finditer(_NUMERIC, text)})
    dmy = sum(n for t, n in numeric.items() if parse_day(t, order="mdy") is None)
    mdy = sum(n for t, n in numeric.items() if parse_day(t, order="dmy") is None)
    if min(dmy, mdy) > _MIXED_SHARE * (dmy + mdy):
        raise SourceError(
            f"{file} mixes day/month and month/day dates", fix="Export it with one date format"
        )
    if dmy != mdy:
        return "dmy" if dmy > mdy else "mdy"
    return _decide_by_hints(list(numeric), hints=hints, file=file)


def _decide_by_hints(texts: list[str], *, hints: OrderHints, file: str) -> DayOrder:
    if not texts or all("." in t for t in texts):
        return "dmy"
    n_inside: dict[DayOrder, int] = {}
    for order in ("dmy", "mdy"):
        period = stated_window(hints.period, order=order)
        days = (parse_day(t, order=order) for t in texts)
        n_inside[order] = sum(bool(period and d and period.contains(d)) for d in days)
    if n_inside["dmy"] != n_inside["mdy"] and not any(re.search(_NUMERIC, p) for p in hints.period):
        return "dmy" if n_inside["dmy"] > n_inside["mdy"] else "mdy"
    if hints.usual:
        return hints.usual
    raise SourceError(
        f"{file} does not tell day from month: every date, such as '{texts[0]}', could be both",
        fix="Export a period that reaches beyond the 12th, or dates such as 2026-03-02",
    )


def stated_window(texts: Iterable[str], *, order: DayOrder) -> DayWindow | None:
    """The window between the first two days written in `texts`, or None without two."""
    days = [d for text in texts for d in find_days(text, order=order)]
    if len(days) < 2 or days[1] < days[0]:
        return None
    return DayWindow(days[0], days[1])


def _fold(text: str) -> str:
    """Lower case without accents, white space as single blanks."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


def _to_day(match: re.Match[str], *, order: DayOrder) -> date | None:
    part = match.groupdict()
    if part["iy"]:
        year, month, day = part["iy"], part["im"], part["id"]
    elif part["py"]:
        year, month, day = part["py"], part["pm"], part["pd"]
    elif part["ny"]:
        day, month = (part["n1"], part["n2"]) if order == "dmy" else (part["n2"], part["n1"])
        year = part["ny"]
    else:
        name = part["dm"] or part["md"]
        year, day = part["dy"] or part["my"], part["dd"] or part["mday"]
        month = str(_MONTH_OF.get(name, 0))
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
