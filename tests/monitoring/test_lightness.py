"""What watching a champion takes."""

import subprocess
import sys
from datetime import date, timedelta

import pytest

from mmm_orchestration.days import find_day_before_gap

pytestmark = pytest.mark.unit

HEAVY = ("pymc", "pytensor", "jax", "mlflow", "great_expectations", "matplotlib")
PROGRAM = f"""
import sys
import mmm_orchestration.updating, mmm_orchestration.watching
import mmm_orchestration.monitoring.update
sys.exit([name for name in {HEAVY} if name in sys.modules] or None)
"""
FIRST = date(2026, 3, 31)


def test_watching_imports_no_sampler() -> None:
    """Forecasts, monitors and updates need neither PyMC nor what else takes seconds to import."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("days", "found"), [({1, 2, 3}, None), ({1, 2, 4}, 2), ({3}, 0), ({-5, 1}, None), (set(), None)]
)
def test_days_end_before_the_first_gap(days: set[int], found: int | None) -> None:
    """Days after a gap are not read; days before the fit do not count."""
    day = find_day_before_gap([FIRST + timedelta(days=d) for d in days], after=FIRST)
    assert day == (None if found is None else FIRST + timedelta(days=found))
