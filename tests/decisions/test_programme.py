"""What a programme costs and brings, by hand where nothing is uncertain."""

import pytest
from pydantic import ValidationError

from mmm_orchestration.decisions.programme import Programme, evaluate_programme

pytestmark = pytest.mark.unit

SURE = {
    "gain": {"median": 1000, "low": 1000, "high": 1000},
    "plans_per_year": 4,
    "margin": 0.5,
    "followed": 1.0,
    "realised": 0.25,
    "realised_spread": 0.0,
    "people": 200,
    "tools": 60,
    "compute": 30,
    "tests": 10,
    "setup": 300,
    "years": 2,
}


def test_without_doubt_it_is_arithmetic() -> None:
    """Four plans of 1,000 at half margin, a quarter of it true: 500 a year against 300."""
    brought = evaluate_programme(Programme.model_validate(SURE))
    assert brought.profit.low == brought.profit.high == pytest.approx(500)
    assert brought.net.median == pytest.approx(200)
    assert brought.total.median == pytest.approx(100)
    assert brought.pays == 1.0
    assert brought.roi == pytest.approx(1000 / 900)
    assert brought.payback_months == pytest.approx(18)
    assert brought.break_even == pytest.approx(900)


def test_at_the_break_even_half_of_the_cases_pay() -> None:
    """With doubt on both sides of it."""
    doubtful = SURE | {"gain": {"median": 900, "low": 700, "high": 1100}}
    brought = evaluate_programme(Programme.model_validate(doubtful))
    assert brought.pays == pytest.approx(0.5, abs=0.02)


def test_what_is_not_followed_brings_nothing() -> None:
    """It costs, is never earned back, and no gain would make it worth while."""
    brought = evaluate_programme(Programme.model_validate(SURE | {"followed": 0.0}))
    assert brought.total.high == pytest.approx(-900)
    assert (brought.pays, brought.payback_months, brought.break_even) == (0.0, None, None)


def test_doubt_widens_and_keeps_the_mean() -> None:
    """Half of the plans followed, and a part that varies: the mean is the product of the means."""
    doubtful = SURE | {"followed": 0.5, "realised_spread": 0.2, "plans_per_year": 4.5}
    brought = evaluate_programme(Programme.model_validate(doubtful))
    assert brought.roi == pytest.approx(2 * 4.5 * 0.5 * 0.5 * 0.25 * 1000 / 900, rel=0.03)
    assert brought.profit.low < brought.profit.median < brought.profit.high


@pytest.mark.parametrize(
    "wrong",
    [
        {"margin": 1.5},
        {"margin": float("nan")},
        {"people": -1},
        {"followed": 1.1},
        {"realised": 0.1, "realised_spread": 0.4},
        {"gain": {"median": 1, "low": 2, "high": 3}},
        {"gain": {"median": float("inf"), "low": 1, "high": 3}},
        {"years": 0},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    """Parts above one, money below zero, numbers that are none, ends in the wrong order."""
    with pytest.raises(ValidationError):
        Programme.model_validate(SURE | wrong)
