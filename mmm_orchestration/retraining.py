"""Which period is due for a retrain, from accepted days, registered versions and earlier tries.

A period is every `new_days`-th accepted day, counted after a fixed day: that from which the
champion was counted. Nothing here knows a clock, a cursor or Dagster.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mmm_orchestration.errors import ModelError
from mmm_orchestration.project import Retrain
from mmm_orchestration.registry.versions import CHAMPION, ModelVersion

PERIOD_TAG: Final = "mmm/retrain_period"
COUNTED_TAG: Final = "mmm/retrain_counted_after"
ATTEMPT_TAG: Final = "mmm/retrain_attempt"
REASON_TAG: Final = "mmm/retrain_reason"
JUDGED_TAG: Final = "mmm/drift_judged_through"


@dataclass(frozen=True)
class Request:
    """One try of a period: the fit reads gold through it; days are counted after `counted_after`.

    Without a period the fit reads everything. `reason` says what asked for it where that was not
    the count of days.
    """

    period: date | None
    counted_after: date | None = None
    attempt: int = 1
    reason: str = ""

    def to_tags(self) -> dict[str, str]:
        """The run tags that say it."""
        tags = {
            PERIOD_TAG: self.period,
            COUNTED_TAG: self.counted_after,
            ATTEMPT_TAG: self.attempt,
            REASON_TAG: self.reason,
        }
        return {name: str(value) for name, value in tags.items() if value}

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> "Request":
        """What the tags of a run ask for; raises ModelError where they name no day."""
        try:
            period, counted = (
                date.fromisoformat(tags[name]) if tags.get(name) else None
                for name in (PERIOD_TAG, COUNTED_TAG)
            )
        except ValueError as error:
            raise ModelError(
                f"The run tag '{PERIOD_TAG}' or '{COUNTED_TAG}' is no day",
                got=[tags.get(PERIOD_TAG), tags.get(COUNTED_TAG)],
                fix="Write it like 2026-03-31",
            ) from error
        return cls(
            period=period,
            counted_after=counted,
            attempt=read_attempt(tags),
            reason=tags.get(REASON_TAG, ""),
        )


@dataclass(frozen=True)
class Try:
    """An earlier run, its period (None where it has none), and its state.

    `judged` is the newest day that monitoring had judged when drift asked for it.
    """

    period: date | None
    attempt: int
    is_going: bool
    judged: date | None = None


@dataclass(frozen=True)
class Wait:
    """Nothing to ask for, and why in words; `given_up` are periods that were tried in vain."""

    reason: str
    given_up: tuple[date, ...] = ()


def read_attempt(tags: Mapping[str, str]) -> int:
    """The number of the try that a run was; one where its tags do not say."""
    text = tags.get(ATTEMPT_TAG, "")
    return int(text) if text.isdecimal() else 1


def count_tries(tries: Sequence[Try], *, period: date) -> int:
    """How often the period was tried; records of the first tries may be purged."""
    done = [one.attempt for one in tries if one.period == period]
    return max([len(done), *done])


def list_given_up(tries: Sequence[Try], *, max_attempts: int) -> dict[date, date]:
    """The periods that drift asked for and that were tried `max_attempts` times.

    The value is the newest day that had been judged when the last try was asked for.
    """
    going = {one.period for one in tries if one.is_going}
    return {
        period: max([period, *(one.judged for one in tries if one.period == period and one.judged)])
        for period in {one.period for one in tries} - going
        if period is not None and count_tries(tries, period=period) >= max_attempts
    }


def find_base(versions: Sequence[ModelVersion]) -> ModelVersion | None:
    """The version whose days are counted on: the champion, else the newest, else None."""
    champion = next((one for one in versions if CHAMPION in one.aliases), None)
    return champion or max(versions, key=lambda one: one.number, default=None)


def list_candidates(
    days: Collection[date], *, versions: Sequence[ModelVersion], new_days: int
) -> list[date]:
    """The periods that have no version yet though their days are complete, oldest first.

    Before the first version that is the newest period alone. Days that were accepted late count
    where they lie; what lies before the newest period that has a version never comes again, and
    so no period has two versions.
    """
    base = find_base(versions)
    if base is None:
        return _list_grid(days, after=None, new_days=new_days)[-1:]
    made = [one.period for one in versions if one.period is not None]
    newest = max([base.accepted_through, *made])
    grid = _list_grid(days, after=base.counted_after, new_days=new_days)
    return [period for period in grid if period > newest]


def decide(
    days: Collection[date],
    *,
    versions: Sequence[ModelVersion],
    tries: Sequence[Try],
    settings: Retrain,
) -> Request | Wait:
    """The try to ask for now, or why there is none; `days` has each accepted day once.

    One period is fitted at a time, the oldest first; one that was tried `max_attempts` times is
    given up, and the next one follows when its days are complete.
    """
    candidates = list_candidates(days, versions=versions, new_days=settings.new_days)
    base, given_up = find_base(versions), list[date]()
    going = next((one for one in tries if one.is_going), None)
    if going is not None:
        of = f"period {going.period}" if going.period else "another period"
        return Wait(f"A retrain of {of} is going on, try {going.attempt}.")
    for period in candidates:
        n_done = count_tries(tries, period=period)
        if n_done < settings.max_attempts:
            counted = base.counted_after if base else None
            return Request(period=period, counted_after=counted, attempt=n_done + 1)
        given_up.append(period)
    return Wait(_say_wait(days, base=base, given_up=given_up, settings=settings), tuple(given_up))


def _list_grid(days: Collection[date], *, after: date | None, new_days: int) -> list[date]:
    return _list_later(days, after=after)[new_days - 1 :: new_days]


def _list_later(days: Collection[date], *, after: date | None) -> list[date]:
    ordered = sorted(days)
    return ordered if after is None else ordered[bisect_right(ordered, after) :]


def _say_wait(
    days: Collection[date],
    *,
    base: ModelVersion | None,
    given_up: Sequence[date],
    settings: Retrain,
) -> str:
    n_new = len(_list_later(days, after=base.counted_after if base else None))
    n_left = settings.new_days - n_new % settings.new_days
    vain = "".join(
        f"Gave up on period {period} after {settings.max_attempts} tries; mend what its runs "
        "name and launch the job 'retrain' with its tags again. "
        for period in given_up
    )
    newest = max(days, default=None)
    told = f"the newest accepted day is {newest}" if newest else "no day is accepted yet"
    return f"{vain}The next period needs {n_left} more accepted days; {told}."
