"""When the trailing days are read again."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home
from mmm_orchestration.replaying import find_reason
from mmm_orchestration.runner import open_instance, run_daily

from .small_project import deliver_day, write_google_day, write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
TUESDAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Eight days that were read together."""
    home = write_small_project(tmp_path_factory.mktemp("replay"), first=FIRST, n_days=8)
    assert run(home, FIRST, TUESDAY - timedelta(days=1))
    return home


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of the project."""
    with open_instance(home) as opened:
        yield opened


def run(home: Home, first: date, last: date) -> bool:
    """Whether the job 'daily' over the days succeeded."""
    return run_daily(home, window=DayWindow(first, last), say=lambda _: None).is_success


def ask(home: Home, instance: dg.DagsterInstance, *, today: date = TUESDAY) -> str | None:
    """The reason to read the days from the first to yesterday again."""
    window = DayWindow(FIRST, today - timedelta(days=1))
    return find_reason(home.open_lake(), instance=instance, window=window, today=today)


def test_nothing_new_is_no_reason(home: Home, instance: dg.DagsterInstance) -> None:
    """After a range run over the same days there is none, but on Mondays."""
    assert ask(home, instance) is None
    assert ask(home, instance, today=date(2026, 3, 16)) == "it is Monday"


def test_a_day_that_nobody_read_is_a_reason(home: Home, instance: dg.DagsterInstance) -> None:
    """Days after the last range run are read by their own runs, or are missed."""
    wednesday = TUESDAY + timedelta(days=1)
    assert ask(home, instance, today=wednesday) == f"1 days were not read, first {TUESDAY}"
    deliver_day(home.base, TUESDAY)
    assert run(home, TUESDAY, TUESDAY)
    assert ask(home, instance, today=wednesday) is None


def test_what_the_run_of_its_day_read_is_no_reason(
    home: Home, instance: dg.DagsterInstance
) -> None:
    """Each of two mornings reads the file of the day before, and on the third none is unread."""
    for day in (TUESDAY, TUESDAY + timedelta(days=1)):
        deliver_day(home.base, day)
        assert run(home, day, day)
    assert ask(home, instance, today=TUESDAY + timedelta(days=2)) is None


def test_what_was_never_read_together_is_a_reason(home: Home, instance: dg.DagsterInstance) -> None:
    """Four weeks that begin before the first range run."""
    window = DayWindow(FIRST - timedelta(days=3), TUESDAY)
    reason = find_reason(home.open_lake(), instance=instance, window=window, today=TUESDAY)
    assert reason == "the trailing days were not read together before"


def test_a_restated_day_is_a_reason_until_it_was_read(
    home: Home, instance: dg.DagsterInstance
) -> None:
    """The run of the morning registers the delivery; the range run takes it in."""
    write_google_day(home.base, FIRST + timedelta(days=3), has_bad_row=True)
    assert run(home, TUESDAY - timedelta(days=1), TUESDAY - timedelta(days=1))
    assert ask(home, instance) == "new deliveries of google_ads"
    assert run(home, FIRST, TUESDAY - timedelta(days=1))
    assert ask(home, instance) is None


def test_a_failed_run_is_a_reason(home: Home, instance: dg.DagsterInstance) -> None:
    """A day without deliveries fails, and the trailing days are read again."""
    assert not run(home, TUESDAY + timedelta(days=10), TUESDAY + timedelta(days=10))
    assert ask(home, instance) == "1 runs of 'daily' failed since they were last read"
