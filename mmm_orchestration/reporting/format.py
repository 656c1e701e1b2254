"""Numbers as people read them: money, counts, percentages, ratios, days and intervals.

Belongs here: number to text. Must not: which number is shown, or markup around it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import Interval, Provenance

Formatter = Callable[[float], str]

MISSING: Final = "not available"
_SYMBOLS: Final = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "C$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "USD": "$",
}
_SCALES: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


@dataclass(frozen=True)
class ShownInterval:
    """An interval as text: the median and, apart from it, the span of the interval."""

    median: str
    span: str

    def __str__(self) -> str:
        return f"{self.median} ({self.span})"


def format_number(value: float) -> str:
    """`value` with two or three significant digits and k, m, bn or tn: 1234567 is '1.2m'."""
    if not math.isfinite(value):
        return MISSING
    sign, size = ("−" if value < 0 else ""), abs(value)
    for scale, suffix in _SCALES:
        if size >= 0.9995 * scale:
            scaled = size / scale
            return f"{sign}{scaled:.{1 if scaled < 99.95 else 0}f}{suffix}"
    text = f"{size:.{_count_decimals(size) if size < 9.95 else 0}f}"
    return "0" if float(text) == 0 else f"{sign}{text}"


def format_money(value: float, *, currency: str) -> str:
    """`value` as money: '£1.2m', '−€350', 'CHF 12.5k'; small ones show the cents."""
    if not math.isfinite(value):
        return MISSING
    size = round(float(abs(value)), 2)
    if size < 99.995 and not size.is_integer():
        text = f"{size:.2f}"
    else:
        text = f"{size:.0f}" if size < 999.5 else format_number(size)
    sign = "−" if value < 0 and text != "0" else ""
    return f"{sign}{_SYMBOLS.get(currency, currency + chr(0xA0))}{text}"


def format_percent(share: float) -> str:
    """`share` of one as a percentage: 0.204 is '20 %', 0.042 is '4.2 %'."""
    if not math.isfinite(share):
        return MISSING
    percent = 100 * share
    text = f"{abs(percent):.{1 if abs(percent) < 9.95 else 0}f}"
    sign = "−" if percent < 0 and float(text) else ""
    return f"{sign}{text}\u00a0%"


def format_score(value: float, *, decimals: int) -> str:
    """`value` with a fixed number of decimals."""
    return f"{value:.{decimals}f}" if math.isfinite(value) else MISSING


def format_days(value: float) -> str:
    """`value` as a whole number of days, or one decimal below ten days."""
    if not math.isfinite(value):
        return MISSING
    text = f"{value:.{1 if abs(value) < 9.95 else 0}f}".removesuffix(".0")
    return f"{text}\u00a0{'day' if text == '1' else 'days'}"


@dataclass(frozen=True)
class TickUnit:
    """How the ticks of an axis read: `factor` first, then k, m or bn if `is_scaled`."""

    prefix: str = ""
    suffix: str = ""
    factor: float = 1.0
    is_scaled: bool = False


PERCENT_TICKS: Final = TickUnit(suffix="\u00a0%", factor=100.0)
DAY_TICKS: Final = TickUnit(suffix="\u00a0days")


def amount_ticks(unit: str, *, currency: str) -> TickUnit:
    """The ticks of an axis of amounts in `unit`: money where it is the currency."""
    prefix = _SYMBOLS.get(currency, f"{currency}\u00a0") if unit == currency else ""
    return TickUnit(prefix=prefix, is_scaled=True)


def format_ticks(values: Sequence[float], *, unit: TickUnit) -> list[str]:
    """`values` of one axis with one scale and as many decimals as tell neighbours apart."""
    shown = [unit.factor * value for value in values]
    top = max(map(abs, shown), default=0.0)
    scales = _SCALES if unit.is_scaled else ()
    scale, letter = next(((s, word) for s, word in scales if top >= s), (1.0, ""))
    step = min((abs(b - a) for a, b in pairwise(shown) if b != a), default=top) / scale
    decimals = 0
    while decimals < 6 and abs(step - round(step, decimals)) > 1e-6 * step:
        decimals += 1
    texts = [f"{abs(value) / scale:,.{decimals}f}" for value in shown]
    return [
        f"{'−' if value < 0 and float(text.replace(',', '')) else ''}{unit.prefix}{text}{letter}"
        f"{unit.suffix}"
        if value
        else f"{unit.prefix}0{unit.suffix}"
        for value, text in zip(shown, texts, strict=True)
    ]


def format_count(value: float) -> str:
    """`value` in full with thousands separators, or four significant digits where it is broken."""
    if not math.isfinite(value):
        return MISSING
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def format_date(day: date) -> str:
    """`day` as '5 Jan 2023'."""
    return f"{day.day} {day:%b %Y}"


def format_window(window: DayWindow) -> str:
    """`window` as '5 Jan 2023 – 31 Dec 2025', or its one day."""
    first = format_date(window.first)
    return first if window.n_days == 1 else f"{first} – {format_date(window.last)}"


def format_interval(interval: Interval, formatter: Formatter) -> ShownInterval:
    """`interval` as '£1.2m (£0.9m – £1.6m)' or '20 % (17 – 24 %)', with 'to' beside a minus."""
    if not all(map(math.isfinite, (interval.median, interval.low, interval.high))):
        return ShownInterval(MISSING, "no interval")
    low, high = formatter(interval.low), formatter(interval.high)
    for unit in ("\u00a0%", "\u00a0days"):
        if high.endswith(unit):
            low = low.removesuffix(unit)
    link = "to" if "−" in low + high else "–"
    return ShownInterval(formatter(interval.median), f"{low} {link} {high}")


def format_ratio(interval: Interval) -> ShownInterval:
    """An ROI as '2.4 (1.6 – 3.3)': all three with the decimals that the median needs."""
    decimals = _count_decimals(interval.median)

    def show(value: float) -> str:
        text = f"{abs(value):,.{decimals}f}"
        return f"−{text}" if value < 0 and float(text.replace(",", "")) else text

    return format_interval(interval, show)


def kpi_formatter(provenance: Provenance) -> Formatter:
    """The formatter of KPI amounts: money, or a count where the KPI is not money."""
    return unit_formatter(provenance.kpi_unit, currency=provenance.currency)


def unit_formatter(unit: str, *, currency: str) -> Formatter:
    """The formatter of amounts in `unit`: money where it is the currency, else a number."""
    if unit != currency:
        return format_number
    return lambda value: format_money(value, currency=currency)


def step_formatter(step: float, *, prefix: str = "") -> Formatter:
    """The formatter of amounts `step` apart: one scale and its two first digits for all of them."""
    place = max(-4, math.floor(math.log10(step)) - 1)
    scale, letter = next(((s, word) for s, word in _SCALES if 10.0**place >= s), (1.0, ""))

    def show(value: float) -> str:
        if not math.isfinite(value):
            return MISSING
        text = f"{abs(round(value, -place)) / scale:,.{max(0, -place)}f}"
        sign = "−" if value < 0 and float(text.replace(",", "")) else ""
        return f"{sign}{prefix}{text}{letter}"

    return show


def is_roi_money(provenance: Provenance) -> bool:
    """Whether ROI is money per money, so that 1 is break-even."""
    return provenance.kpi_unit == provenance.currency or provenance.value_per_unit is not None


def name_roi_unit(provenance: Provenance) -> str:
    """What one unit of ROI is: '£ per £ spent' or 'orders per £ spent'."""
    symbol = _SYMBOLS.get(provenance.currency, provenance.currency)
    return f"{symbol if is_roi_money(provenance) else provenance.kpi_unit} per {symbol} spent"


def _count_decimals(value: float) -> int:
    """Decimals that give `value` two significant digits, at most six."""
    if value == 0 or not math.isfinite(value):
        return 1
    return min(6, max(0, 1 - math.floor(math.log10(abs(value) * 1.0001))))
