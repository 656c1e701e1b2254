"""The changes between champion and challenger in words.

Belongs here: sentences. Must not: numbers that are not in them.
"""

from collections.abc import Iterator, Mapping, Sequence

from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.refresh.changes import (
    count_known,
    find_last_day,
    list_libraries,
    list_settings,
)
from mmm_orchestration.refresh.results import Cause, RestatedSeries

SHOWN = 4
TITLES: dict[Cause, str] = {
    "code": "Code or libraries",
    "restated": "Restated days",
    "settings": "Settings",
    "new_days": "New days",
    "seed": "Seed",
}


def say_steps(
    old: Posterior,
    new: Posterior,
    *,
    restated: Sequence[RestatedSeries],
    is_same_code: bool,
    changed: Mapping[Cause, bool],
) -> Iterator[tuple[Cause, str]]:
    """What changed, cause by cause."""
    yield "code", _say_code(old, new, is_same_code=is_same_code)
    if changed["restated"]:
        yield "restated", say_restated(restated)
    else:
        yield "restated", "No day that the champion knew was restated."
    keys = list_settings(old.project, new.project)
    settings = f"mmm.yaml says other things of {_list(keys)}." if keys else "Those of the champion."
    yield "settings", settings
    yield "new_days", _say_new_days(old, new)
    yield (
        "seed",
        "That of the champion."
        if old.seed == new.seed
        else f"{old.seed} became {new.seed}; nothing but chance.",
    )


def say_restated(restated: Sequence[RestatedSeries]) -> str:
    """Which series were restated, where and by how much."""
    if not restated:
        return (
            "Something that the champion knew is other now beside the values of its periods: "
            "exposure before the first, experiments, geos, channels or controls."
        )
    parts = [
        f"{each.series} in {each.n_periods} "
        f"{'period' if each.n_periods == 1 else 'periods'} from {each.first} to {each.last} "
        f"({_say_change(each)})"
        for each in restated
    ]
    return f"{_list(parts, joint='; ')}."


def _say_code(old: Posterior, new: Posterior, *, is_same_code: bool) -> str:
    libraries = list_libraries(old.versions, new.versions)
    parts = ([] if is_same_code else ["the code of the model"]) + list(libraries)
    return f"Changed: {_list(parts)}." if parts else "Those of the champion."


def _say_new_days(old: Posterior, new: Posterior) -> str:
    last, through = find_last_day(old.data), find_last_day(new.data)
    n_new = new.data.n_periods - count_known(new.data, through=last)
    if n_new == 0:
        return "No day that the champion has not seen."
    first = new.data.periods[-n_new].astype("datetime64[D]").item()
    n_days = n_new * new.data.period_days
    return f"{n_days} days from {first} to {through} that the champion has not seen."


def _say_change(each: RestatedSeries) -> str:
    if not each.before:
        return f"{each.before:,.4g} became {each.after:,.4g}"
    change = each.after / each.before - 1
    sign = "−" if change < 0 else "+"
    return f"{sign}{abs(change):.1%}"


def _list(parts: Sequence[str], *, joint: str = ", ") -> str:
    more = len(parts) - SHOWN
    return joint.join(parts[:SHOWN]) + (f" and {more} more" if more > 0 else "")
