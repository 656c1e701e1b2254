"""Which period is due: a year of days in any order, with outages, failures and promotions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_orchestration.errors import ModelError
from mmm_orchestration.project import Retrain
from mmm_orchestration.registry import CHAMPION, ModelVersion
from mmm_orchestration.retraining import (
    ATTEMPT_TAG,
    COUNTED_TAG,
    PERIOD_TAG,
    Request,
    Try,
    Wait,
    decide,
    list_candidates,
)

pytestmark = pytest.mark.unit

START = date(2025, 12, 31)
SETTINGS = Retrain()


def count(n: int) -> date:
    """The n-th day after the first version's last."""
    return START + timedelta(days=n)


def make_version(number: int, *, day: date, counted_after: date | None = None) -> ModelVersion:
    """A version that read the days through `day`, for which it was made unless it is the first."""
    return ModelVersion(
        number=number,
        version=f"v{number}",
        period=day if number > 1 else None,
        trained_through=day,
        aliases=(),
        tags={
            "accepted_through": str(day),
            **({"counted_after": str(counted_after)} if counted_after else {}),
        },
    )


def promote(versions: Sequence[ModelVersion], number: int) -> list[ModelVersion]:
    """The versions with that one as champion."""
    return [replace(one, aliases=(CHAMPION,) if one.number == number else ()) for one in versions]


def register(versions: list[ModelVersion], asked: Request) -> list[ModelVersion]:
    """The versions with one more, as it was asked for."""
    assert asked.period is not None
    made = make_version(len(versions) + 1, day=asked.period, counted_after=asked.counted_after)
    return [*versions, made]


FIRST = promote([make_version(1, day=START)], 1)


def ask(days: Sequence[date], versions: Sequence[ModelVersion], *tries: Try) -> Request | Wait:
    """What is decided under the default settings."""
    return decide(days, versions=versions, tries=tries, settings=SETTINGS)


def test_a_period_is_complete_with_its_last_day() -> None:
    """Twenty-nine new days ask for nothing; the thirtieth asks for the period it ends."""
    days = [count(n) for n in range(-400, 30)]
    wait = ask(days, FIRST)
    assert isinstance(wait, Wait)
    assert "needs 1 more accepted days" in wait.reason
    assert ask([*days, count(30)], FIRST) == Request(period=count(30), counted_after=START)


def test_missing_days_are_not_counted() -> None:
    """With five days held back, the period ends five days later."""
    days = [count(n) for n in range(1, 36) if n not in range(10, 15)]
    assert ask(days, FIRST) == Request(period=count(35), counted_after=START)


def test_without_a_version_the_newest_whole_period_is_first() -> None:
    """A project with three years of history is fitted once and not thirty-six times."""
    days = [count(n) for n in range(1, 1001)]
    assert ask(days, []) == Request(period=count(990))


@settings(max_examples=15, deadline=None)
@given(
    order=st.permutations(range(25)),
    promoted=st.lists(st.integers(0, 3), min_size=12, max_size=12),
    asleep=st.sets(st.integers(0, 364), max_size=330),
)
def test_a_year_has_twelve_periods(order: list[int], promoted: list[int], asleep: set[int]) -> None:
    """365 days that land out of order, while nobody looks for days, give twelve periods.

    Whichever versions become champion or are rolled back to, no period comes twice.
    """
    landing = [25 * block + place + 1 for block in range(15) for place in order]
    days, versions = list[date](), FIRST
    for i, n in enumerate(n for n in landing if n <= 365):
        days.append(count(n))
        while i not in asleep and isinstance(asked := ask(days, versions), Request):
            versions = register(versions, asked)
            choice = promoted[(len(versions) - 2) % 12]
            versions = promote(versions, max(1, len(versions) - choice))
    while isinstance(asked := ask(days, versions), Request):
        versions = register(versions, asked)
    periods = [one.period for one in versions if one.period]
    assert len(set(periods)) == len(periods) == 12
    assert periods == sorted(periods)


@settings(max_examples=30, deadline=None)
@given(cuts=st.sets(st.integers(1, 365), max_size=20), promotes=st.booleans())
def test_days_in_order_make_the_same_grid_whenever_one_looks(
    cuts: set[int], promotes: bool
) -> None:
    """Looking seldom or often, with or without promotions, the periods are every thirtieth day."""
    versions = FIRST
    for n in sorted({*cuts, 365}):
        days = [count(i) for i in range(1, n + 1)]
        while isinstance(asked := ask(days, versions), Request):
            versions = register(versions, asked)
            versions = promote(versions, len(versions)) if promotes else versions
    assert [one.period for one in versions[1:]] == [count(30 * k) for k in range(1, 13)]


def test_a_version_by_hand_moves_the_count_only_as_champion() -> None:
    """A fit on all days is counted on once it is promoted, and before that changes nothing."""
    days = [count(n) for n in range(1, 78)]
    by_hand = replace(make_version(2, day=count(47)), period=None)
    assert ask(days, [*FIRST, by_hand]) == Request(period=count(30), counted_after=START)
    promoted = promote([*FIRST, by_hand], 2)
    assert ask(days, promoted) == Request(period=count(77), counted_after=count(47))


def test_a_try_that_goes_on_is_waited_for() -> None:
    """No second run is asked for, whatever its period."""
    days = [count(n) for n in range(1, 61)]
    wait = ask(days, FIRST, Try(period=count(7), attempt=1, is_going=True))
    assert isinstance(wait, Wait)
    assert "is going on" in wait.reason


def test_a_period_is_tried_three_times() -> None:
    """Then it is given up in words, and the next one follows."""
    days = [count(n) for n in range(1, 31)]
    tries = list[Try]()
    for attempt in (1, 2, 3):
        asked = ask(days, FIRST, *tries)
        assert isinstance(asked, Request)
        assert asked.attempt == attempt
        tries.append(Try(period=count(30), attempt=attempt, is_going=False))
    wait = ask(days, FIRST, *tries)
    assert isinstance(wait, Wait)
    assert wait.given_up == (count(30),)
    assert f"Gave up on period {count(30)} after 3 tries" in wait.reason
    later = ask([count(n) for n in range(1, 61)], FIRST, *tries)
    assert later == Request(period=count(60), counted_after=START)


def test_a_purged_try_does_not_repeat_a_number() -> None:
    """The number follows the highest that is left, since a run key is never launched twice."""
    days = [count(n) for n in range(1, 31)]
    asked = ask(days, FIRST, Try(period=count(30), attempt=2, is_going=False))
    assert asked == Request(period=count(30), counted_after=START, attempt=3)


def test_an_earlier_period_never_comes_again() -> None:
    """Late days and a rollback move no period before the newest that has a version."""
    versions = register(FIRST, Request(period=count(33), counted_after=START))
    days = [count(n) for n in range(1, 60)]
    assert list_candidates(days, versions=versions, new_days=30) == []
    assert list_candidates([*days, count(60)], versions=versions, new_days=30) == [count(60)]


def test_tags_say_what_was_asked() -> None:
    """A request comes back from its run tags; without them a fit reads all days."""
    asked = Request(period=count(30), counted_after=START, attempt=2)
    assert Request.from_tags(asked.to_tags()) == asked
    assert set(asked.to_tags()) == {PERIOD_TAG, COUNTED_TAG, ATTEMPT_TAG}
    assert Request.from_tags({}) == Request(period=None)
    with pytest.raises(ModelError, match="is no day"):
        Request.from_tags({PERIOD_TAG: "soon"})
