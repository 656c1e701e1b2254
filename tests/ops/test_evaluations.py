"""What the ledger of the retrain evaluations expects, and disturbances that it must show."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.ops.evaluations import BASE, Ledger, open_world

DAYS = [BASE + timedelta(days=i + 1) for i in range(70)]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        (Ledger(set(DAYS[:29])), None),
        (Ledger(set(DAYS[:30])), (DAYS[29], 1)),
        (Ledger(set(DAYS[:30]) - {DAYS[3]}), None),
        (Ledger(set(DAYS), failed={DAYS[29]: 2}), (DAYS[29], 3)),
        (Ledger(set(DAYS), failed={DAYS[29]: 3}), (DAYS[59], 1)),
        (Ledger(set(DAYS), made={DAYS[29]}), (DAYS[59], 1)),
        (Ledger(set(DAYS), made={DAYS[59]}), None),
        (Ledger(set(DAYS), going=DAYS[29]), None),
    ],
)
def test_periods_are_counted_by_hand(ledger: Ledger, expected: tuple[date, int] | None) -> None:
    """Every thirtieth day accepted, oldest first, three tries, one at a time."""
    assert ledger.expect() == expected


@pytest.mark.flow
def test_a_wrong_request_is_noticed(tmp_path: Path) -> None:
    """Thirty days in gold that the ledger does not have make the sensor's request wrong."""
    from benchmarks.ops.evaluations import write_gold

    with open_world(tmp_path / "world", seed=1) as world:
        world.tick()
        assert world.tally.wrong == []
        write_gold(world.home, DAYS[:30])
        world.tick()
        assert len(world.tally.wrong) == 1
