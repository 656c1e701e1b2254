"""When the chain runs by itself."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home
from mmm_orchestration.runner import open_instance

from .small_project import write_small_project

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project that starts on 2 March 2026."""
    folder: Path = tmp_path_factory.mktemp("schedules")
    return write_small_project(folder, first=date(2026, 3, 2), n_days=1)


def request(home: Home, name: str, *, now: datetime) -> dg.RunRequest | dg.SkipReason:
    """What the schedule asks for at `now`."""
    with open_instance(home) as instance:
        defs = build_defs(home=home)
        schedule, repository = defs.resolve_schedule_def(name), defs.get_repository_def()
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=now, repository_def=repository
        )
        data = schedule.evaluate_tick(context)
    if data.run_requests:
        return data.run_requests[0]
    return dg.SkipReason(data.skip_message)


def test_at_six_yesterday_is_asked_for(home: Home) -> None:
    """The daily schedule asks for the partition of the day before."""
    asked = request(home, "daily_at_six", now=datetime(2026, 3, 20, 6, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.partition_key == "2026-03-19"


def test_yesterday_is_a_day_of_the_project(home: Home) -> None:
    """In summer time, six in London is five in UTC, and yesterday is London's."""
    asked = request(home, "daily_at_six", now=datetime(2026, 7, 1, 5, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.partition_key == "2026-06-30"


def test_the_replay_asks_for_28_days_in_one_run(home: Home) -> None:
    """The range tags span the 28 days up to yesterday."""
    asked = request(home, "replay_trailing_days", now=datetime(2026, 5, 1, 6, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["dagster/asset_partition_range_start"] == "2026-04-03"
    assert asked.tags["dagster/asset_partition_range_end"] == "2026-04-30"


def test_the_replay_does_not_reach_before_the_start(home: Home) -> None:
    """In the first weeks the range begins with the project."""
    asked = request(home, "replay_trailing_days", now=datetime(2026, 3, 6, 7, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["dagster/asset_partition_range_start"] == "2026-03-02"


def test_nothing_is_asked_for_before_the_start(home: Home) -> None:
    """On the first day of the project there is no yesterday."""
    for name in ("daily_at_six", "replay_trailing_days"):
        asked = request(home, name, now=datetime(2026, 3, 2, 7, tzinfo=UTC))
        assert isinstance(asked, dg.SkipReason)


def test_both_schedules_are_on(home: Home) -> None:
    """Nobody has to switch them on in the UI."""
    with open_instance(home):
        defs = build_defs(home=home)
        defs.get_repository_def()
    for name in ("daily_at_six", "replay_trailing_days"):
        assert defs.resolve_schedule_def(name).default_status is dg.DefaultScheduleStatus.RUNNING
