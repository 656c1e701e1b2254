"""Numbers as text."""

from datetime import date

import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.insight.results import Interval
from mmm_orchestration.reporting.format import (
    PERCENT_TICKS,
    TickUnit,
    amount_ticks,
    format_count,
    format_days,
    format_interval,
    format_money,
    format_number,
    format_percent,
    format_ratio,
    format_ticks,
    format_window,
)

pytestmark = pytest.mark.unit
NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0456, "0.046"),
        (9.94, "9.9"),
        (12.4, "12"),
        (999.4, "999"),
        (999.6, "1.0k"),
        (45_210, "45.2k"),
        (999_960, "1.0m"),
        (1_234_567, "1.2m"),
        (123_456_789, "123m"),
        (-2.5e9, "−2.5bn"),
        (3.2e12, "3.2tn"),
        (NAN, "not available"),
    ],
)
def test_number_has_two_or_three_digits(value: float, text: str) -> None:
    """A number is shown with two or three significant digits and its scale."""
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1_234_567, "GBP", "£1.2m"),
        (-350, "EUR", "−€350"),
        (12_500, "CHF", "CHF\u00a012.5k"),
        (1.4711, "USD", "$1.47"),
        (0, "GBP", "£0"),
        (-0.001, "GBP", "£0"),
        (9.996, "GBP", "£10"),
        (12.5, "GBP", "£12.50"),
        (9, "GBP", "£9"),
        (123.4, "GBP", "£123"),
        (float("inf"), "GBP", "not available"),
    ],
)
def test_money_has_its_currency(value: float, currency: str, text: str) -> None:
    """Money carries the symbol of its currency, or the code where there is none."""
    assert format_money(value, currency=currency) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.2044, "20 %"),
        (0.042, "4.2 %"),
        (-0.031, "−3.1 %"),
        (-1e-9, "0.0 %"),
        (NAN, "not available"),
    ],
)
def test_percent_of_a_share(share: float, text: str) -> None:
    """A share of one is shown as a percentage."""
    assert format_percent(share).replace("\u00a0", " ") == text


def test_interval_names_a_common_unit_once() -> None:
    """Percent and days stand once at the end of an interval, money at both ends."""
    share = format_interval(Interval(0.2, 0.17, 0.24), format_percent)
    money = format_interval(Interval(1.2e6, 9e5, 1.6e6), lambda v: format_money(v, currency="GBP"))
    assert str(share).replace("\u00a0", " ") == "20 % (17 – 24 %)"
    assert str(money) == "£1.2m (£900k – £1.6m)"


def test_interval_with_a_minus_says_to() -> None:
    """A dash beside a minus sign is replaced by a word."""
    assert str(format_ratio(Interval(0.55, -0.08, 1.34))) == "0.55 (−0.08 to 1.34)"


def test_ratio_takes_decimals_from_its_median() -> None:
    """The three numbers of a ratio have the decimals that the median needs."""
    assert str(format_ratio(Interval(2.4, 1.61, 3.333))) == "2.4 (1.6 – 3.3)"
    assert str(format_ratio(Interval(0.0042, 0.001, 0.01))) == "0.0042 (0.0010 – 0.0100)"


def test_interval_that_is_not_finite_is_words() -> None:
    """An interval with NaN is said in words."""
    assert str(format_ratio(Interval(NAN, NAN, NAN))) == "not available (no interval)"


@pytest.mark.parametrize(("value", "text"), [(1, "1 day"), (5.64, "5.6 days"), (31.4, "31 days")])
def test_days_are_counted(value: float, text: str) -> None:
    """Days are whole numbers from ten on."""
    assert format_days(value).replace("\u00a0", " ") == text


def test_count_keeps_every_digit() -> None:
    """A whole number is shown in full."""
    assert format_count(1_312.0) == "1,312"


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([0, 2.5, 5], TickUnit(), ["0", "2.5", "5.0"]),
        ([0, 20_000, 40_000], amount_ticks("GBP", currency="GBP"), ["£0", "£20k", "£40k"]),
        ([1.02e6, 1.04e6], amount_ticks("GBP", currency="GBP"), ["£1.02m", "£1.04m"]),
        ([-5_000, 0, 5_000], amount_ticks("orders", currency="GBP"), ["−5k", "0", "5k"]),
        ([0.1, 0.125, 0.15], PERCENT_TICKS, ["10.0\u00a0%", "12.5\u00a0%", "15.0\u00a0%"]),
        ([0.0], TickUnit(), ["0"]),
    ],
)
def test_ticks_tell_neighbours_apart(values: list[float], unit: TickUnit, texts: list[str]) -> None:
    """Ticks of one axis share scale and decimals and never repeat."""
    assert format_ticks(values, unit=unit) == texts


def test_window_is_readable() -> None:
    """A window is its first and last day."""
    window = DayWindow(date(2023, 1, 5), date(2025, 12, 31))
    assert format_window(window) == "5 Jan 2023 – 31 Dec 2025"
